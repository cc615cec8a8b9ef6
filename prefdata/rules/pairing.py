"""Rules of the policy that makes pairs: why a judgement makes none."""

from __future__ import annotations

from prefdata.config.section import Level
from prefdata.rules.rule import Rule


def _unpaired(code: str, summary: str, fix: str, level: Level = "error") -> Rule:
    return Rule(code, "pairing", level, summary, fix)


_REASONS = (
    _unpaired(
        "one-completion",
        "The prompt has one completion, so there is nothing to compare it with.",
        "Collect another completion of the prompt, or have both kinds judged.",
    ),
    _unpaired(
        "not-judged",
        "Fewer than two completions of the prompt have a value that they can be compared by.",
        "Have them judged (`prefdata judge`, `annotate`), or set another read.pairs.criterion.",
    ),
    _unpaired(
        "no-gap",
        "No two completions of the prompt differ by as much as read.pairs.min_gap asks.",
        "Lower read.pairs.min_gap, or leave the row out.",
    ),
    _unpaired(
        "below-floor",
        "No completion of the prompt that would be chosen reaches the floors (read.pairs.floors).",
        "Lower the floors, or collect better completions.",
    ),
    _unpaired(
        "not-picked",
        "The completion is in none of the pairs that are taken of its prompt.",
        "Take more pairs of a prompt: read.pairs.take: all, or a larger read.pairs.most.",
        level="note",  # nothing is wrong with the row
    ),
)

UNPAIRED = frozenset({"tie", *(rule.code for rule in _REASONS)})
"""Reasons why a row that was read makes no pair: it is dropped, and not in quarantine."""

RULES = _REASONS
