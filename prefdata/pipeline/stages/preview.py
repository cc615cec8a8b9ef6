"""Previews filters: the distribution of values, the threshold, and the rows around it."""

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
"""Shares of the judged rows at which values are told: from the lowest to the highest."""


class PreviewRow(msgspec.Struct):
    """A row near a threshold.

    `taken`: the filter would drop or flag it; `spared`: it is beyond the threshold, and a guard
    speaks for it. `other`: the row it is about besides, such as the one that stays.
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

    `action`: drop or flag, what would become of the `taken` of the `judged` rows: those at the
    `threshold` or on the `side` of it that is named, guards aside. No threshold: a share was asked
    for, and no row belongs to it. `spread`: share of rows to the value that so many lie below;
    empty where not all values are known. `passed_by`: why rows were not taken, to how many.
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
    results: Sequence[FilterResult], prepared: Prepared, rows: int, looked_at: int
) -> Preview:
    """The preview, with at most `rows` rows a filter: half of them are taken, half of them stay."""
    trail = prepared.trail
    near = [around(each, rows) for each in results]
    wanted = {int(each.rows[i]) for each, places in zip(results, near, strict=True) for i in places}
    seen = dict(_records(trail.shards, wanted))
    read = sum(shard.written.rows for shard in trail.shards)
    filters = [
        _filter(each, [_row(each, i, seen, trail.names) for i in places])
        for each, places in zip(results, near, strict=True)
    ]
    remarks = {code: str(text) for code, text in trail.remarks.items()}  # English, for JSON
    return Preview(read, looked_at, filters, remarks)


def around(found: FilterResult, rows: int) -> list[int]:
    """Positions on either side of the threshold, in the order of their values.

    Where there is no threshold, those that a larger share would take first.
    """
    order = np.argsort(found.values, kind="stable")
    distance = found.values[order] * (-1 if found.side == "above" else 1)
    if found.limit is not None:
        distance = np.abs(found.values[order] - found.limit)
    near = []
    for is_taken, most in ((True, (rows + 1) // 2), (False, rows // 2)):
        side = order[found.is_taken[order] == is_taken]
        by_distance = np.argsort(distance[found.is_taken[order] == is_taken], kind="stable")
        near += side[by_distance[:most]].tolist()
    return sorted(near, key=lambda i: (float(found.values[i]), i))


def _filter(found: FilterResult, rows: list[PreviewRow]) -> FilterPreview:
    values = found.values
    spread = (
        {f"{share:.0%}": round(float(np.quantile(values, share)), 4) for share in SHARES}
        if 0 < len(values) == found.count
        else {}
    )
    return FilterPreview(
        found.reason,
        found.action,
        found.measure,
        found.limit,
        found.side,
        found.count,
        int(found.is_taken.sum()),
        spread,
        {str(why): rows for why, rows in found.passed_by.items()},
        found.recall,
        rows,
    )


_Seen = tuple[Shard, int, Record]


def _records(shards: Iterable[Shard], wanted: set[int]) -> Iterable[tuple[int, _Seen]]:
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
    found: FilterResult, place: int, seen: dict[int, _Seen], names: Sequence[str]
) -> PreviewRow:
    row = int(found.rows[place])
    shard, line, record = seen[row]
    other = int(found.others[place]) if found.others is not None else -1
    return PreviewRow(
        row=row,
        source=names[shard.source],
        source_row=line,
        value=round(float(found.values[place]), 4),
        taken=bool(found.is_taken[place]),
        spared=found.is_spared is not None and bool(found.is_spared[place]),
        evidence=str(found.evidence(place)),
        prompt=text_of(record.prompt),
        chosen=text_of(record.chosen),
        rejected=text_of(record.rejected),
        other=other if other >= 0 else None,
    )
