"""Step: the embeddings of the texts of all active rows, each distinct text once."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import polars as pl

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Identity
from prefdata.engines.engine import Engine
from prefdata.io.files.arrays import array_to_fill
from prefdata.io.files.shards import Shard
from prefdata.records.arrays import Ints
from prefdata.records.text_columns import TEXT_COLUMNS
from prefdata.results.sentences import Sentence, joined
from prefdata.steps.once import once
from prefdata.steps.progress import Report, with_progress
from prefdata.steps.semantic.open_encoder import cache_of, encoder_of
from prefdata.steps.semantic.read_embeddings import write_index
from prefdata.steps.semantic.text_tables import number_texts, write_text_tables
from prefdata.steps.semantic.text_windows import PARTS, embed_new, finished_parts
from prefdata.steps.semantic.vector_store import Filling
from prefdata.steps.verdict_tables import FLAG, Tables, verdict_frame, write_verdicts
from prefdata.transforms.semantic.evidence import NOT_EMBEDDED

States = npt.NDArray[np.int8]
_HAS, _BLANK, _NO_NUMBER = 0, 1, 2


class EmbedSummary(msgspec.Struct):
    """Counts of the step.

    `rows`: active rows; `unembedded`: those that lack the embedding of some text. `texts` (distinct
    ones) = `embedded` now + `cached` + `failed` (no finite number). `beyond`: texts longer than the
    encoder's window; `windows`: of all texts together. `identity`: see `Identity`. `damaged`: cache
    files that were incomplete, and were removed; `displaced`: bytes of older embeddings that were
    evicted to stay below `encoder.cache_bytes`. `embedded`, `cached`, `damaged` and `displaced`
    depend on the state of the cache, so they belong in no manifest.
    """

    rows: int
    unembedded: int
    texts: int
    embedded: int
    cached: int
    failed: int
    beyond: int
    windows: int
    identity: dict[str, str | int | None]
    damaged: tuple[str, ...]
    displaced: int

    def remarks(self, config: EncoderConfig) -> dict[str, Sentence]:
        """Remarks on the texts, by code."""
        if not self.beyond:
            return {}
        average = 1 + (self.windows - self.texts + self.failed) / self.beyond
        long = Sentence(
            "encoder.averaged" if config.long == "pool" else "encoder.first-counts",
            beyond=self.beyond,
            texts=self.texts,
            window=str(self.identity["window"]),
            chunks=average,
        )
        return {"beyond-window": long}


def embed(
    engine: Engine,
    shards: Sequence[Shard],
    verdicts: Tables,
    config: EncoderConfig,
    folder: Path,
    report: Report,
) -> EmbedSummary:
    """Embeds all active rows: writes embeddings (for `read_embedded`) and `verdicts.arrow`, which
    flags rows without embedding.

    A run that was killed resumes: each process repeats at most one window.
    """
    folder.mkdir(parents=True, exist_ok=True)
    summary = once(
        folder / "done.json",
        EmbedSummary,
        lambda: _embed(engine, shards, verdicts, config, folder, report),
    )
    shutil.rmtree(folder / PARTS, ignore_errors=True)
    for name in ("firsts.npy", "new.npy"):
        (folder / name).unlink(missing_ok=True)
    return summary


def _embed(
    engine: Engine,
    shards: Sequence[Shard],
    verdicts: Tables,
    config: EncoderConfig,
    folder: Path,
    report: Report,
) -> EmbedSummary:
    tables = write_text_tables(engine, shards, verdicts, folder / "texts")
    texts = number_texts(list(with_progress(tables, "texts", len(shards), report)))
    encoder = encoder_of(config)
    shape = (len(texts), encoder.identity.dimension)
    with (
        array_to_fill(folder / "vectors.npy", shape, np.float16) as vectors,
        Filling(texts, vectors, cache_of(config), report, at_once=not encoder.is_light) as filling,
    ):
        for part in finished_parts(folder):
            filling.take(part)
        filling.take_cached()
        new = filling.pending()
        for part in embed_new(engine, shards, texts, new, config, folder, filling.tell):
            filling.take(part)
    state = _states(texts.index, filling.windows > 0)
    write_index(folder, texts.rows, np.where(state == _HAS, texts.index, -1), filling.windows)
    write_verdicts(folder / "verdicts.arrow", _verdicts(texts.rows, state))
    return _summary(filling, encoder.identity, int((state != _HAS).any(axis=1).sum()))


def _summary(filling: Filling, identity: Identity, unembedded: int) -> EmbedSummary:
    texts, windows = filling.texts, filling.windows
    failed = int((windows == 0).sum())
    return EmbedSummary(
        rows=len(texts.rows),
        unembedded=unembedded,
        texts=len(texts),
        embedded=len(texts) - filling.cached - failed,
        cached=filling.cached,
        failed=failed,
        beyond=int((windows > 1).sum()),
        windows=int(windows.sum()),
        identity=asdict(identity),
        damaged=filling.located.damaged,
        displaced=filling.displaced,
    )


def _states(index: npt.NDArray[np.int32], has_vector: npt.NDArray[np.bool_]) -> States:
    """The state (n, 4) of each text of each row: `_HAS` (an embedding), `_BLANK`, `_NO_NUMBER`."""
    known = np.append(has_vector, False)[index]  # index -1: no text
    state = np.where(known, _HAS, _NO_NUMBER).astype(np.int8)
    state[index < 0] = _BLANK
    return state


def _verdicts(rows: Ints, state: States) -> pl.DataFrame:
    """A flag for every row that has a text without embedding."""
    flagged = np.flatnonzero((state != _HAS).any(axis=1))
    kinds, which = np.unique(state[flagged], axis=0, return_inverse=True)
    evidence = [_evidence(kind) for kind in kinds.tolist()]
    return verdict_frame(
        (row, FLAG, NOT_EMBEDDED, evidence[kind], None)
        for row, kind in zip(rows[flagged].tolist(), which.reshape(-1).tolist(), strict=True)
    )


def _evidence(states: Sequence[int]) -> Sentence:
    """For example: `prompt is blank; the encoder gave no finite number for chosen`."""
    of = dict(zip(TEXT_COLUMNS, states, strict=True))
    if of["prompt"] == of["turn"]:  # the last turn is part of the prompt: one mention is enough
        del of["turn"]
    clauses = [
        Sentence("embedding.blank", text=name) for name, state in of.items() if state == _BLANK
    ]
    if failed := tuple(name for name, state in of.items() if state == _NO_NUMBER):
        clauses.append(Sentence("embedding.no-number", texts=failed))
    return joined(*clauses)
