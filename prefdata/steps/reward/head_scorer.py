"""Scoring rows with a reward head on frozen embeddings: the texts of rows are embedded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.config.fingerprint import fingerprint
from prefdata.config.semantic import EncoderConfig
from prefdata.io.files.shards import read_table
from prefdata.records.arrays import Floats, Ints
from prefdata.results.layout import HEAD_NOTE
from prefdata.results.sentences import Sentence
from prefdata.reward.heads.features import PairVectors
from prefdata.reward.heads.head_file import load_head, read_head_note
from prefdata.reward.heads.heads import Head, rewards_of_head
from prefdata.steps.reward.scorer import ScorerIdentity, Unscored, model_digest
from prefdata.steps.semantic.embed import embed
from prefdata.steps.semantic.open_encoder import prepare_encoder
from prefdata.steps.semantic.read_embeddings import Embedded, read_embedded
from prefdata.steps.verdict_tables import VERDICT_SCHEMA


@dataclass(frozen=True)
class HeadScorer:
    """A head in memory, and the encoder whose embeddings it was trained on."""

    identity: ScorerIdentity
    head: Head
    encoder: EncoderConfig

    def ready(self, rows: Unscored) -> ScorableVectors:
        """Embeds the texts of all active rows, using the embedding cache."""
        folder = rows.folder / "embedded"
        summary = embed(rows.engine, rows.shards, rows.verdicts, self.encoder, folder, rows.report)
        embedded = read_embedded(folder)
        has_vectors = PairVectors(embedded.vectors, embedded.index).having(self.head.features)
        lost = pl.Series(embedded.rows[~has_vectors])
        verdicts = pl.DataFrame(
            pa.Table.from_batches(read_table(folder / "verdicts.arrow"), VERDICT_SCHEMA)
        )
        notes = verdicts.filter(pl.col("row").is_in(lost.implode()))
        return ScorableVectors(
            embedded.only(has_vectors), self.head, notes, summary.remarks(self.encoder)
        )


@dataclass(frozen=True)
class ScorableVectors:
    """Rows as embeddings; see `Scorable`."""

    embedded: Embedded
    head: Head
    notes: pl.DataFrame
    remarks: dict[str, Sentence]

    @property
    def rows(self) -> Ints:
        return self.embedded.rows

    @cached_property
    def sizes(self) -> Ints:
        return np.ones(len(self.embedded), np.int64)

    def rewards(self, numbers: Ints, progress: Callable[[int], None]) -> tuple[Floats, Floats]:
        some = self.embedded.only(numbers)
        scores = rewards_of_head(self.head, some.vectors, some.index)
        progress(len(numbers))
        return scores.rewards, scores.spread


def open_head_scorer(folder: Path, encoder: EncoderConfig) -> HeadScorer:
    """Loads the head in a folder and opens its encoder.

    If `encoder` is the one that the head was trained with, all its settings are used, otherwise
    only those for device, batches and cache. Raises ModelError if the head cannot be read, or if
    its encoder is not available or differs from the one in training.
    """
    name = read_head_note(folder).encoder.name
    if encoder.name != name:
        kept = encoder.model_dump(include={"device", "batch_tokens", "cache", "cache_bytes"})
        encoder = EncoderConfig(name=name, **kept)
    made_by = prepare_encoder(encoder)
    head = load_head(folder, fingerprint=made_by.fingerprint, dimension=made_by.dimension)
    whole = fingerprint(
        *head.features, model_digest(folder, besides=[HEAD_NOTE]), made_by.fingerprint
    )
    identity = ScorerIdentity(folder.absolute().name, "head", whole)
    return HeadScorer(identity, head, encoder)
