"""The rule on completions that the limit of tokens cut off, as their source says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import msgspec
import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.records.arrays import Ints
from prefdata.records.chat import LENGTH
from prefdata.records.record import NOTE, Record
from prefdata.records.texts import TextView, flat
from prefdata.results.sentences import Sentence
from prefdata.rules.rule import Rule

CUT_OFF = "cut-off"

_ENDED = "finish_reason"
_SUSPECT = rf'"{_ENDED}":\s*"{LENGTH}"'


def _cut_off(record: Record) -> Sentence | None:
    if _ENDED not in record.metadata:
        return None
    sides = [side for side, ended in _endings(record.metadata) if ended == LENGTH]
    return Sentence("cut-off.sides", sides=" and ".join(sides)) if sides else None


def _endings(metadata: str) -> Iterator[tuple[str, object]]:
    """Why each side ended, in what is told of the pair; see `NOTE`."""
    fields = msgspec.json.decode(metadata)
    for name, told in fields.items():
        if name.rstrip("_") != NOTE or not isinstance(told, Mapping):
            continue
        for side in ("chosen", "rejected"):
            about = told.get(side)
            beside = about.get("metadata") if isinstance(about, Mapping) else None
            if isinstance(beside, Mapping) and _ENDED in beside:
                yield side, beside[_ENDED]


def _cut_off_rows(view: TextView) -> Ints:
    rows = np.flatnonzero(np.diff(flat(view.metadata)[1]) > len("{}"))
    if not rows.size:
        return rows
    found = pl.Series(view.metadata.take(pa.array(rows))).str.contains(_SUSPECT)
    return np.asarray(rows[found.fill_null(value=False).to_numpy()])


RULES = (
    Rule(
        CUT_OFF,
        "record",
        "error",
        "According to its source (finish_reason), a completion was cut off at the token limit.",
        "Collect again with a larger --completion-tokens; --rule cut-off=warning keeps such pairs.",
        _cut_off,
        _cut_off_rows,
    ),
)
