"""Step: the active pairs as token ids, and a verdict on every pair that cannot be tokenised."""

from __future__ import annotations

import itertools
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import pyarrow.compute as pc

from prefdata.config.fingerprint import fingerprint
from prefdata.config.reward import LengthConfig
from prefdata.engines.engine import Engine
from prefdata.errors import DataError
from prefdata.io.files.arrays import join_arrays, read_array, write_array
from prefdata.io.files.shards import Shard, read_records, read_table, write_table
from prefdata.preflight import mode, tokenizer_identity
from prefdata.preflight.examine import TOO_LONG
from prefdata.reward.backbone.pairs import TokenPairs
from prefdata.steps.once import once
from prefdata.steps.progress import Report, with_progress
from prefdata.steps.reward.tokenise_shard import KINDS, ShardTask, tokenise_shard, tokenizer_of
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables, rows_by_reason

PARTS = "parts"
_NAMED = 5
"""The most rows that the error on too long ones names."""


class TokenSummary(msgspec.Struct):
    """Counts of the step: `rows` = `pairs` + the sum of `dropped`.

    `dropped`, `flagged`: reason to rows; flagged rows are among the pairs. `tokens`: of both sides
    of all pairs; `shared`: those of them that belong to the common prefix of both sides, counted
    for each side. `longest`: tokens of the longest side. `mode`: see `preflight.mode`.
    """

    rows: int
    pairs: int
    dropped: dict[str, int]
    flagged: dict[str, int]
    tokens: int
    shared: int
    longest: int
    mode: str


def tokens_identity(tokenizer_name: str, config: LengthConfig) -> str:
    """The fingerprint of everything that the step depends on besides its rows."""
    tokenizer = tokenizer_of(tokenizer_name)
    openings = [getattr(tokenizer, name, None) for name in ("bos_token_id", "cls_token_id")]
    return fingerprint(tokenizer_identity(tokenizer), *openings, config.model_dump())


def tokenise(
    engine: Engine,
    shards: Sequence[Shard],
    verdicts: Tables,
    tokenizer_name: str,
    config: LengthConfig,
    folder: Path,
    report: Report,
    *,
    sources: Sequence[str] = (),
) -> TokenSummary:
    """Tokenises all active pairs: writes token ids (for `read_pairs`) and `verdicts.arrow`.

    Ids are those of TRL's RewardTrainer (see `preflight.side_ids`). If a side has more than
    `config.tokens` tokens, `config.beyond` decides: `drop` drops the pair as `too-long`;
    `truncate-prompt-left` removes the same tokens from the beginning of the prompt on both sides
    and flags the pair `prompt-truncated`, or drops it as `too-long` if nothing of the prompt would
    remain, since completions are never cut. Other reasons to drop: `template-failure`,
    `no-tokens`, `identical-after-truncation` (both sides have the same tokens).

    A run that was killed resumes with its unfinished shards. Raises UsageError if there is no such
    tokenizer, and, if `config.beyond` is `error`, DataError naming the first rows that are too long
    by the names of `sources`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    summary = once(
        folder / "done.json",
        TokenSummary,
        lambda: _tokenise(engine, shards, verdicts, tokenizer_name, config, folder, report),
    )
    if config.beyond == "error" and TOO_LONG in summary.dropped:
        raise DataError(_named(summary, shards, config, folder, sources))
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    return summary


def read_pairs(folder: Path) -> TokenPairs:
    """Reads what `tokenise` wrote to a folder, memory-mapped; pairs ascend by row."""
    arrays = {name: read_array(folder / f"{name}.npy") for name in (*KINDS, "starts")}
    return TokenPairs(**arrays)


def _tokenise(
    engine: Engine,
    shards: Sequence[Shard],
    verdicts: Tables,
    tokenizer_name: str,
    config: LengthConfig,
    folder: Path,
    report: Report,
) -> TokenSummary:
    tokenizer = tokenizer_of(tokenizer_name)  # fails at once if the name is wrong
    places = [folder / PARTS / f"{shard.number:06d}" for shard in shards]
    tasks = [ShardTask(shard, verdicts, place) for shard, place in zip(shards, places, strict=True)]
    work = partial(tokenise_shard, name=tokenizer_name, config=config)
    parts = list(with_progress(engine.map(work, tasks), "tokenise", len(tasks), report))
    for name, kind in KINDS.items():
        join_arrays(folder / f"{name}.npy", [place / f"{name}.npy" for place in places], kind)
    shared, chosen, rejected = (
        read_array(folder / f"{name}.npy").astype(np.int64)
        for name in ("shared", "chosen", "rejected")
    )
    lengths = shared + chosen + rejected
    write_array(folder / "starts.npy", np.concatenate([np.zeros(1, np.int64), np.cumsum(lengths)]))
    tables = (read_table(place / "verdicts.arrow") for place in places)
    write_table(folder / "verdicts.arrow", itertools.chain.from_iterable(tables), VERDICT_SCHEMA)
    return TokenSummary(
        rows=sum(part.rows for part in parts),
        pairs=sum(part.pairs for part in parts),
        dropped=rows_by_reason(part.dropped for part in parts),
        flagged=rows_by_reason(part.flagged for part in parts),
        tokens=int(lengths.sum() + shared.sum()),
        shared=int(2 * shared.sum()),
        longest=max((part.longest for part in parts), default=0),
        mode=mode(tokenizer),
    )


def _named(
    summary: TokenSummary,
    shards: Sequence[Shard],
    config: LengthConfig,
    folder: Path,
    sources: Sequence[str],
) -> str:
    lines = (line for batch in read_table(folder / "verdicts.arrow") for line in batch.to_pylist())
    long = (line for line in lines if line["reason"] == TOO_LONG)
    named = [
        f"{_place(line['row'], shards, sources)}: {line['evidence']}"
        for line in itertools.islice(long, _NAMED)
    ]
    return (
        f"{summary.dropped[TOO_LONG]:,} of {summary.rows:,} pairs have more than {config.tokens:,} "
        f"tokens: {'; '.join(named)}{'; ...' if summary.dropped[TOO_LONG] > _NAMED else ''}. "
        "Raise reward.length.tokens (--max-length), or set reward.length.beyond (--beyond) to "
        "drop or truncate-prompt-left."
    )


def _place(row: int, shards: Sequence[Shard], sources: Sequence[str]) -> str:
    """The source and source row of a row, for messages."""
    shard = next(shard for shard in shards if row in shard.rows)
    if not sources:
        return f"row {row}"
    for batch in read_records(shard):
        matches = batch.filter(pc.equal(batch.column("row"), row))
        if len(matches):
            return f"{shard.name_of(row, sources)}, row {matches.column('source_row')[0]}"
    raise AssertionError(f"row {row} is in no shard")
