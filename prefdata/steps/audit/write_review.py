"""Step: the review sheet, with the texts of the rows that were drawn for it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath

import numpy as np

from prefdata.io.files.atomic import WrittenFile, atomic_file
from prefdata.io.files.shards import Shard
from prefdata.io.review.answers import Answers
from prefdata.io.review.key import Key, chosen_is_b, design_of
from prefdata.io.review.sheet import SheetRow, write_sheet_csv, write_sheet_jsonl
from prefdata.label_audit.people.review_rows import ReviewRows
from prefdata.records.arrays import Ints
from prefdata.records.columns import records_of
from prefdata.records.identity import keys_of, record_fingerprints
from prefdata.records.record import ASSISTANT, USER, Record
from prefdata.results.layout import KEPT_ANSWERS, REVIEW_CSV, REVIEW_JSONL
from prefdata.results.review import STRATA, Drawn
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
) -> tuple[WrittenFile, WrittenFile]:
    """Writes `review.csv` and `review.jsonl` (same rows, same order) into `folder`.

    `names`: names of the sources. `pairs` (n): the rows that were drawn from, by number in the run.
    Which completion is shown as A is pseudo-random, by `seed` and the content of the row.
    """
    rows = _sheet_rows(shards, names, pairs, drawn, seed)
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
    shards: Sequence[Shard], names: Sequence[str], pairs: Ints, drawn: ReviewRows, seed: int
) -> list[SheetRow]:
    wanted = pairs[drawn.places]
    rows_by_number = {
        row: (shard.name_of(row, names), source_row, fingerprint, record)
        for shard, batch in batches_with(shards, wanted.tolist())
        for row, source_row, fingerprint, record in zip(
            batch.column("row").to_pylist(),
            batch.column("source_row").to_pylist(),
            record_fingerprints(keys_of(batch, with_split=False)),
            records_of(batch),
            strict=True,
        )
    }
    in_order = [rows_by_number[row] for row in wanted.tolist()]
    design = design_of([fingerprint for _, _, fingerprint, _ in in_order], seed)
    strata, sizes = drawn.strata.tolist(), np.asarray(drawn.sizes).tolist()
    return [
        _sheet_row(
            source,
            source_row,
            record,
            Key(
                fingerprint,
                chosen_is_b(fingerprint, seed),
                Drawn(STRATA[stratum], size, drawn.pairs, design),
            ),
        )
        for (source, source_row, fingerprint, record), stratum, size in zip(
            in_order, strata, sizes, strict=True
        )
    ]


def _sheet_row(source: str, source_row: int, record: Record, key: Key) -> SheetRow:
    completions = [messages_as_text(side, ASSISTANT) for side in (record.chosen, record.rejected)]
    one, other = reversed(completions) if key.chosen_is_b else completions
    return SheetRow(messages_as_text(record.prompt, USER), one, other, source, source_row, key)
