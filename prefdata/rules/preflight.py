"""Rules of the preflight: what a trainer with this tokenizer would do to a row."""

from __future__ import annotations

from prefdata.rules.rule import Rule

RULES = (
    Rule(
        "too-long",
        "preflight",
        "warning",
        "A side has more tokens than --max-length; trainers drop such rows without a word.",
        "Raise --max-length, or shorten the row.",
    ),
    Rule(
        "identical-after-truncation",
        "preflight",
        "error",
        "Cut to --max-length tokens, both sides are the same.",
        "Raise --max-length, or drop the row: a trainer that truncates learns nothing from it.",
    ),
    Rule(
        "template-failure",
        "preflight",
        "error",
        "The tokenizer's chat template cannot render the row.",
        "Change the conversation to what the template accepts; the evidence quotes its message.",
    ),
    Rule(
        "no-tokens",
        "preflight",
        "error",
        "A side has no tokens at all: there is no last one to read a reward at.",
        "Look at the row: its completion is empty, or the tokenizer knows none of its text.",
    ),
    Rule(
        "prompt-truncated",
        "preflight",
        "warning",
        "The row is too long, and its prompt has lost its beginning in training.",
        "Nothing to do, or raise reward.length.tokens. reward.length.beyond: drop leaves it out.",
    ),
    Rule(
        "pad-is-eos",
        "preflight",
        "warning",
        "The tokenizer pads with its end token; reward models then read the score before it.",
        "Give the tokenizer a padding token of its own.",
    ),
)
