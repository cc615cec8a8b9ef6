"""Near-duplicates and near-conflicts among the rows that exact comparison has left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.config.model import BuildConfig, NearConfig
from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard, read_table, write_table
from prefdata.steps.compare.near_nodes import Nodes, nodes_of
from prefdata.steps.compare.pairs_alike import EDGES_SCHEMA, Alike, find_alike
from prefdata.steps.compare.sketch import Comparison
from prefdata.steps.once import once
from prefdata.steps.verdict_tables import DROP, VERDICT_SCHEMA, Tables, write_verdicts
from prefdata.transforms.compare.exact import CONFLICT
from prefdata.transforms.compare.near import NEAR_DUPLICATE, ComparedNear, Line, near_verdicts


class NearSummary(msgspec.Struct):
    """What the step came to: rows by verdict:reason, pairs compared, pairs left out in crowds."""

    counts: dict[str, int]
    compared: int
    alike: int
    skipped: int


def find_near(
    engine: Engine,
    shards: Sequence[Shard],
    keys: Sequence[Path],
    verdicts: Tables,
    config: BuildConfig,
    sources: Sequence[str],
    folder: Path,
) -> NearSummary:
    """Writes `folder/verdicts.arrow`, and `folder/edges.arrow`: the rows that are alike."""
    folder.mkdir(parents=True, exist_ok=True)

    def work() -> NearSummary:
        near, labels = config.near, config.labels
        nodes = nodes_of(shards, keys, verdicts, near, sources)
        found = find_alike(engine, shards, nodes.rows, comparison_of(near), folder)
        edges = _without_known(found.edges, nodes, verdicts)
        _write_edges(folder / "edges.arrow", edges, nodes)
        compared = ComparedNear(nodes.rows, nodes.votes, nodes.margins, edges)
        lines = near_verdicts(compared, near, labels)
        lines += _of_members(lines, nodes, near)
        lines = [line for line in lines if line[0] not in nodes.gone]
        frame = pl.DataFrame(lines, schema=pl.Schema(VERDICT_SCHEMA), orient="row")
        counts = write_verdicts(folder / "verdicts.arrow", frame)
        return _summary(counts, found)

    return once(folder / "done.json", NearSummary, work)


def comparison_of(near: NearConfig) -> Comparison:
    """The comparison that a config asks for."""
    return Comparison(
        on=near.on,
        threshold=near.threshold,
        words=near.words,
        characters=near.characters,
        hashes=near.hashes,
        crowd=near.crowd,
        short=near.short if near.on == "pair" else 0,
    )


def _summary(counts: dict[str, int], found: Alike) -> NearSummary:
    return NearSummary(counts, found.compared, len(found.edges), found.skipped)


def _without_known(edges: pl.DataFrame, nodes: Nodes, verdicts: Tables) -> pl.DataFrame:
    """Without the contradictions that exact comparison has named and left in."""
    tables = [table for step, table in verdicts.steps if step == "exact"]
    frames = [_read(table).filter(pl.col("reason") == CONFLICT)["row"] for table in tables]
    named = np.isin(nodes.rows, pl.concat(frames).to_numpy()) if frames else np.zeros(0, bool)
    if not named.any():
        return edges
    both = named[edges["low"].to_numpy()] & named[edges["high"].to_numpy()]
    whole = pl.min_horizontal("prompt", "first", "second") == 1.0
    return edges.filter(~(pl.Series(both) & pl.col("crossed") & whole))


def _of_members(lines: list[Line], nodes: Nodes, near: NearConfig) -> Iterator[Line]:
    """Rows with the key of a node: the same prompt again is a near-duplicate; a copy of a pair
    that was left in shares the fate of the pair."""
    fates: dict[int, list[Line]] = {}
    for line in lines:
        fates.setdefault(line[0], []).append(line)
    for row, node in zip(nodes.members.tolist(), nodes.member_of.tolist(), strict=True):
        first = int(nodes.rows[node])
        said = fates.get(first, [])
        yield from ((row, *line[1:]) for line in said)
        if near.on != "pair" and all(line[1] != DROP for line in said):
            yield row, near.action, NEAR_DUPLICATE, f"the {near.on} of row {first} again", first


def _write_edges(path: Path, edges: pl.DataFrame, nodes: Nodes) -> None:
    """With rows instead of ranks."""
    rows = edges.with_columns(
        low=pl.Series(nodes.rows[edges["low"].to_numpy()]),
        high=pl.Series(nodes.rows[edges["high"].to_numpy()]),
    )
    write_table(path, rows.to_arrow().cast(EDGES_SCHEMA).to_batches(), EDGES_SCHEMA)


def _read(table: Path) -> pl.DataFrame:
    frame = pl.from_arrow(pa.Table.from_batches(read_table(table), VERDICT_SCHEMA))
    assert isinstance(frame, pl.DataFrame)
    return frame
