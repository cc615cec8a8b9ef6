"""What scoring needs of a reward model, whatever kind it is of."""

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
from prefdata.records.texts import Ints
from prefdata.results.sentences import Sentence
from prefdata.steps.progress import Report
from prefdata.steps.reward.read_rewards import Singles
from prefdata.steps.verdict_tables import Tables


@dataclass(frozen=True)
class ScorerIdentity:
    """Which reward model gave a reward.

    `name`: of its folder. `fingerprint` (32 hexadecimal digits) covers weights, tokenizer or
    encoder, and every setting that changes a reward.
    """

    name: str
    kind: Literal["backbone", "head"]
    fingerprint: str


def model_digest(folder: Path, besides: Collection[str] = ()) -> str:
    """128 bits over names and contents of the files that a model in a folder consists of.

    Files that describe how it was trained are none of them: the same weights, the same digest.
    """
    described = {"metrics.json", "reward_model.json", *besides}
    whole = xxhash.xxh3_128()
    for name in files_of(folder, code=False):
        if "/" not in name and name not in described:
            with (folder / name).open("rb") as file:
                digest = hashlib.file_digest(file, "blake2b").hexdigest()
            whole.update(f"{name}\0{digest}\0".encode("utf-8", "surrogateescape"))
    return whole.hexdigest()


@dataclass(frozen=True)
class Unscored:
    """The rows that are to be scored, and where a scorer may keep what it makes of them."""

    engine: Engine
    shards: Sequence[Shard]
    verdicts: Tables
    folder: Path
    report: Report


class Scorable(Protocol):
    """Rows in the form in which a reward model takes them.

    `rows` (n), ascending; `sizes` (n): what scoring each of them costs, in any unit. `notes`
    (`row`, `reason`, `evidence`): why each of the others cannot be scored, and what is to be said
    of those that can. `remarks`: what is to be said of all together, by code.
    """

    @property
    def rows(self) -> Ints: ...

    @property
    def sizes(self) -> Ints: ...

    @property
    def notes(self) -> pl.DataFrame: ...

    @property
    def remarks(self) -> dict[str, Sentence]: ...

    def rewards(self, numbers: Ints, progress: Callable[[int], None]) -> tuple[Singles, Singles]:
        """Rewards (k, 2) of chosen and rejected, and spread (k; NaN: a single model), of some of
        the rows, by place in `rows`, in that order. `progress(count)`: so many more are done."""
        ...


class Scorer(Protocol):
    """A reward model that is open."""

    @property
    def identity(self) -> ScorerIdentity: ...

    def ready(self, rows: Unscored) -> Scorable:
        """Tokenises or embeds the rows that no verdict drops; what is done already is read."""
        ...
