"""Rules of the preflight: what a trainer with this tokenizer would do to a row."""

from __future__ import annotations

from prefdata.rules.rule import Rule

RULES = (
    Rule(
        "too-long",
        "preflight",
        "warning",
        "A side has more tokens than --max-length; trainers drop such rows silently.",
        "Raise --max-length, or shorten the row.",
    ),
    Rule(
        "identical-after-truncation",
        "preflight",
        "error",
        "Both sides are the same once they are cut to --max-length tokens.",
        "Raise --max-length, or drop the row: a trainer that truncates learns nothing from it.",
    ),
    Rule(
        "template-failure",
        "preflight",
        "error",
        "The tokenizer's chat template cannot render the row.",
        "Change the conversation to what the template accepts; the evidence quotes its error "
        "message.",
    ),
    Rule(
        "no-tokens",
        "preflight",
        "error",
        "A side has no tokens, so there is no last token to compute a reward from.",
        "Look at the row: its completion is empty, or the tokenizer knows none of its characters.",
    ),
    Rule(
        "prompt-truncated",
        "preflight",
        "warning",
        "The row is too long, so the beginning of its prompt was cut in training.",
        "Nothing, or raise reward.length.tokens. reward.length.beyond: drop leaves the row out.",
    ),
    Rule(
        "pad-is-eos",
        "preflight",
        "warning",
        "The tokenizer pads with its end token; reward models then read the reward before it.",
        "Give the tokenizer a padding token of its own.",
    ),
)
