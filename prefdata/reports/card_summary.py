"""The first thing that a card says: what this is, and whether to trust it, at a glance."""

from __future__ import annotations

from collections.abc import Iterator

from prefdata.reports.card_audit import glance_at_labels
from prefdata.reports.card_markdown import counted, escaped, listed, paragraphs, percent, table
from prefdata.reports.card_values import UNKNOWN, CardValues

_MEANINGS = {
    "prompt": "what both completions answer: {}",
    "chosen": "the completion that is preferred: {}",
    "rejected": "the other one: {}",
    "tools": "the tools that the assistant had: JSON text, where a trainer looks for it",
    "margin": "how much better chosen is",
    "label_probability": "how probable it is that the label is right, by the audit",
    "metadata": "all else that the row carried: JSON text of an object",
    "source": "file that the row was read from",
    "source_row": "line or position there, from 1",
}
_MESSAGES = "messages with `role` and `content`"
_JSON_MESSAGES = "messages, each a JSON object: role, content, tool calls and whatever it carried"


def summary(values: CardValues) -> str:
    """What it is, and its figures."""
    counts = values.manifest.counts
    intro = (
        f"{counted(counts.kept, 'preference pair')} (prompt, chosen, rejected) for reward models "
        "and for DPO and its kin, in the conversational format with explicit prompt that TRL "
        f"reads. {counted(counts.read, 'row')} from "
        f"{counted(len(values.manifest.sources), 'file')} were checked, compared and split by "
        "prefdata; every one of them is accounted for below."
    )
    return paragraphs(intro, table(("at a glance", ""), _glance(values)))


def columns(values: CardValues) -> str:
    """The table of columns."""
    lines = (
        (f"`{column.name}`", column.type, _meaning(column.name, column.type))
        for column in values.facts.columns
    )
    if not values.facts.columns:
        return ""
    return paragraphs("## Columns", table(("column", "type", "meaning"), lines))


def splits(values: CardValues) -> str:
    """The splits, and what keeps them apart."""
    counts = values.manifest.counts
    lines = (
        (split, f"{rows:,}", percent(rows, counts.kept)) for split, rows in counts.splits.items()
    )
    empty = [split for split, rows in counts.splits.items() if not rows]
    return paragraphs(
        "## Splits",
        table(("split", "rows", "share"), lines, numbers=2),
        f"No row is in {listed(empty)}: there is nothing of it to load." if empty else "",
        _apart(values) if len(counts.splits) > 1 else "",
    )


def _glance(values: CardValues) -> Iterator[tuple[str, str]]:
    counts = values.manifest.counts
    rows = ", ".join(f"{n:,} {split}" for split, n in counts.splits.items())
    yield "rows", f"{counts.kept:,}" + (f" ({rows})" if len(counts.splits) > 1 else "")
    if values.facts.looked_at:
        yield "languages", languages(values)
        sides = values.facts.characters.items()
        yield "median length", ", ".join(f"{side} {n:,}" for side, n in sides) + " characters"
    yield "labels", glance_at_labels(values)
    yield "evaluation sets", _decontamination(values)
    yield "copies", _copies(values)


def languages(values: CardValues) -> str:
    """Languages and their shares, and of how many rows that is."""
    facts = values.facts
    named = facts.main_languages()
    shares = [f"{name} {percent(facts.languages[name], facts.looked_at)}" for name in named]
    unknown = facts.languages.get(UNKNOWN, 0)
    rest = sum(rows for name, rows in facts.languages.items() if name not in named) - unknown
    if rest:
        shares.append(f"others {percent(rest, facts.looked_at)}")
    if unknown:
        shares.append(f"not to be told {percent(unknown, facts.looked_at)}")
    is_all = facts.looked_at == values.manifest.counts.kept
    of = "" if is_all else f" (of {facts.looked_at:,} rows, evenly spread)"
    return ", ".join(shares) + of


def _decontamination(values: CardValues) -> str:
    compared = values.manifest.evaluation
    if not compared:
        return "**not compared** with any"
    prompts = sum(entry.rows for entry in compared)
    counts = values.manifest.counts
    found = counts.dropped.get("contaminated", 0)
    kept = counts.flagged.get("contaminated", 0)
    said = f"{counted(found, 'row')} that overlapped dropped"
    if kept:
        said = f"**{counted(kept, 'row')} that overlap kept**, and flagged"
    return f"compared with {counted(prompts, 'prompt')} of {len(compared)}: {said}"


def _copies(values: CardValues) -> str:
    dropped = values.manifest.counts.dropped
    copies = sum(dropped.get(code, 0) for code in ("duplicate-pair", "near-duplicate"))
    copies += dropped.get("semantic-duplicate", 0)
    conflicts = sum(dropped.get(code, 0) for code in ("label-conflict", "near-conflict"))
    return (
        f"{counted(copies, 'copy')} and near-copies dropped, {counted(conflicts, 'row')} "
        "with labels that contradict each other dropped"
    ).replace("copys", "copies")


def _meaning(name: str, kind: str) -> str:
    messages = _JSON_MESSAGES if "JSON" in kind else _MESSAGES
    return _MEANINGS.get(name, "").format(messages)


def _apart(values: CardValues) -> str:
    linked = ["their prompts are the same"]
    if values.setting("split", "first_turn"):
        linked.append("the first user turns of their prompts are")
    if near := values.setting("split", "near"):
        linked.append(f"their prompts are near-duplicates (Jaccard similarity of {near} or more)")
    text = (
        f"Rows never part where {' or '.join(linked)}, nor where a chain of such rows connects "
        "them: nothing in one split was seen in another."
    )
    if bridges := values.manifest.counts.dropped.get("bridges-splits", 0):
        text += f" {counted(bridges, 'row')} that would have connected two splits were dropped."
    if values.setting("split", "salt"):
        text += f" Salt of the division: {escaped(str(values.setting('split', 'salt')))}."
    return text
