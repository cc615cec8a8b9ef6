"""Step: the review sheet, with the texts of the rows that were drawn for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath

from prefdata.io.files.atomic import WrittenFile, atomic_file
from prefdata.io.files.shards import Shard
from prefdata.io.review.answers import Answers
from prefdata.io.review.key import Key, chosen_is_b, design_of
from prefdata.io.review.sheet import SheetRow, write_sheet_csv, write_sheet_jsonl
from prefdata.label_audit.claims.evidence import Evidence
from prefdata.label_audit.people.review_rows import ReviewRows
from prefdata.records.arrays import Ints
from prefdata.records.columns import records_of
from prefdata.records.identity import keys_of, record_fingerprints
from prefdata.records.record import ASSISTANT, USER, Record
from prefdata.results.layout import KEPT_ANSWERS, REVIEW_CSV, REVIEW_JSONL
from prefdata.results.review import BEYOND, STRATA, Decision, Drawn
from prefdata.steps.report.shown_texts import batches_with, messages_as_text

_SUFFIXES = (".csv", ".tsv", ".txt", ".jsonl", ".json")
KEPT = tuple(f"{KEPT_ANSWERS}{suffix}" for suffix in _SUFFIXES)
"""File names under which `write_decisions` stores a sheet."""


def write_review(
    shards: Sequence[Shard],
    names: Sequence[str],
    pairs: Ints,
    drawn: ReviewRows,
    seed: int,
    folder: Path,
    evidence: Evidence | None = None,
) -> tuple[WrittenFile, WrittenFile]:
    """Writes `review.csv` and `review.jsonl` (same rows, same order) into `folder`.

    `names`: names of the sources. `pairs` (n): the rows that were drawn from, by number in the run.
    Which completion is shown as A is pseudo-random, by `seed` and the content of the row. The sheet
    goes on with the answers of `evidence`: rows that are to be read again come with what is to be
    read, settled ones after them. Rows that are drawn again, from a ranking that has changed, keep
    their answers, which count for the new ranking.
    """
    rows = _sheet_rows(shards, names, pairs, drawn, seed, evidence)
    csv = write_sheet_csv(folder / REVIEW_CSV, rows)
    return csv, write_sheet_jsonl(folder / REVIEW_JSONL, rows)


def write_decisions(answers: Answers, folder: Path) -> WrittenFile:
    """Copies a filled-in review sheet unchanged into the output that uses it.

    The sheet may lie in the folder that this output replaces, and hours of work would be lost.
    """
    suffix = PurePath(answers.file).suffix.lower()
    if suffix not in _SUFFIXES:  # such as a campaign, which was read as JSON Lines
        suffix = ".jsonl" if answers.content.startswith(b"{") else ".csv"
    name = f"{KEPT_ANSWERS}{suffix}"
    with atomic_file(folder / name) as file:
        file.write(answers.content)
    return file.written()


def _sheet_rows(
    shards: Sequence[Shard],
    names: Sequence[str],
    pairs: Ints,
    drawn: ReviewRows,
    seed: int,
    evidence: Evidence | None,
) -> list[SheetRow]:
    read = {row.row: row for row in evidence.rows if row.drawn} if evidence else {}
    fresh = [row for row in pairs[drawn.places].tolist() if row not in read]
    again = [number for number, row in read.items() if row.asks_again]
    rest = [number for number, row in read.items() if not row.asks_again]
    first = set(pairs[drawn.first].tolist())
    texts = _texts(shards, names, {*fresh, *read, *first})
    design = design_of((texts[row].fingerprint for row in first), seed)
    rows, strata, sizes = (a.tolist() for a in (pairs[drawn.places], drawn.strata, drawn.sizes))
    today = {
        row: Drawn(STRATA[stratum], size, drawn.pairs, design)
        for row, stratum, size in zip(rows, strata, sizes, strict=True)
    }
    sheet = []
    for number in (*again, *fresh, *rest):
        row = texts[number]
        chosen_b = chosen_is_b(row.fingerprint, seed)
        if number in read:
            was, better = read[number], ""
            before = was.readings
            assert was.drawn is not None, "rows that were drawn alone go on"
            if not was.asks_again:
                better, before = _as_answered(before[-1], chosen_b), before[:-1]
            key = Key(row.fingerprint, chosen_b, _drawn_last(was.drawn, today.get(number)), before)
        else:
            key, better = Key(row.fingerprint, chosen_b, today[number]), ""
        sheet.append(_sheet_row(row, key, better))
    return sheet


def _drawn_last(was: Drawn, today: Drawn | None) -> Drawn:
    """How a row that was read counts from now on."""
    is_drawn_again = today is not None and today.sheet != was.sheet and today.stratum != BEYOND
    return today if today is not None and is_drawn_again else was


@dataclass(frozen=True)
class _RowTexts:
    source: str
    source_row: int
    fingerprint: str
    record: Record


def _texts(
    shards: Sequence[Shard], names: Sequence[str], wanted: Iterable[int]
) -> dict[int, _RowTexts]:
    return {
        row: _RowTexts(shard.name_of(row, names), source_row, fingerprint, record)
        for shard, batch in batches_with(shards, sorted(wanted))
        for row, source_row, fingerprint, record in zip(
            batch.column("row").to_pylist(),
            batch.column("source_row").to_pylist(),
            record_fingerprints(keys_of(batch, with_split=False)),
            records_of(batch),
            strict=True,
        )
    }


def _as_answered(decision: Decision, chosen_is_b: bool) -> str:
    """A decision as the word that a reader writes."""
    if decision in ("keep", "flip"):
        return "B" if chosen_is_b == (decision == "keep") else "A"
    return decision


def _sheet_row(row: _RowTexts, key: Key, better: str) -> SheetRow:
    record = row.record
    completions = [messages_as_text(side, ASSISTANT) for side in (record.chosen, record.rejected)]
    one, other = reversed(completions) if key.chosen_is_b else completions
    prompt = messages_as_text(record.prompt, USER)
    return SheetRow(prompt, one, other, row.source, row.source_row, key, better)
