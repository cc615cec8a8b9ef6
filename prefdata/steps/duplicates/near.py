"""Step: near-duplicates and near-conflicts among the rows that are still active."""

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
from prefdata.results.sentences import Sentence
from prefdata.steps.duplicates.form_guard import TOLD_SCHEMA
from prefdata.steps.duplicates.near_nodes import Nodes, nodes_of
from prefdata.steps.duplicates.pairs_alike import Alike, find_alike
from prefdata.steps.duplicates.sketch import Comparison
from prefdata.steps.once import once
from prefdata.steps.verdict_tables import (
    DROP,
    VERDICT_SCHEMA,
    Tables,
    verdict_frame,
    write_verdicts,
)
from prefdata.transforms.duplicates.exact import CONFLICT
from prefdata.transforms.duplicates.near import NEAR_DUPLICATE, ComparedNear, Line, near_verdicts


class NearSummary(msgspec.Struct):
    """`counts`: "verdict:reason" to rows; pairs that were `compared`, found `alike`, or `skipped`
    in crowded buckets."""

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
    """Writes `folder/verdicts.arrow`, and `folder/edges.arrow` with all pairs of similar rows."""
    folder.mkdir(parents=True, exist_ok=True)

    def work() -> NearSummary:
        near, labels = config.near, config.labels
        nodes = nodes_of(shards, keys, verdicts, near, sources)
        result = find_alike(engine, shards, nodes.rows, comparison_of(near), folder)
        edges = _without_known(result.edges, nodes, verdicts)
        _write_edges(folder / "edges.arrow", edges, nodes)
        compared = ComparedNear(nodes.rows, nodes.votes, nodes.margins, nodes.held, edges)
        lines = near_verdicts(compared, near, labels)
        lines += _member_verdicts(lines, nodes, near)
        lines = [line for line in lines if line[0] not in nodes.gone]
        counts = write_verdicts(folder / "verdicts.arrow", verdict_frame(lines))
        return _summary(counts, result)

    return once(folder / "done.json", NearSummary, work)


def comparison_of(near: NearConfig) -> Comparison:
    """The comparison parameters of a config."""
    return Comparison(
        on=near.on,
        threshold=near.threshold,
        words=near.words,
        characters=near.characters,
        hashes=near.hashes,
        crowd=near.crowd,
        short=near.short if near.on == "pair" else 0,
        whole=True,
        guarded=near.drop == "form",
    )


def _summary(counts: dict[str, int], result: Alike) -> NearSummary:
    return NearSummary(counts, result.compared, len(result.edges), result.skipped)


def _without_known(edges: pl.DataFrame, nodes: Nodes, verdicts: Tables) -> pl.DataFrame:
    """The edges without the exact contradictions that already have a verdict."""
    tables = [table for step, table in verdicts.steps if step == "exact"]
    frames = [_read(table).filter(pl.col("reason") == CONFLICT)["row"] for table in tables]
    named = np.isin(nodes.rows, pl.concat(frames).to_numpy()) if frames else np.zeros(0, bool)
    if not named.any():
        return edges
    both = named[edges["low"].to_numpy()] & named[edges["high"].to_numpy()]
    whole = pl.min_horizontal("prompt", "first", "second") == 1.0
    return edges.filter(~(pl.Series(both) & pl.col("crossed") & whole))


def _member_verdicts(lines: list[Line], nodes: Nodes, near: NearConfig) -> Iterator[Line]:
    """Verdicts on rows that share the key of a node. They get the node's verdicts; unless whole
    pairs are compared, one that is not dropped becomes a near-duplicate of the node."""
    fates: dict[int, list[Line]] = {}
    for line in lines:
        fates.setdefault(line[0], []).append(line)
    for row, node in zip(nodes.members.tolist(), nodes.member_of.tolist(), strict=True):
        first = int(nodes.rows[node])
        verdicts = fates.get(first, [])
        yield from ((row, *line[1:]) for line in verdicts)
        if near.on != "pair" and all(line[1] != DROP for line in verdicts):
            yield row, near.action, NEAR_DUPLICATE, _again(first, near), first


def _again(first: int, near: NearConfig) -> Sentence:
    code = "near.same-prompt" if near.on == "prompt" else "near.same-completion"
    return Sentence(code, first=first)


def _write_edges(path: Path, edges: pl.DataFrame, nodes: Nodes) -> None:
    """Writes the edges with row numbers instead of ranks."""
    rows = edges.with_columns(
        low=pl.Series(nodes.rows[edges["low"].to_numpy()]),
        high=pl.Series(nodes.rows[edges["high"].to_numpy()]),
    )
    write_table(path, rows.to_arrow().cast(TOLD_SCHEMA).to_batches(), TOLD_SCHEMA)


def _read(table: Path) -> pl.DataFrame:
    frame = pl.from_arrow(pa.Table.from_batches(read_table(table), VERDICT_SCHEMA))
    assert isinstance(frame, pl.DataFrame)
    return frame
