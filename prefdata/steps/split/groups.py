"""Step 7: groups of rows that must share a split, the split of each group, and bridge rows.

A bridge is a row that would connect groups of different splits. All rows with keys take part, even
dropped ones: appending rows may change which are dropped, and must not move other rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from prefdata.config.model import SplitConfig
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.records.arrays import Flags, Ints
from prefdata.results.sentences import Sentence
from prefdata.steps.once import once
from prefdata.steps.split.published import read_published
from prefdata.steps.verdict_tables import (
    DROP,
    VERDICT_SCHEMA,
    Tables,
    dropped_by,
    verdict_frame,
    write_verdicts,
)
from prefdata.transforms.split.groups import (
    NOWHERE,
    SAME_PROMPT,
    SAME_TURN,
    SIMILAR,
    Bridge,
    Giant,
    Groups,
    PromptLink,
    RowKeys,
    find_groups_of,
)
from prefdata.transforms.split.split import SPLITS, Codes

BRIDGE, GIANT = "bridges-splits", "giant-group"

SPLIT_SCHEMA = pa.schema([("row", pa.int64()), ("split", pa.int8()), ("group", pa.int64())])
"""The split table: one line for every kept row, ascending. `split`: index in `SPLITS`. `group`: the
first kept row of its group; null if there is only one split, so that groups were not computed."""

GROUPED_SCHEMA = pa.schema([("row", pa.int64()), ("label", pa.int64()), ("prompt", pa.uint64())])
"""A line for every row that has keys, dropped or not, ascending. `label`: rows of the same group
have the same, from 0; a row that connects two splits has one of its own. Where there is only one
split, a group is the rows with the same prompt. `prompt`: key of the normalised prompt."""

_NAMED = 3
"""The most giant groups, and sources of each, that a remark names."""
_BATCH_ROWS = 65_536
_LINKS = {
    SAME_PROMPT: "groups.same-prompt",
    SAME_TURN: "groups.same-turn",
    SIMILAR: "groups.similar",
}
"""Kind of a link to the code of its name."""


class GroupSummary(msgspec.Struct):
    """`counts`: "verdict:reason" to rows; `remarks`: code to a sentence about the dataset."""

    counts: dict[str, int]
    remarks: dict[str, Sentence]


def find_groups(
    keys: Sequence[Path],
    shards: Sequence[Shard],
    verdicts: Tables,
    edges: Path,
    config: SplitConfig,
    sources: tuple[str, ...],
    folder: Path,
    published: Path | None = None,
) -> GroupSummary:
    """Writes verdicts on bridges to `folder/verdicts.arrow`, the split table to `split_file`, and
    the group of every row to `grouped_file`.

    `edges`: an npy file, int64 (n, 2), of pairs of rows with similar prompts. An edge of a row
    holds for all rows with the same prompt. It is not read if there is only one split.
    `published`: see `read_published`; None if there are no published splits to keep.
    """
    folder.mkdir(parents=True, exist_ok=True)

    def work() -> GroupSummary:
        rows = read_rows(keys, shards, verdicts, published)
        if published is None and config.test == config.validation == 0:
            return _undivided(rows, folder)
        return _divided(rows, np.load(edges), config, sources, folder)

    return once(folder / "done.json", GroupSummary, work)


def split_file(folder: Path) -> Path:
    """The path of the split table: the split and the group of every row that is kept."""
    return folder / "split.arrow"


def grouped_file(folder: Path) -> Path:
    """The path of the table of `GROUPED_SCHEMA`."""
    return folder / "grouped.arrow"


@dataclass(frozen=True)
class DividedRows:
    """The rows that have keys, ascending, each array (n); `is_kept`: no step has dropped it.
    `published`: their published splits, None if there are none to keep."""

    numbers: Ints
    prompts: npt.NDArray[np.uint64]
    turns: npt.NDArray[np.uint64]
    sources: Ints
    is_kept: Flags
    published: Codes | None = None

    def linked_by(self, edges: Ints) -> RowKeys:
        """The keys to group these rows by; `edges` (k, 2): numbers of rows with similar prompts."""
        places = np.searchsorted(self.numbers, edges)
        assert np.array_equal(self.numbers.take(places, mode="clip"), edges), "unknown rows"
        return RowKeys(self.prompts, self.turns, self.sources, self.is_kept, places, self.published)


def read_rows(
    keys: Sequence[Path], shards: Sequence[Shard], verdicts: Tables, published: Path | None
) -> DividedRows:
    """The rows that have keys, dropped or not, and their published splits."""
    parts: list[list[npt.NDArray[np.generic]]] = [
        [np.zeros(0, kind)] for kind in (np.int64, np.uint64, np.uint64, np.int64)
    ]
    for table, shard in zip(keys, shards, strict=True):
        for batch in read_table(table, ("row", "split", "first_turn")):
            columns = [column.to_numpy() for column in batch.columns]
            columns.append(shard.sources_of(columns[0]))
            for part, array in zip(parts, columns, strict=True):
                part.append(array)
    numbers, prompts, turns, sources = (np.concatenate(part) for part in parts)
    dropped = dropped_by([table for _, table in verdicts.steps])
    is_kept = ~np.isin(numbers, dropped, assume_unique=True)
    of_rows = None if published is None else read_published(published)[numbers]
    return DividedRows(numbers, prompts, turns, sources, is_kept, of_rows)


def _undivided(rows: DividedRows, folder: Path) -> GroupSummary:
    numbers = rows.numbers[rows.is_kept]
    _, labels = np.unique(rows.prompts, return_inverse=True)
    _write_grouped(folder, rows, labels)
    write_table(folder / "verdicts.arrow", [], VERDICT_SCHEMA)
    splits = np.zeros(len(numbers), np.int8)
    _write_split_table(split_file(folder), numbers, splits, pa.nulls(len(numbers), pa.int64()))
    return GroupSummary({}, {})


def _divided(
    rows: DividedRows, edges: Ints, config: SplitConfig, sources: tuple[str, ...], folder: Path
) -> GroupSummary:
    groups = find_groups_of(rows.linked_by(edges), config)
    heads = groups.heads[groups.nodes]
    bridging = rows.is_kept & (heads == NOWHERE)
    staying = rows.is_kept & (heads != NOWHERE)
    _write_grouped(folder, rows, np.where(heads == NOWHERE, groups.nodes, heads))

    verdicts = _bridge_verdicts(groups, rows, bridging)
    counts = write_verdicts(folder / "verdicts.arrow", verdicts)
    firsts = _first_rows(heads[staying], rows.numbers[staying], len(groups.heads))
    splits = groups.splits[groups.nodes[staying]]
    group = pa.array(firsts[heads[staying]])
    _write_split_table(split_file(folder), rows.numbers[staying], splits, group)
    return GroupSummary(counts, _remarks(groups.giants, firsts, rows, config, sources))


def _first_rows(labels: Ints, numbers: Ints, count: int) -> Ints:
    """The first row with each of `count` labels, -1 for none; `numbers` ascend."""
    firsts = np.full(count, -1)
    firsts[labels[::-1]] = numbers[::-1]  # reversed: the last write, so the first row, wins
    return firsts


def _bridge_verdicts(groups: Groups, rows: DividedRows, bridging: Flags) -> pl.DataFrame:
    """A verdict on every row of a bridge; it names kept rows where the groups have any."""
    kept = _first_rows(groups.nodes[rows.is_kept], rows.numbers[rows.is_kept], len(groups.heads))
    named = np.where(kept >= 0, kept, rows.numbers[groups.firsts])
    bridges = {bridge.node: bridge for bridge in groups.bridges}
    lines = [
        (
            row,
            DROP,
            BRIDGE,
            _evidence(bridges[node], groups, named),
            int(named[bridges[node].one.node]),
        )
        for row, node in zip(
            rows.numbers[bridging].tolist(), groups.nodes[bridging].tolist(), strict=True
        )
    ]
    return verdict_frame(lines)


def _evidence(bridge: Bridge, groups: Groups, named: Ints) -> Sentence:
    one, other = [link_sentence(link, groups, named) for link in (bridge.one, bridge.other)]
    return Sentence("groups.bridge", one=one, other=other)


def link_sentence(link: PromptLink, groups: Groups, named: Ints) -> Sentence:
    """The row, split and kind of a link; `named` (m): the row that stands for each node."""
    return Sentence(
        "groups.link",
        row=int(named[link.node]),
        split=SPLITS[groups.splits[link.node]],
        kind=Sentence(_LINKS[link.kind]),
    )


def _remarks(
    giants: Sequence[Giant],
    firsts: Ints,
    rows: DividedRows,
    config: SplitConfig,
    sources: tuple[str, ...],
) -> dict[str, Sentence]:
    if not giants:
        return {}
    total = int(rows.is_kept.sum())
    largest = sorted(giants, key=lambda giant: (-giant.rows, giant.head))
    named = [
        Sentence(
            "groups.giant",
            row=int(firsts[giant.head]),
            rows=giant.rows,
            total=total,
            share=giant.rows / total,
            sources=_named_sources(giant, sources),
        )
        for giant in largest[:_NAMED]
    ]
    if more := largest[_NAMED:]:
        rows_of_more = sum(giant.rows for giant in more)
        named.append(Sentence("groups.more", groups=len(more), rows=rows_of_more))
    return {GIANT: Sentence("groups.giants", share=config.max_group, groups=tuple(named))}


def _named_sources(giant: Giant, sources: tuple[str, ...]) -> tuple[Sentence, ...]:
    largest = sorted(giant.sources.items(), key=lambda item: (-item[1], item[0]))
    named = [
        Sentence("groups.source", source=sources[source], rows=count)
        for source, count in largest[:_NAMED]
    ]
    if more := largest[_NAMED:]:
        rows = sum(count for _, count in more)
        named.append(Sentence("groups.more-sources", sources=len(more), rows=rows))
    return tuple(named)


def _write_grouped(folder: Path, rows: DividedRows, labels: Ints) -> None:
    columns = [pa.array(rows.numbers), pa.array(labels), pa.array(rows.prompts)]
    table = pa.Table.from_arrays(columns, schema=GROUPED_SCHEMA)
    batches = table.to_batches(max_chunksize=_BATCH_ROWS)
    write_table(grouped_file(folder), batches, GROUPED_SCHEMA)


def _write_split_table(
    path: Path, numbers: Ints, splits: npt.NDArray[np.int8], group: pa.Array
) -> None:
    table = pa.Table.from_arrays([pa.array(numbers), pa.array(splits), group], schema=SPLIT_SCHEMA)
    write_table(path, table.to_batches(max_chunksize=_BATCH_ROWS), SPLIT_SCHEMA)
