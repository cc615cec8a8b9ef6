"""The active rows, with their embeddings, as the input of filters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa

from prefdata.config.semantic import EncoderConfig, SemanticConfig
from prefdata.io.files.shards import Shard, read_records
from prefdata.io.sources.evaluation import EvaluationSet
from prefdata.records.arrays import Ints
from prefdata.records.calls import shown_of
from prefdata.records.columns import SIDES
from prefdata.records.context import context_keys
from prefdata.records.text_columns import text_columns
from prefdata.steps.semantic.read_embeddings import Embedded
from prefdata.steps.verdict_tables import Tables, dropped_by


class Unseen(NamedTuple):
    """The key of a row's context, and the calls and the like in the messages of its sides."""

    context: int
    prompt: tuple[str, ...]
    chosen: tuple[str, ...]
    rejected: tuple[str, ...]


@dataclass(frozen=True)
class FilterRows:
    """Rows with their embeddings, shards, keys and sources.

    `evaluation`: the prompts of `against.files`; `keep` and `drop`: the texts of the example files.
    """

    embedded: Embedded
    shards: Sequence[Shard]
    keys: Sequence[Path]
    sources: Sequence[str]
    config: SemanticConfig
    encoder: EncoderConfig
    evaluation: EvaluationSet | None = None
    keep: EvaluationSet | None = None
    drop: EvaluationSet | None = None

    def after(self, verdicts: Tables) -> FilterRows:
        """The rows that are still active after more verdicts."""
        dropped = dropped_by([table for _, table in verdicts.steps])
        return replace(self, embedded=self.embedded.active(dropped))

    def each_text(self, rows: Ints) -> Iterator[tuple[int, dict[str, str]]]:
        """Some rows, ascending, each with its texts by name of `TEXT_COLUMNS`; "" if blank."""
        for part in self._batches(rows):
            columns = {name: texts.to_pylist() for name, texts in text_columns(part).items()}
            for i, number in enumerate(part.column("row").to_pylist()):
                yield number, {name: column[i] or "" for name, column in columns.items()}

    def besides_texts(self, rows: Ints) -> dict[int, Unseen]:
        """What some rows hold that no text of theirs says, and no embedding sees."""
        return {
            number: Unseen(context, *(tuple(map(shown_of, extras)) for extras in sides))
            for part in self._batches(rows)
            for number, context, *sides in zip(
                part.column("row").to_pylist(),
                context_keys(part).tolist(),
                *(_extras(part.column(side)) for side in SIDES),
                strict=True,
            )
        }

    def _batches(self, rows: Ints) -> Iterator[pa.RecordBatch]:
        wanted = np.unique(rows)
        for shard in self.shards:
            here = wanted[(wanted >= shard.rows.start) & (wanted < shard.rows.stop)]
            for batch in read_records(shard) if len(here) else ():
                places = np.flatnonzero(np.isin(batch.column("row").to_numpy(), here))
                yield batch.take(pa.array(places))


def _extras(messages: pa.ListArray) -> list[list[str | None]]:
    return [[message["extra"] for message in side] for side in messages.to_pylist()]
