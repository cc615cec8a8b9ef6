"""Controls: features that should not decide which completion is better, such as length.

Every column is antisymmetric: a function of chosen minus the same function of rejected, so that
swapping the sides changes its sign. No column is centred or fitted to labels, so it may be used in
every fold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import polars as pl

from prefdata.records.arrays import Doubles, Flags, Floats, Ints
from prefdata.results.sentences import Sentence
from prefdata.transforms.texts.style import PATTERNS

Family = Literal["length", "format", "refusal", "position", "model", "source"]

COUNTS = ("characters", *PATTERNS)
FLAGS = ("unfinished", "refusal", "foreign")
SIDE_COLUMNS = (*COUNTS, *FLAGS)
"""The measurements of one completion: `style_of`'s counts, whether it is unfinished or a refusal,
and the share of its letters in other scripts than the prompt's."""

NAMED_RATIO = 0.01
"""A model or source gets a column of its own from this share (0 to 1) of the pairs on."""

_KNOTS = (0.1, 0.25, 0.5, 1.0)  # of the difference of log lengths
_LENGTHS = (
    50,
    100,
    200,
    400,
    800,
    1600,
    3200,
)  # characters at which the effect of length may change
_SHARES = ("digits", "questions", "exclamations", "links", "emoji")

Columns = Iterator[tuple[str, Family, Doubles]]
Measured = Mapping[str, Doubles]


@dataclass(frozen=True)
class Controls:
    """The controls of n pairs: `values` (n, columns), chosen minus rejected.

    `rows` (n), ascending. `names`, `families` (columns). The column `position` is 1 if chosen came
    first in the source, -1 if it came second, 0 if unknown. `remarks`: code to a sentence about
    the columns.
    """

    rows: Ints
    names: tuple[str, ...]
    families: tuple[Family, ...]
    values: Floats
    remarks: dict[str, Sentence] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def of(self, family: Family) -> Floats:
        """The columns of one family (n, columns of the family)."""
        return self.values[:, [each == family for each in self.families]]

    def named(self, name: str) -> Floats:
        """A column (n) by name. Raises KeyError if there is none."""
        if name not in self.names:
            raise KeyError(f"no control is called {name!r}")
        column: Floats = self.values[:, self.names.index(name)]
        return column


def controls_of(measured: pl.DataFrame, sources: pl.Series) -> Controls:
    """The controls of n pairs.

    `measured`: `row`; SIDE_COLUMNS of both sides, as `chosen_characters`; `prompt_characters`;
    `position`, `chosen_model`, `rejected_model` (null: unknown). `sources` (n): names. Columns
    that are zero throughout are left out.
    """
    chosen, rejected = _side(measured, "chosen"), _side(measured, "rejected")
    remarks: dict[str, Sentence] = {}
    columns = [
        *_length(chosen, rejected, measured["prompt_characters"].to_numpy().astype(np.float64)),
        *_format(chosen, rejected),
        ("refusal", "refusal", chosen["refusal"] - rejected["refusal"]),
        *_position(measured["position"].to_numpy().astype(np.float64), remarks),
        *_models(measured["chosen_model"], measured["rejected_model"], remarks),
    ]
    columns += list(_sources(sources, columns, remarks))
    kept = [column for column in columns if column[2].any()]
    values = np.zeros((len(measured), len(kept)), np.float32)
    for place, (_, _, column) in enumerate(kept):
        values[:, place] = column
    return Controls(
        measured["row"].to_numpy().astype(np.int64),
        tuple(name for name, _, _ in kept),
        tuple(family for _, family, _ in kept),
        values,
        remarks,
    )


def _side(measured: pl.DataFrame, side: str) -> Measured:
    return {name: measured[f"{side}_{name}"].to_numpy().astype(np.float64) for name in SIDE_COLUMNS}


