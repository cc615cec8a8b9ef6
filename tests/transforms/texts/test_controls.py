from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.transforms.texts.controls import NAMED_RATIO, SIDE_COLUMNS, Controls, controls_of

Line = dict[str, Any]


def measured(lines: list[Line]) -> pl.DataFrame:
    """Lines of `controls_of`; what they do not say is 0 or unknown."""
    blank: Line = {"row": 0, "prompt_characters": 80, "position": 0}
    blank |= {f"{side}_model": None for side in ("chosen", "rejected")}
    blank |= {f"{side}_{name}": 0.0 for side in ("chosen", "rejected") for name in SIDE_COLUMNS}
    schema = {name: pl.String if name.endswith("_model") else pl.Float64 for name in blank}
    return pl.DataFrame([blank | {"row": row} | line for row, line in enumerate(lines)], schema)


def controls(lines: list[Line], sources: list[str] | None = None) -> Controls:
    return controls_of(measured(lines), pl.Series(sources or ["a"] * len(lines), dtype=pl.String))


def turned(line: Line) -> Line:
    other = {"chosen": "rejected", "rejected": "chosen"}
    sides = {name: name.partition("_") for name in line}
    swapped = {f"{other.get(s, s)}{gap}{rest}": line[n] for n, (s, gap, rest) in sides.items()}
    return swapped | ({"position": -line["position"]} if "position" in line else {})


counts = st.integers(0, 5000).map(float)
lines = st.lists(
    st.fixed_dictionaries(
        {f"{side}_{name}": counts for side in ("chosen", "rejected") for name in SIDE_COLUMNS}
        | {f"{side}_model": st.sampled_from(["x", "y", None]) for side in ("chosen", "rejected")}
        | {"position": st.sampled_from([1, -1])}
    ),
    min_size=3,
    max_size=5,
)


@settings(max_examples=50, deadline=None)
@given(lines, st.integers(0, 2))
def test_swapping_the_sides_turns_the_sign_and_nothing_else(given: list[Line], which: int) -> None:
    fixed = [{"position": 1}, {"position": -1}]  # so that position varies either way
    fixed += [turned(line) for line in fixed]
    sources = ["a", "b"] * 9
    before = controls(fixed + given, sources[: len(given) + 4])
    changed = [turned(line) if at == which else line for at, line in enumerate(given)]
    after = controls(fixed + changed, sources[: len(given) + 4])
    assert after.names == before.names and after.families == before.families
    signs = np.ones((len(before), 1), np.float32)
    signs[4 + which] = -1
    np.testing.assert_array_equal(after.values, signs * before.values)


def test_columns() -> None:
    found = controls(
        [
            {"chosen_characters": 99, "rejected_characters": 9, "chosen_bullets": 3},
            {"rejected_refusal": 1, "position": 1},
            {"rejected_unfinished": 1, "position": -1},
        ]
    )
    assert found.rows.tolist() == [0, 1, 2]
    np.testing.assert_allclose(found.named("length"), [np.log(10), 0, 0], rtol=1e-6)
    np.testing.assert_allclose(found.named("length beyond 1.0"), [np.log(10) - 1, 0, 0], rtol=1e-5)
    np.testing.assert_allclose(found.named("bullets"), [np.log(4), 0, 0], rtol=1e-6)
    assert found.named("refusal").tolist() == [0, -1, 0]
    assert found.named("unfinished").tolist() == [0, 0, -1]
    assert found.of("position")[:, 0].tolist() == [0, 1, -1]
    assert "headings" not in found.names  # no completion has any
    assert not found.of("model").size
    with pytest.raises(KeyError, match="headings"):
        found.named("headings")


@pytest.mark.parametrize("where", [1, -1])
def test_a_position_that_follows_the_label_is_no_control(where: int) -> None:
    found = controls([{"position": where}, {"position": 0}, {"position": where}])
    assert "position" not in found.families
    assert "2 pairs" in found.remarks["constant-position"]


def test_models_and_rare_ones() -> None:
    rows = int(2 / NAMED_RATIO)
    many = [{"chosen_model": "x", "rejected_model": "y"}] * (rows - 2)
    rare = [{"chosen_model": "r1", "rejected_model": "x"}]
    alone = [{"chosen_model": "y", "rejected_model": "y"}]
    found = controls(many + rare + alone)
    assert [n for n, f in zip(found.names, found.families, strict=True) if f == "model"] == [
        "model: x",
        "model: y",
        "models: others",
    ]
    assert found.of("model")[[0, -2, -1]].tolist() == [[1, -1, 0], [-1, 0, 1], [0, 0, 0]]
    assert found.remarks["rare-models"].startswith("1 models")


def test_sources_bend_length() -> None:
    line = {"chosen_characters": 99, "rejected_characters": 9}
    found = controls([line, line, line], ["a", "b", "a"])
    assert found.of("source").astype(bool).tolist() == [[1, 0], [0, 1], [1, 0]]
    assert controls([line, line], ["a", "a"]).of("source").shape == (2, 0)


def test_no_pairs() -> None:
    found = controls([])
    assert len(found) == 0 and found.values.shape == (0, 0)
