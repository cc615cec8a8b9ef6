"""The view of judgements that somebody else made of the same pairs, such as a language model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from prefdata.config.fingerprint import fingerprint
from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.io.sources.find import fingerprint_of
from prefdata.label_audit.views.dense_view import JudgementsView
from prefdata.pipeline.run.opened import open_sources
from prefdata.pipeline.run.trail import Trail
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.pipeline.stages.prepare import prepare
from prefdata.records.arrays import Ints
from prefdata.records.columns import SIDES
from prefdata.records.identity import keys_of, record_fingerprints
from prefdata.results.sentences import Sentence

_TURNED = ("prompt", "rejected", "chosen")


def judgements_view(data: Dataset, rows: Ints) -> tuple[JudgementsView, Sentence, str]:
    """The view, how many of `rows` (n) it speaks of, and a fingerprint of the judgements.

    Pairs are found again by what they say, whichever side was chosen. The judgements are read as a
    build reads them: a tie, or a verdict that turned with the order, says nothing of its pair.
    Raises what `build` raises of sources.
    """
    run = data.trail.run
    places = [str(place) for place in run.config.audit.judgements]
    config = overridden(BuildConfig(), {"read.pairs.ties": "drop"})
    opened = open_sources(places, config.read, run.place / "judged-spool")
    prints = [fingerprint_of(item.source) for item in opened.found]
    part = replace(run, opened=opened, place=run.place / "judged", config=config)
    strengths = dict(_strengths(prepare(part).trail))
    said = np.array(
        [
            strengths.get(as_it_is, -strengths.get(turned, 0.0))
            for as_it_is, turned in _fingerprints(data.trail)
        ],
        np.float32,
    )
    assert len(said) == len(rows), "every pair that is left is looked up"
    known = int(np.count_nonzero(said))
    remark = Sentence("audit.judgements", known=known, rows=len(rows), judgements=len(strengths))
    return JudgementsView(said[:, None]), remark, fingerprint(*prints)


def _strengths(trail: Trail) -> Iterator[tuple[str, float]]:
    """The fingerprint of each judged pair, and by how much its chosen side is the better one: its
    margin, or 1 if none is stated."""
    for shard in trail.shards:
        for batch in trail.verdicts.active(shard):
            margins = batch.column("margin").to_pylist()
            for name, margin in zip(_of(batch, SIDES), margins, strict=True):
                yield name, 1.0 if margin is None else float(margin)


def _fingerprints(trail: Trail) -> Iterator[tuple[str, str]]:
    """Of each pair that is left, in order: as it stands, and with its sides swapped."""
    for shard in trail.shards:
        for batch in trail.verdicts.active(shard):
            yield from zip(_of(batch, SIDES), _of(batch, _TURNED), strict=True)


def _of(batch: pa.RecordBatch, sides: Sequence[str]) -> list[str]:
    keys = keys_of(batch, with_split=False)
    columns = [keys.column(side) for side in sides]
    return record_fingerprints(pa.RecordBatch.from_arrays(columns, names=list(SIDES)))
