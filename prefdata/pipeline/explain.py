"""Explains what happened to a row: its ledger line, the evidence and its text."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from prefdata.errors import UsageError
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.ledger import reasons_in, scan_judgements, scan_ledger
from prefdata.pipeline.explanation.links import links_of, rows_named, stood_for
from prefdata.pipeline.explanation.side_by_side import LIMIT, Row, SideBySide, compared, rows_of
from prefdata.pipeline.verify import read_manifest
from prefdata.results.layout import JUDGEMENTS


@dataclass(frozen=True)
class Explanation:
    """One line of the ledger with its text, compared with every row that the line names.

    `stands_for`: reason to the number of rows that were dropped or flagged as copies of this one.
    `judgements`: the rows that speak in it, if it is a pair that was made from judgements.
    """

    line: dict[str, Any]
    text: dict[str, Any] | None
    compared: tuple[SideBySide, ...] = ()
    stands_for: dict[str, int] = field(default_factory=dict)
    judgements: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True)
class Explanations:
    """The first rows that match (`shown`), and how many do (`matching`)."""

    shown: tuple[Explanation, ...]
    matching: int


@in_our_words
def explain(
    out: str | Path,
    *,
    row: int | None = None,
    source: str | None = None,
    reason: str | None = None,
    limit: int = LIMIT,
) -> Explanations:
    """Looks up rows of an output folder: by number, by `FILE:LINE`, or by reason or flag.

    A line of a source stands for every pair in which it speaks. Just one of `row`, `source` and
    `reason` is given.

    - `out`: the folder that `build` wrote.
    - `row`: the number of a row in the ledger, from 0.
    - `source`: file and line of a row, such as `raw/a.jsonl:42`; lines count from 1.
    - `reason`: a reason or a flag of the ledger, such as `near-duplicate`.
    - `limit`: the most rows to show, 1 or more. `matching` of the result counts all.

    Raises UsageError if not exactly one is given or nothing is found, IntegrityError if `out` is
    not a finished output.
    """
    if sum(option is not None for option in (row, source, reason)) != 1:
        raise UsageError(
            "say which rows: one of --row NUMBER, --source FILE:LINE, --reason CODE, "
            "--cluster NUMBER"
        )
    root = Path(out)
    read_manifest(root)
    ledger = scan_ledger(root)
    spoken = scan_judgements(root) if (root / JUDGEMENTS).is_dir() else None
    selected, option = _wanted(ledger, spoken, row, source, reason)
    matching = selected.select(pl.len()).collect().item()
    if not matching:
        raise UsageError(f"{out}: no row with {option}. {_hint(ledger, reason)}".rstrip())
    lines = selected.head(limit).collect().to_dicts()
    other_rows = {number for line in lines for number in rows_named(line)}
    rows = rows_of(root, ledger, lines, other_rows)
    numbers = [line["row"] for line in lines]
    counts = stood_for(
        links_of(ledger).select("row", "reason", "other", "is_flag").collect(), numbers
    )
    said = _judgements(spoken, numbers)
    shown = (_explained(n, rows, counts.get(n, {}), said.get(n, ())) for n in numbers)
    return Explanations(tuple(shown), matching)


def _judgements(
    spoken: pl.LazyFrame | None, numbers: list[int]
) -> dict[int, tuple[dict[str, Any], ...]]:
    """The rows that speak in some pairs, by number of the pair."""
    if spoken is None:
        return {}
    lines = spoken.filter(pl.col("row").is_in(numbers)).collect()
    return {
        int(row): tuple(group.drop("row").to_dicts())
        for (row,), group in lines.group_by("row", maintain_order=True)
    }


def _wanted(
    ledger: pl.LazyFrame,
    spoken: pl.LazyFrame | None,
    row: int | None,
    source: str | None,
    reason: str | None,
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
    source_name = pl.col("source")
    is_end_of = pl.lit(name).str.ends_with(pl.concat_str(pl.lit("/"), source_name))
    from_file = (source_name == name) | source_name.str.ends_with(f"/{name}") | is_end_of
    is_there = from_file & (pl.col("source_row") == int(place))
    found = ledger.filter(is_there)
    if spoken is not None:
        also = ledger.join(spoken.filter(is_there).select("row"), on="row", how="semi")
        found = pl.concat([found, also]).unique("row").sort("row")
    return found, f"source {source}"


def _hint(ledger: pl.LazyFrame, reason: str | None) -> str:
    if reason is None:
        return ""
    return f"Reasons in this folder: {', '.join(reasons_in(ledger)) or 'none'}."


def _explained(
    number: int,
    rows: dict[int, Row],
    stands_for: dict[str, int],
    judgements: tuple[dict[str, Any], ...],
) -> Explanation:
    row = rows[number]
    comparisons = tuple(
        compared(row, rows[other], reasons)
        for other, reasons in rows_named(row.line).items()
        if other in rows
    )
    return Explanation(row.line, row.text, comparisons, stands_for, judgements)
