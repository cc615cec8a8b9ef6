"""Verdict tables: every step writes one, and the next steps read all of them.

A table has a line for each verdict on a row, ascending by row; a row may have none or several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Formatter

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.io.files.shards import Shard, read_records, read_table, write_table
from prefdata.results.sentences import Sentence, from_json, sentence_json, templates
from prefdata.rules.pairing import UNPAIRED

VERDICT_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("evidence", pa.string()),
        ("other", pa.int64()),
        ("sentence", pa.string()),
    ]
)
"""`verdict`: drop or flag. `other`: a second row of the verdict, such as the copy that is kept.
`sentence`: code and values of the evidence, as JSON; null for evidence that has none."""

Line = tuple[int, str, str, str, int | None]
"""row, verdict, reason, evidence, other"""

DROP, FLAG = "drop", "flag"


def verdict_without_record(reason: pl.Expr) -> pl.Expr:
    """The verdict on rows that have no record, by reason: judgements that make no pair are dropped,
    and what could not be read is in quarantine. Null for a null."""
    return (
        pl.when(reason.is_in(sorted(UNPAIRED)))
        .then(pl.lit(DROP))
        .when(reason.is_not_null())
        .then(pl.lit("quarantine"))
    )


@dataclass(frozen=True)
class Tables:
    """The verdicts of a run so far, in the order of the steps.

    `checks`: a folder with one table per shard. `steps`: (step, table of the whole run).
    """

    checks: Path
    steps: tuple[tuple[str, Path], ...] = ()

    def then(self, step: str, table: Path) -> Tables:
        """These verdicts plus those of one more step."""
        return Tables(self.checks, (*self.steps, (step, table)))

    @property
    def last(self) -> Path:
        """The table of the last step."""
        return self.steps[-1][1]

    def of_shard(self, shard: Shard) -> Iterator[tuple[str, pa.Table]]:
        """(step, its verdicts on the rows of a shard), in the order of the steps."""
        checked = read_table(verdict_file(self.checks, shard))
        yield "check", pa.Table.from_batches(checked, VERDICT_SCHEMA)
        for step, table in self.steps:
            yield step, pa.Table.from_batches(within(table, shard.rows), VERDICT_SCHEMA)

    def dropped_in(self, shard: Shard) -> np.ndarray:
        """The dropped rows of a shard, ascending, each once."""
        return _dropped(batch for _, table in self.of_shard(shard) for batch in table.to_batches())

    def active(self, shard: Shard) -> Iterator[pa.RecordBatch]:
        """The records of a shard that no step has dropped so far."""
        dropped = self.dropped_in(shard)
        for batch in read_records(shard):
            if len(dropped):
                is_active = ~np.isin(batch.column("row").to_numpy(), dropped)
                batch = batch.filter(pa.array(is_active))
            yield batch


def verdict_file(folder: Path, shard: Shard) -> Path:
    """The path of the verdict table of a shard."""
    return folder / f"{shard.number:06d}.arrow"


def verdict_frame(lines: Iterable[Line]) -> pl.DataFrame:
    """A frame of `VERDICT_SCHEMA`; evidence that is a sentence keeps its code and values."""
    rows = [(*line, sentence_json(line[3])) for line in lines]
    return pl.DataFrame(rows, schema=pl.Schema(VERDICT_SCHEMA), orient="row")


def evidence_of(evidence: str | None, sentence: str | None) -> str:
    """The evidence of a line of a verdict table."""
    return from_json(sentence.encode(), Sentence) if sentence else evidence or ""


def sentence_columns(code: str, **columns: str) -> dict[str, pl.Expr]:
    """The columns `evidence` and `sentence` of a whole frame; values come from columns of numbers.

    The template of `code` says nothing of how numbers are written.
    """
    english, _ = templates()[code]
    evidence, values = [], [pl.lit(f'{{"code":"{code}","values":{{')]
    for text, name, _, _ in Formatter().parse(english):
        evidence.append(pl.lit(text))
        if name is not None:
            evidence.append(pl.col(columns[name]))
    for place, (name, column) in enumerate(columns.items()):
        values += [pl.lit(f'{"," if place else ""}"{name}":'), pl.col(column)]
    return {
        "evidence": pl.concat_str(evidence),
        "sentence": pl.concat_str([*values, pl.lit("}}")]),
    }


def write_verdicts(table: Path, verdicts: pl.DataFrame) -> dict[str, int]:
    """Writes the verdict table of a whole run; returns "verdict:reason" to number of rows.

    `verdicts`: a frame with the columns of `VERDICT_SCHEMA`; `sentence` may be absent. It is sorted
    by row; verdicts on the same row keep their order.
    """
    if "sentence" not in verdicts.columns:
        verdicts = verdicts.with_columns(sentence=pl.lit(None, pl.String))
    ordered = verdicts.select(VERDICT_SCHEMA.names).sort("row", maintain_order=True)
    batches = ordered.to_arrow().cast(VERDICT_SCHEMA).to_batches(max_chunksize=65_536)
    write_table(table, batches, VERDICT_SCHEMA)
    counts = ordered.group_by("verdict", "reason").len().sort("verdict", "reason")
    return {f"{verdict}:{reason}": rows for verdict, reason, rows in counts.iter_rows()}


def rows_by_reason(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """The sum of several counts of rows by reason, sorted by reason."""
    total: Counter[str] = Counter()
    for each in counts:
        total.update(each)
    return dict(sorted(total.items()))


def dropped_rows(table: Path) -> np.ndarray:
    """The rows that a verdict table drops, ascending, each once."""
    return _dropped(read_table(table, ["row", "verdict"]))


def dropped_by(tables: Sequence[Path]) -> np.ndarray:
    """The rows that any of some tables drops, ascending, each once."""
    rows = [dropped_rows(table) for table in tables]
    return np.unique(np.concatenate(rows)) if rows else np.zeros(0, np.int64)


def within(table: Path, rows: range) -> Iterator[pa.RecordBatch]:
    """The lines of a table (sorted by row) whose rows lie in a range."""
    for batch in read_table(table):
        numbers = batch.column("row").to_numpy()
        start, stop = np.searchsorted(numbers, [rows.start, rows.stop])
        if start < stop:
            yield batch.slice(start, stop - start)


def _dropped(batches: Iterable[pa.RecordBatch]) -> np.ndarray:
    rows = [
        batch.filter(pc.equal(batch.column("verdict"), DROP)).column("row").to_numpy()
        for batch in batches
    ]
    return np.unique(np.concatenate(rows)) if rows else np.zeros(0, np.int64)
