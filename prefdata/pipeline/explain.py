"""What happened to a row, and why: the ledger, the evidence and the text together."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from prefdata.errors import UsageError
from prefdata.io.ledger import reasons_in, scan_ledger
from prefdata.pipeline.verify import read_manifest

LIMIT = 20


@dataclass(frozen=True)
class Explanation:
    """One line of the ledger, its text, and the line and text of the other row it names."""

    line: dict[str, Any]
    text: dict[str, Any] | None
    other: Explanation | None = None


@dataclass(frozen=True)
class Explanations:
    """The rows asked for: the first `shown`, of `matching` in all."""

    shown: tuple[Explanation, ...]
    matching: int


def explain(
    out: str | Path,
    *,
    row: int | None = None,
    source: str | None = None,
    reason: str | None = None,
    limit: int = LIMIT,
) -> Explanations:
    """Looks rows of an output folder up: by number, by `FILE:LINE`, or by reason or flag.

    Raises UsageError when not exactly one is given or nothing is found, IntegrityError when `out`
    is not a finished output.
    """
    if sum(asked is not None for asked in (row, source, reason)) != 1:
        raise UsageError("say which rows: one of --row NUMBER, --source FILE:LINE, --reason CODE")
    root = Path(out)
    read_manifest(root)
    ledger = scan_ledger(root)
    wanted, asked = _wanted(ledger, row, source, reason)
    matching = wanted.select(pl.len()).collect().item()
    if not matching:
        raise UsageError(f"{out}: no row with {asked}. {_hint(ledger, reason)}".rstrip())
    lines = wanted.head(limit).collect().to_dicts()
    return Explanations(tuple(_explained(root, ledger, line) for line in lines), matching)


def _wanted(
    ledger: pl.LazyFrame, row: int | None, source: str | None, reason: str | None
) -> tuple[pl.LazyFrame, str]:
    if row is not None:
        return ledger.filter(pl.col("row") == row), f"number {row}"
    if reason is not None:
        is_flag = pl.element().struct.field("reason") == reason
        named = (pl.col("reason") == reason).fill_null(value=False) | pl.col("flags").list.eval(
            is_flag
        ).list.any()
        return ledger.filter(named), f"reason {reason}"
    name, _, place = str(source).rpartition(":")
    if not (name and place.isdigit()):
        raise UsageError(f"--source {source}: write FILE:LINE, for example data.jsonl:17")
    from_file = (pl.col("source") == name) | pl.col("source").str.ends_with(f"/{name}")
    return ledger.filter(from_file & (pl.col("source_row") == int(place))), f"source {source}"


def _hint(ledger: pl.LazyFrame, reason: str | None) -> str:
    if reason is None:
        return ""
    return f"Reasons in this folder: {', '.join(reasons_in(ledger)) or 'none'}."


def _explained(root: Path, ledger: pl.LazyFrame, line: dict[str, Any]) -> Explanation:
    other = None
    if line["other"] is not None:
        found = ledger.filter(pl.col("row") == line["other"]).collect().to_dicts()
        other = Explanation(found[0], _text(root, found[0])) if found else None
    return Explanation(line, _text(root, line), other)


def _text(root: Path, line: dict[str, Any]) -> dict[str, Any] | None:
    """The record as written, or the raw text of what could not be read."""
    if line["verdict"] == "quarantine":
        return next(_quarantined(root, line["row"]), None)
    if line["verdict"] == "drop":
        return _one(pyarrow.dataset.dataset(root / "dropped", format="parquet"), line)
    path = root / line["file"]
    if path.suffix == ".parquet":
        return _one(pyarrow.dataset.dataset(path, format="parquet"), line)
    with pa.memory_map(str(path)) as stream:
        for batch in pa.ipc.open_stream(stream):
            found = batch.filter(_is_line(batch, line))
            if len(found):
                return dict(found.to_pylist()[0])
    return None


def _one(dataset: pyarrow.dataset.Dataset, line: dict[str, Any]) -> dict[str, Any] | None:
    wanted = (pc.field("source") == line["source"]) & (pc.field("source_row") == line["source_row"])
    found = dataset.to_table(filter=wanted).to_pylist()
    return found[0] if found else None


def _is_line(batch: pa.RecordBatch, line: dict[str, Any]) -> pa.BooleanArray:
    return pc.and_(
        pc.equal(batch.column("source"), line["source"]),
        pc.equal(batch.column("source_row"), line["source_row"]),
    )


def _quarantined(root: Path, row: int) -> Iterator[dict[str, Any]]:
    for path in sorted((root / "quarantine").glob("*.jsonl")):
        with path.open("rb") as file:
            for text in file:
                entry = msgspec.json.decode(text)
                if entry["row"] == row:
                    yield entry