def _length(chosen: Measured, rejected: Measured, prompt: Doubles) -> Columns:
    """The difference of log lengths, piecewise linear at `_KNOTS` and at `_LENGTHS`."""
    a, b = chosen["characters"], rejected["characters"]
    log_a, log_b = np.log1p(a), np.log1p(b)
    difference = log_a - log_b
    yield "length", "length", difference
    yield "words", "length", np.log1p(chosen["words"]) - np.log1p(rejected["words"])
    yield "longer", "length", np.sign(a - b)
    for knot in _KNOTS:
        yield f"length beyond {knot}", "length", _beyond(difference, knot)
    for length in _LENGTHS:
        knot = np.log1p(length)
        bent = np.maximum(log_a - knot, 0) - np.maximum(log_b - knot, 0)
        yield f"length above {length}", "length", bent
    yield "length by prompt", "length", difference * (np.log1p(prompt) - np.log1p(100))


def _beyond(difference: Doubles, knot: float) -> Doubles:
    """By how much (n) a difference exceeds a knot on either side, with its sign: an odd
    function."""
    excess: Doubles = np.sign(difference) * np.maximum(np.abs(difference) - knot, 0)
    return excess


def _format(chosen: Measured, rejected: Measured) -> Columns:
    """Differences of log counts and of shares of characters."""
    for name in COUNTS:
        if name in ("characters", "words"):
            continue
        yield name, "format", np.log1p(chosen[name]) - np.log1p(rejected[name])
    for name in _SHARES:
        yield f"share of {name}", "format", 10 * (_share(chosen, name) - _share(rejected, name))
    for name in ("unfinished", "foreign"):
        yield name, "format", chosen[name] - rejected[name]


def _share(side: Measured, name: str) -> Doubles:
    return side[name] / np.maximum(side["characters"], 1)


def _position(position: Doubles, remarks: dict[str, Sentence]) -> Columns:
    """The position column, left out if it never varies: it then derives from the label, and would
    leak it to every model."""
    known = position[position != 0]
    if len(known) and (known == known[0]).all():
        which = "control.always-first" if known[0] > 0 else "control.always-second"
        remarks["constant-position"] = Sentence(which, pairs=len(known))
        return
    yield "position", "position", position


def _models(chosen: pl.Series, rejected: pl.Series, remarks: dict[str, Sentence]) -> Columns:
    """One column per model: 1 if it wrote chosen, -1 if rejected; rare models share a column."""
    models = [side.cast(pl.String).fill_null("").to_numpy() for side in (chosen, rejected)]
    counted = Counter(np.concatenate([models[0], models[1][models[0] != models[1]]]).tolist())
    del counted[""]
    own, rare = _named(counted, len(chosen))
    for name in own:
        yield f"model: {name}", "model", _less(models[0] == name, models[1] == name)
    if rare:
        yield "models: others", "model", _less(np.isin(models[0], rare), np.isin(models[1], rare))
        remarks["rare-models"] = Sentence(
            "control.rare-models", models=len(rare), ratio=NAMED_RATIO
        )


def _less(chosen: Flags, rejected: Flags) -> Doubles:
    return chosen.astype(np.float64) - rejected


def _sources(
    sources: pl.Series, columns: Iterable[tuple[str, Family, Doubles]], remarks: dict[str, Sentence]
) -> Columns:
    """Length, position and refusal again per source, since their effect may differ by source.

    The source itself is the same on both sides, so it is no column. With a single source there are
    no such columns.
    """
    names = sources.cast(pl.String).to_numpy()
    own, rare = _named(Counter(names.tolist()), len(names))
    if len(own) + bool(rare) < 2:
        return
    parts = [(f"source: {name}", names == name) for name in own]
    if rare:
        parts.append(("sources: others", np.isin(names, rare)))
        remarks["rare-sources"] = Sentence(
            "control.rare-sources", sources=len(rare), ratio=NAMED_RATIO
        )
    wanted = {name: values for name, _, values in columns if name in _BY_SOURCE}
    for part, is_in in parts:
        for name, values in wanted.items():
            yield f"{part}, {name}", "source", values * is_in


_BY_SOURCE = ("length", "position", "refusal")


def _named(counted: Counter[str], pairs: int) -> tuple[list[str], list[str]]:
    """The names that get a column of their own, in order, and those that share one."""
    names = sorted(counted)
    own = [name for name in names if counted[name] >= NAMED_RATIO * pairs]
    return own, [name for name in names if counted[name] < NAMED_RATIO * pairs]
