"""The rows that are left for the filters on embeddings, and what a filter may ask of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from prefdata.config.semantic import EncoderConfig, SemanticConfig
from prefdata.io.files.shards import Shard, read_records
from prefdata.io.sources.evaluation import EvaluationSet
from prefdata.records.spoken import spoken
from prefdata.records.texts import Ints
from prefdata.steps.semantic.read_embeddings import Embedded
from prefdata.steps.verdict_tables import Tables, dropped_by


@dataclass(frozen=True)
class FilterRows:
    """Rows with their embeddings, and where their texts, keys and sources are.

    `evaluation`: what `against.files` holds; `keep` and `drop`: what the files of examples hold.
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
        """What is left of them after more verdicts."""
        dropped = dropped_by([table for _, table in verdicts.steps])
        return replace(self, embedded=self.embedded.active(dropped))

    def each_text(self, rows: Ints) -> Iterator[tuple[int, dict[str, str]]]:
        """Some rows, ascending, with their texts by name of `SPOKEN`; a blank one is empty."""
        wanted = np.unique(rows)
        for shard in self.shards:
            here = wanted[(wanted >= shard.rows.start) & (wanted < shard.rows.stop)]
            for batch in read_records(shard) if len(here) else ():
                places = np.flatnonzero(np.isin(batch.column("row").to_numpy(), here))
                part = batch.take(pa.array(places))
                columns = {name: texts.to_pylist() for name, texts in spoken(part).items()}
                for i, number in enumerate(part.column("row").to_pylist()):
                    yield number, {name: column[i] or "" for name, column in columns.items()}
