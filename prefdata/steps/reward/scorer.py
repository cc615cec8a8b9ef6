"""Protocols of a reward model that scores rows, and what identifies the model."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

import polars as pl
import xxhash

from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard
from prefdata.models.weights import files_of
from prefdata.records.arrays import Floats, Ints
from prefdata.results.layout import METRICS, MODEL_NOTE
from prefdata.results.sentences import Sentence
from prefdata.steps.progress import Report
from prefdata.steps.verdict_tables import Tables


@dataclass(frozen=True)
class ScorerIdentity:
    """The identity of a reward model.

    `name`: name of its folder. `fingerprint` (32 hexadecimal digits) covers weights, tokenizer or
    encoder, and every setting that changes a reward.
    """

    name: str
    kind: Literal["backbone", "head"]
    fingerprint: str


def model_digest(folder: Path, besides: Collection[str] = ()) -> str:
    """A digest (128 bits, hexadecimal) of the names and contents of a model's files in a folder.

    Files that describe its training, and those named in `besides`, are left out: equal weights give
    equal digests.
    """
    described = {METRICS, MODEL_NOTE, *besides}
    whole = xxhash.xxh3_128()
    for name in files_of(folder, code=False):
        if "/" not in name and name not in described:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "blake2b").hexdigest()
            whole.update(f"{name}\0{digest}\0".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


@dataclass(frozen=True)
class Unscored:
    """The rows to score; a scorer may keep intermediate files in `folder`."""

    engine: Engine
    shards: Sequence[Shard]
    verdicts: Tables
    folder: Path
    report: Report


class Scorable(Protocol):
    """Rows prepared as inputs of a reward model.

    `rows` (n), ascending; `sizes` (n): the relative cost of scoring each. `notes`: a frame (`row`,
    `reason`, `evidence`, `sentence`: see `VERDICT_SCHEMA`) with a line for each row that cannot be
    scored, and notes on others. `remarks`: code to a sentence about the dataset as a whole.
    """

    @property
    def rows(self) -> Ints: ...

    @property
    def sizes(self) -> Ints: ...

    @property
    def notes(self) -> pl.DataFrame: ...

    @property
    def remarks(self) -> dict[str, Sentence]: ...

    def rewards(self, numbers: Ints, progress: Callable[[int], None]) -> tuple[Floats, Floats]:
        """Rewards (k, 2) of chosen and rejected, and spread (k), NaN for a single model.

        `numbers` (k): positions in `rows`. `progress(count)` is called when `count` more rows are
        scored.
        """
        ...


class Scorer(Protocol):
    """A loaded reward model."""

    @property
    def identity(self) -> ScorerIdentity: ...

    def ready(self, rows: Unscored) -> Scorable:
        """Tokenises or embeds all active rows; finished work in `rows.folder` is reused."""
        ...
