"""Codes of the comparison of rows with one another."""

from __future__ import annotations

from prefdata.rules.rule import Rule

RULES = (
    Rule(
        "duplicate-pair",
        "across",
        "error",
        "The same prompt, chosen and rejected stand in an earlier row.",
        "Nothing to do: the first row stays. exact.identical: flag keeps the copies.",
    ),
    Rule(
        "label-conflict",
        "across",
        "error",
        "The same two completions of the same prompt are labelled both ways round.",
        "Decide which label is right, or set exact.conflict to another policy.",
    ),
    Rule(
        "shared-prompt",
        "across",
        "warning",
        "Rows with other completions have the same prompt; they are kept, in one split.",
        "Nothing to do, unless one prompt outweighs the others.",
    ),
    Rule(
        "partial-margin",
        "across",
        "warning",
        "Some rows have a margin and some have none; a trainer needs it in all rows or in none.",
        "Fill in the margins, or remove the column.",
    ),
)
