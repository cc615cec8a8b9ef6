"""Previews filters: the distribution of values, the threshold, and rows on either side of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec
import numpy as np
import pyarrow as pa

from prefdata.io.files.shards import Shard, read_records
from prefdata.pipeline.stages.prepare import Prepared
from prefdata.records.arrays import Ints
from prefdata.records.columns import records_of
from prefdata.records.record import Record, text_of
from prefdata.steps.semantic.filter_result import FilterResult
from prefdata.transforms.semantic.threshold import Side

SHARES = (0.0, 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99, 1.0)
"""Quantiles of the values to show, from the lowest to the highest."""


class PreviewRow(msgspec.Struct):
    """A row near a threshold.

    `taken`: the filter would drop or flag it; `spared`: it is beyond the threshold, but a guard
    keeps it. `other`: another row concerned, such as the representative.
    """

    row: int
    source: str
    source_row: int
    value: float
    taken: bool
    spared: bool
    evidence: str
    prompt: str
    chosen: str
    rejected: str
    other: int | None


class FilterPreview(msgspec.Struct):
    """What one filter would do.

    `action`: drop or flag, what would happen to the `taken` ones of the `judged` rows: those at the
    `threshold` or on the named `side` of it, guards aside. No threshold: a share was asked for, and
    it contains no row. `spread`: share of rows to the value below which it lies; empty unless all
    values are known. `passed_by`: reason for not taking rows, to their number.
    """

    reason: str
    action: str
    measure: str
    threshold: float | None
    side: Side
    judged: int
    taken: int
    spread: dict[str, float]
    passed_by: dict[str, int]
    recall: float | None
    rows: list[PreviewRow]


class Preview(msgspec.Struct):
    """What all filters would do with the rows that other steps have left; nothing is written."""

    read: int
    looked_at: int
    filters: list[FilterPreview]
    remarks: dict[str, str]


def preview_of(
    results: Sequence[FilterResult], prepared: Prepared, rows: int, examined: int
) -> Preview:
    """The preview, with at most `rows` rows per filter: half of them taken, half of them kept."""
    trail = prepared.trail
    near = [around(result, rows) for result in results]
    wanted = {
        int(result.rows[i]) for result, places in zip(results, near, strict=True) for i in places
    }
    located = dict(_records(trail.shards, wanted))
    read = sum(shard.written.rows for shard in trail.shards)
    filters = [
        _filter(result, [_row(result, i, located, trail.names) for i in places])
        for result, places in zip(results, near, strict=True)
    ]
    remarks = {code: str(text) for code, text in trail.remarks.items()}  # English, for JSON
    return Preview(read, examined, filters, remarks)


def around(result: FilterResult, rows: int) -> list[int]:
    """Positions on either side of the threshold, in the order of their values.

    Without a threshold, those that a larger share would take first.
    """
    order = np.argsort(result.values, kind="stable")
    distance = result.values[order] * (-1 if result.side == "above" else 1)
    if result.limit is not None:
        distance = np.abs(result.values[order] - result.limit)
    near = []
    for is_taken, most in ((True, (rows + 1) // 2), (False, rows // 2)):
        side = order[result.is_taken[order] == is_taken]
        by_distance = np.argsort(distance[result.is_taken[order] == is_taken], kind="stable")
        near += side[by_distance[:most]].tolist()
    return sorted(near, key=lambda i: (float(result.values[i]), i))


def _filter(result: FilterResult, rows: list[PreviewRow]) -> FilterPreview:
    values = result.values
    spread = (
        {f"{share:.0%}": round(float(np.quantile(values, share)), 4) for share in SHARES}
        if 0 < len(values) == result.count
        else {}
    )
    return FilterPreview(
        result.reason,
        result.action,
        result.measure,
        result.limit,
        result.side,
        result.count,
        int(result.is_taken.sum()),
        spread,
        {str(why): rows for why, rows in result.passed_by.items()},
        result.recall,
        rows,
    )


_LocatedRecord = tuple[Shard, int, Record]


def _records(shards: Iterable[Shard], wanted: set[int]) -> Iterable[tuple[int, _LocatedRecord]]:
    for shard in shards:
        if not any(row in wanted for row in shard.rows):
            continue
        for batch in read_records(shard):
            numbers: Ints = batch.column("row").to_numpy()
            places = np.flatnonzero(np.isin(numbers, list(wanted)))
            part = batch.take(pa.array(places))
            lines = part.column("source_row").to_pylist()
            for place, line, record in zip(places, lines, records_of(part), strict=True):
                yield int(numbers[place]), (shard, line, record)


def _row(
    result: FilterResult, place: int, located: dict[int, _LocatedRecord], names: Sequence[str]
) -> PreviewRow:
    row = int(result.rows[place])
    shard, line, record = located[row]
    other = int(result.others[place]) if result.others is not None else -1
    return PreviewRow(
        row=row,
        source=shard.name_of(row, names),
        source_row=line,
        value=round(float(result.values[place]), 4),
        taken=bool(result.is_taken[place]),
        spared=result.is_spared is not None and bool(result.is_spared[place]),
        evidence=str(result.evidence(place)),
        prompt=text_of(record.prompt),
        chosen=text_of(record.chosen),
        rejected=text_of(record.rejected),
        other=other if other >= 0 else None,
    )
