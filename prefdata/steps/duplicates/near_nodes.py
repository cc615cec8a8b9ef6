"""The nodes of near-duplicate comparison: rows with distinct keys, in order of preference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.config.model import NearConfig
from prefdata.credentials import without_credentials
from prefdata.io.files.shards import Shard, read_table
from prefdata.records.arrays import Ints
from prefdata.records.identity import KEYS_SCHEMA
from prefdata.steps.verdict_tables import Tables, dropped_by
from prefdata.transforms.duplicates.exact import CONFLICT, DUPLICATE
from prefdata.transforms.duplicates.shingles import mix_array
from prefdata.transforms.duplicates.similarity import On

KEY_COLUMNS: dict[On, list[str]] = {
    "pair": [],
    "prompt": ["split", "context"],
    "completion": ["chosen", "rejected"],
}
"""By unit of comparison: the key columns whose equality makes rows one node."""


@dataclass(frozen=True)
class Nodes:
    """The rows that are compared, most preferred first: the number of a node is its rank.

    For n nodes: `rows` (n), the row of each; `votes` (n), how many rows are equal to it, and held
    out as much, dropped copies included; `margins` (n), NaN for none; `held` (n), see
    `KEYS_SCHEMA`: nodes that are held out more come first. For m further rows with the key of a
    node: `members` (m), and `member_of` (m), the node of each. `gone`: rows that were dropped for
    an exact contradiction. They rank last of those held out as much, and are compared too: a
    near-copy of one is contradicted.
    """

    rows: Ints
    members: Ints
    member_of: Ints
    votes: Ints
    margins: np.ndarray
    held: Ints
    gone: frozenset[int]


def nodes_of(
    shards: Sequence[Shard],
    keys: Sequence[Path],
    verdicts: Tables,
    config: NearConfig,
    sources: Sequence[str],
) -> Nodes:
    """The nodes of a run, from the key tables of its shards."""
    frame = _read(shards, keys, config, sources)
    held = frame.select("row", "held")
    dropped = dropped_by([table for _, table in verdicts.steps])
    gone = _contradicted(verdicts) if config.on == "pair" else np.zeros(0, np.int64)
    out = np.setdiff1d(dropped, gone)
    frame = frame.filter(~pl.Series(np.isin(frame["row"].to_numpy(), out)))
    frame = frame.with_columns(gone=pl.Series(np.isin(frame["row"].to_numpy(), gone)))
    copies = _copies(verdicts)
    order = [-pl.col("held"), pl.col("gone"), *_RANKS[config.keep]]
    frame = _with_key(frame, config.on, copies).sort(order, nulls_last=True)
    is_node = frame["key"].is_first_distinct()
    nodes, rest = frame.filter(is_node), frame.filter(~is_node)
    number = nodes.select("key", node=pl.int_range(pl.len()))
    member_of = rest.join(number, on="key", how="left", maintain_order="left")["node"].to_numpy()
    as_held = nodes["held"].to_numpy()[member_of.astype(np.int64)] == rest["held"].to_numpy()
    return Nodes(
        rows=nodes["row"].to_numpy(),
        members=rest["row"].to_numpy(),
        member_of=member_of.astype(np.int64),
        votes=_votes(nodes["row"], _held_alike(copies, held), member_of[as_held]),
        margins=nodes["margin"].fill_null(float("nan")).to_numpy(),
        held=nodes["held"].to_numpy(),
        gone=frozenset(gone.tolist()),
    )


def ranked(
    shards: Sequence[Shard],
    keys: Sequence[Path],
    rows: Ints,
    config: NearConfig,
    sources: Sequence[str],
) -> Ints:
    """`rows` (n) in the order of preference, most preferred first: by how much a published split
    holds them out, then by `config.keep`."""
    frame = _read(shards, keys, config, sources)
    frame = frame.filter(pl.Series(np.isin(frame["row"].to_numpy(), rows)))
    order = [-pl.col("held"), *_RANKS[config.keep]]
    return frame.sort(order, nulls_last=True)["row"].to_numpy()


_RANKS: dict[str, list[pl.Expr]] = {
    "first": [pl.col("row")],
    "longest": [-pl.col("text_bytes"), pl.col("row")],
    "margin": [-pl.col("margin").fill_nan(None), pl.col("row")],
    "source": [pl.col("trust"), pl.col("row")],
}


def _read(
    shards: Sequence[Shard], keys: Sequence[Path], config: NearConfig, sources: Sequence[str]
) -> pl.DataFrame:
    columns = ["row", "text_bytes", "margin", "held", *KEY_COLUMNS[config.on]]
    frames = []
    for shard, table in zip(shards, keys, strict=True):
        schema = pa.schema([KEYS_SCHEMA.field(name) for name in columns])
        read = pl.from_arrow(pa.Table.from_batches(read_table(table, columns), schema))
        assert isinstance(read, pl.DataFrame)
        trust = [_trust(sources[part.source], config.prefer) for part in shard.parts]
        parts = shard.parts_of(read["row"].to_numpy())
        ranks = np.asarray(trust, np.int32)[parts]
        frames.append(read.with_columns(trust=pl.Series(ranks, dtype=pl.Int32)))
    return pl.concat(frames)


def _trust(source: str, prefer: Sequence[str]) -> int:
    """The position of a source in `prefer`, or its length for a source that matches none."""
    globs = enumerate(map(without_credentials, prefer))  # names of sources have no credentials
    places = (i for i, glob in globs if source == glob or fnmatch(source, glob))
    return next(places, len(prefer))


def _copies(verdicts: Tables) -> pl.DataFrame:
    """Exact copies, dropped or flagged: `row`, `other` (the row it copies), `verdict`."""
    return _exact(verdicts, DUPLICATE)


def _contradicted(verdicts: Tables) -> Ints:
    """Rows that were dropped for an exact contradiction."""
    return _exact(verdicts, CONFLICT).filter(pl.col("verdict") == "drop")["row"].to_numpy()


def _held_alike(copies: pl.DataFrame, held: pl.DataFrame) -> pl.DataFrame:
    """The copies that are held out as much as the row they copy."""
    of_both = copies.join(held, on="row").join(held, left_on="other", right_on="row", suffix="_of")
    return of_both.filter(pl.col("held") == pl.col("held_of"))


def _exact(verdicts: Tables, reason: str) -> pl.DataFrame:
    tables = [table for step, table in verdicts.steps if step == "exact"]
    frames = [
        pl.DataFrame(batch).filter(pl.col("reason") == reason)
        for table in tables
        for batch in read_table(table, ["row", "verdict", "reason", "other"])
    ]
    empty = pl.DataFrame(schema={"row": pl.Int64, "verdict": pl.String, "other": pl.Int64})
    return pl.concat([empty, *(frame.select(empty.columns) for frame in frames)])


def _with_key(frame: pl.DataFrame, on: On, copies: pl.DataFrame) -> pl.DataFrame:
    if on == "prompt":
        prompts, contexts = (frame[name].to_numpy() for name in KEY_COLUMNS[on])
        key = np.where(contexts > 0, mix_array(mix_array(prompts) + contexts), prompts)
        return frame.with_columns(key=pl.Series(key))
    if on == "completion":
        halves = [_number(frame["chosen"]), _number(frame["rejected"])]
        return frame.with_columns(key=pl.Series(mix_array(mix_array(halves[0]) + halves[1])))
    first = copies.select("row", key="other")  # a kept copy belongs to its original
    return frame.join(first, on="row", how="left", maintain_order="left").with_columns(
        key=pl.coalesce("key", "row").cast(pl.UInt64)
    )


def _number(keys: pl.Series) -> np.ndarray:
    """The first eight bytes of 16-byte keys as unsigned numbers (n)."""
    return np.frombuffer(b"".join(keys.to_list()), np.uint64)[::2]


def _votes(rows: pl.Series, copies: pl.DataFrame, member_of: np.ndarray) -> Ints:
    dropped = copies.filter(pl.col("verdict") == "drop").group_by("other").len()
    votes = rows.to_frame("row").join(
        dropped, left_on="row", right_on="other", how="left", maintain_order="left"
    )["len"]
    counted = 1 + votes.fill_null(0).to_numpy().astype(np.int64)
    counted += np.bincount(member_of.astype(np.int64), minlength=len(counted))
    return counted
