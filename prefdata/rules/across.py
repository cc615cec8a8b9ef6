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
        "Decide which label is right, or set labels.conflict to another policy.",
    ),
    Rule(
        "preference-cycle",
        "across",
        "warning",
        "Labels of one prompt go round: A over B, B over C, C over A.",
        "Decide which label is wrong. labels.cycles: drop removes all rows of the circle.",
    ),
    Rule(
        "near-duplicate",
        "across",
        "error",
        "Prompt, chosen and rejected are each nearly the same as in a row that is kept.",
        "Nothing to do. near.threshold says how alike, near.keep which row stays.",
    ),
    Rule(
        "near-conflict",
        "across",
        "error",
        "Nearly the same two completions of nearly the same prompt, labelled the other way round.",
        "Decide which label is right, or set labels.conflict to another policy.",
    ),
    Rule(
        "contaminated",
        "across",
        "error",
        "The prompt overlaps a prompt of an evaluation set (against.files).",
        "Nothing to do: a model trained on it could not be evaluated there. against.action: flag.",
    ),
    Rule(
        "evaluation",
        "across",
        "warning",
        "Something about the evaluation sets: rows without a prompt, prompts that say too little.",
        "Look at the rows named; against.field says where the prompt is.",
    ),
    Rule(
        "bridges-splits",
        "across",
        "error",
        "The prompt is connected with rows of one split and with rows of another.",
        "Nothing to do: kept, it would leak. split.bridges: merge joins the groups instead.",
    ),
    Rule(
        "giant-group",
        "across",
        "warning",
        "Very many rows are connected by their prompts; they go to train together.",
        "Look at the prompts. split.near and split.first_turn say what connects.",
    ),
    Rule(
        "uncompared",
        "across",
        "warning",
        "So many rows are alike that not all pairs of them were compared.",
        "Raise near.crowd to compare more of them; the time grows with it.",
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
