"""The rules of a build on prompts, and on completions, before there are any pairs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from prefdata.config.section import Level
from prefdata.errors import ConfigError
from prefdata.records.columns import RecordColumns
from prefdata.records.record import Message, Record, assistant, user
from prefdata.rules.registry import level_of, rule_named
from prefdata.rules.rule import Rule, examine_batch

Messages = tuple[Message, ...]

ON_PROMPTS = (
    "consecutive-roles", "control-characters", "empty-prompt", "late-system", "mojibake",
    "special-tokens", "turn-markers",
)  # fmt: skip
"""Rules that can be said of a prompt alone."""

ON_COMPLETIONS = (
    "control-characters", "empty-completion", "mojibake", "placeholder", "prompt-in-completion",
    "refusal", "special-tokens", "turn-markers",
)  # fmt: skip
"""Rules that can be said of one completion."""

_OF_BOTH = "prompt-in-completion"
_NOTHING = (user(" "),)
_NEUTRAL = (assistant("Yes, it is."),), (assistant("So it seems."),)
"""Completions that no rule speaks of, alone or beside each other."""


class Found(NamedTuple):
    """What a rule says of one of some texts: its position, and whether it is left out for it."""

    place: int
    code: str
    evidence: str
    drops: bool


def known_rules(levels: Mapping[str, Level]) -> None:
    """Raises ConfigError for a rule that does not exist, or speaks of pairs."""
    for code in levels:
        if rule_named(code).code not in {*ON_PROMPTS, *ON_COMPLETIONS}:
            raise ConfigError(
                f"rules: {code} speaks of pairs, and there are none yet: `prefdata build` checks "
                f"it. Rules on prompts and completions: "
                f"{', '.join(sorted({*ON_PROMPTS, *ON_COMPLETIONS}))}."
            )


def found_in_prompts(prompts: Sequence[Messages], levels: Mapping[str, Level]) -> list[Found]:
    """What the rules say of prompts, in their order."""
    records = [Record(prompt, *_NEUTRAL) for prompt in prompts]
    return _found(records, ON_PROMPTS, levels)


def found_in_completions(
    completions: Sequence[tuple[Messages, Messages]], levels: Mapping[str, Level]
) -> list[Found]:
    """What the rules say of completions, each with its prompt before it, in their order."""
    alone = [code for code in ON_COMPLETIONS if code != _OF_BOTH]
    whole = [Record(prompt, said, _NEUTRAL[1]) for prompt, said in completions]
    bare = [Record(_NOTHING, said, _NEUTRAL[1]) for _, said in completions]
    return sorted([*_found(bare, alone, levels), *_found(whole, (_OF_BOTH,), levels)])


def _found(
    records: Sequence[Record], codes: Iterable[str], levels: Mapping[str, Level]
) -> list[Found]:
    level: dict[str, Any] = {code: level_of(code, levels) for code in codes}
    rules: list[Rule] = [rule_named(code) for code in codes if level[code] != "off"]
    columns = RecordColumns()
    for number, record in enumerate(records):
        columns.append(number, number + 1, record)
    if not len(columns) or not rules:
        return []
    return [
        Found(each.index, each.code, str(each.evidence), level[each.code] == "error")
        for each in examine_batch(columns.batch(), rules)
    ]
