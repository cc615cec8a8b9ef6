"""The first sections of a card: the summary with its key figures, columns and splits."""

from __future__ import annotations

from collections.abc import Iterator

from prefdata.reports.card.audit import glance_at_labels
from prefdata.reports.card.markdown import counted, escaped, listed, paragraphs, percent, table
from prefdata.reports.card.values import UNKNOWN, CardValues

COPIES = ("duplicate-pair", "near-duplicate", "semantic-duplicate")
CONFLICTS = ("label-conflict", "near-conflict")
OVERLAPS = ("contaminated", "semantic-overlap")

_MEANINGS = {
    "prompt": "what both completions answer",
    "chosen": "the completion that is preferred",
    "rejected": "the other completion",
    "tools": "tools that the assistant had: JSON text, where a trainer looks for it",
    "margin": "how much better chosen is; a trainer subtracts it in the loss",
    "label_probability": "how probable it is that the label is right, by the audit",
    "metadata": "all else that the row carried: JSON text of an object",
    "source": "file that the row was read from",
    "source_row": "line or position there, from 1",
}
_MESSAGES = "A message has `role` and `content`."
_JSON_MESSAGES = (
    "A message is a JSON object with `role`, `content` and whatever else it carried (tool calls, a "
    "name): `datasets` hands out the objects, other readers the text."
)


def summary(values: CardValues) -> str:
    """The introduction and the table of key figures."""
    counts = values.manifest.counts
    intro = (
        f"{counted(counts.kept, 'preference pair')} for reward models and for DPO and its kin: "
        "`prompt`, `chosen` and `rejected` in the conversational form that TRL reads. "
        f"{counted(counts.rows_read, 'row')} from {counted(len(values.manifest.sources), 'file')} "
        "were checked, compared with each other and split by prefdata. Every one of them is "
        "accounted for below."
    )
    return paragraphs(intro, table(("at a glance", ""), _glance(values)))


def columns(values: CardValues) -> str:
    """The section on columns; "" if there are none."""
    present = values.facts.columns
    lines = (
        (f"`{column.name}`", column.type, _MEANINGS.get(column.name, "")) for column in present
    )
    is_json = any("JSON" in column.type for column in present)
    if not present:
        return ""
    return paragraphs(
        "## Columns",
        table(("column", "type", "meaning"), lines),
        _JSON_MESSAGES if is_json else _MESSAGES,
    )


def splits(values: CardValues) -> str:
    """The section on splits, and on which rows always share one."""
    counts = values.manifest.counts
    lines = (
        (split, f"{rows:,}", percent(rows, counts.kept)) for split, rows in counts.splits.items()
    )
    empty = [split for split, rows in counts.splits.items() if not rows]
    return paragraphs(
        "## Splits",
        table(("split", "rows", "share"), lines, numbers={1, 2}),
        f"No row is in {listed(empty)}: there is nothing of it to load." if empty else "",
        _same_split(values) if len(counts.splits) > 1 else "",
    )


def languages(values: CardValues) -> str:
    """The main languages with their shares, and the number of rows examined."""
    facts = values.facts
    named = facts.main_languages()
    shares = [f"{name} {percent(facts.languages[name], facts.looked_at)}" for name in named]
    unknown = facts.languages.get(UNKNOWN, 0)
    others = facts.looked_at - unknown - sum(facts.languages[name] for name in named)
    shares += [
        f"{name} {percent(rows, facts.looked_at)}"
        for name, rows in (("others", others), ("unclear", unknown))
        if rows
    ]
    return ", ".join(shares) + looked_at(values)


def looked_at(values: CardValues) -> str:
    """The number of rows that a figure was computed on, in brackets; "" if on all."""
    rows = values.facts.looked_at
    return "" if rows == values.manifest.counts.kept else f" (of {rows:,} rows, evenly spread)"


def _glance(values: CardValues) -> Iterator[tuple[str, str]]:
    counts = values.manifest.counts
    rows = ", ".join(f"{n:,} {split}" for split, n in counts.splits.items())
    yield "rows", f"{counts.kept:,}" + (f" ({rows})" if len(counts.splits) > 1 else "")
    if values.facts.looked_at:
        yield "languages", languages(values)
        sides = values.facts.characters.items()
        yield "median length", ", ".join(f"{side} {n:,}" for side, n in sides) + " characters"
    yield "labels", glance_at_labels(values)
    yield "evaluation sets", _overlap(values)
    yield "duplicates", _dropped(values, COPIES, "duplicate", "exact and near-duplicates")
    yield "contradictions", _dropped(
        values, CONFLICTS, "row whose label another row contradicts",
        "rows whose labels contradict each other",
    )  # fmt: skip


def _overlap(values: CardValues) -> str:
    compared = values.manifest.evaluation
    if not compared:
        return "**compared with none**"
    prompts = sum(entry.rows - entry.without_prompt - entry.unreadable for entry in compared)
    counts = values.manifest.counts
    kept = sum(counts.flagged.get(code, 0) for code in OVERLAPS)
    fate = _dropped(values, OVERLAPS, "row that overlapped", "rows that overlapped")
    if kept:
        fate = f"**{counted(kept, 'row')} that overlap kept**, and flagged"
    return f"compared with {counted(prompts, 'prompt')} of {counted(len(compared), 'file')}: {fate}"


def _dropped(values: CardValues, codes: tuple[str, ...], noun: str, plural: str) -> str:
    rows = sum(values.manifest.counts.dropped.get(code, 0) for code in codes)
    return f"{counted(rows, noun, plural)} dropped"


def _same_split(values: CardValues) -> str:
    linked = ["have the same prompt"]
    if values.setting("split", "first_turn"):
        linked.append("begin with the same user turn")
    if near := values.setting("split", "near"):
        linked.append(f"have nearly the same prompt (Jaccard similarity of {near} or more)")
    text = (
        f"Rows that {', or '.join(linked)} are in one split, and so is all that a chain of such "
        "rows connects: nothing in one split was seen in another."
    )
    if bridges := values.manifest.counts.dropped.get("bridges-splits", 0):
        text += f" Dropped for that: {counted(bridges, 'row')} that would connect two splits."
    if leaks := values.manifest.counts.dropped.get("leaks-into-test", 0):
        text += (
            f" Dropped for that: {counted(leaks, 'row')} connected with a published split that "
            "is held out."
        )
    if salt := values.setting("split", "salt"):
        text += f" Salt of the division: {escaped(str(salt))}."
    return text
