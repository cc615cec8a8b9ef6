"""Labels that are not those of the dialect are told by their share, not by the first of them."""

from __future__ import annotations

from typing import Any

import pytest

from prefdata.dialects import DIALECTS
from prefdata.dialects.contradiction import contradicts, count_labels, labels_of, refusal
from prefdata.dialects.dialect import Match
from prefdata.dialects.formats.named_sides import NAMED_SIDES

ALPACA = Match("alpaca-eval")


def rows(*values: Any, field: str = "preference") -> list[dict[str, Any]]:
    return [{"instruction": "Name a tree.", "output_1": "Oak", "output_2": "Lamp", field: value}
            for value in values]  # fmt: skip


def test_labels_are_counted_by_value() -> None:
    counts = count_labels(rows(1, 0, "0", 1.5, 2, 0), ALPACA)
    assert counts.known == {"1": 1, "1.5": 1, "2": 1}
    assert counts.unknown == {"0": 2, "'0'": 1}
    assert counts.contradict(0.05) and not counts.contradict(0.5)


@pytest.mark.parametrize("value", [None, "", " ", float("nan"), "NaN", "N/A"])
def test_a_row_without_a_label_contradicts_nothing(value: object) -> None:
    counts = count_labels(rows(1, value, value, value), ALPACA)
    assert (counts.silent, counts.unknown.total(), counts.rows) == (3, 0, 1)


@pytest.mark.parametrize(
    ("unknown", "of", "is_refused"),
    [(1, 1, False), (1, 2, True), (1, 3, False), (2, 20, True), (2, 40, False), (3, 40, True)],
)
def test_one_odd_label_is_no_pattern(unknown: int, of: int, is_refused: bool) -> None:
    assert contradicts(unknown, of, 0.05) == is_refused


@pytest.mark.parametrize(
    ("dialect", "field", "known", "unknown"),
    [
        ("alpaca-eval", "preference", [1, 1.25, "2"], [0, 3, -1, True, "first"]),
        ("judge-named", "label", ["A", "model_b", "tie"], ["C", 0, 1]),
        ("judge-named", "winner", ["[[C]]", "回答1更好", "A>>B", "平局"], ["[C]", "更优", "A>A"]),
        ("judge-zero-based", "label", [0, 1, 2], [3, -1, 0.5, "A"]),
        ("judge-one-based", "label", [0, 1, 2], [3, -1, 0.5, "A"]),
        ("arena-conversations", "winner", ["model_a", "tie (bothbad)"], ["C", 1]),
    ],
)
def test_every_dialect_with_labels_knows_its_own(
    dialect: str, field: str, known: list[Any], unknown: list[Any]
) -> None:
    counts = count_labels(rows(*known, *unknown, field=field), Match(dialect))
    assert (counts.known.total(), counts.unknown.total()) == (len(known), len(unknown))


def test_a_stated_meaning_is_what_labels_are_counted_by() -> None:
    stated = Match("judged", label="1=first,0=second")
    counts = count_labels(rows(1, "0", 1.0, 2, "A", None, field="label"), stated)
    assert (counts.known.total(), counts.unknown.total(), counts.silent) == (3, 2, 1)
    assert "--label" in refusal("a", counts, stated, 0.05)


def test_a_label_is_silent_whatever_models_stand_beside_it() -> None:
    row = {"label": None, "model_a": "x", "model_b": "y"}
    counts = count_labels([row, {**row, "label": "y"}], Match("judge-named"))
    assert (counts.known, counts.silent) == ({"'y'": 1}, 1)


def test_a_battle_without_a_winner_is_silent_and_one_with_two_is_not() -> None:
    flags = [(1, 0, 0), (0, 0, 1), (0, 0, 0), (1, 1, 0), ("yes", 0, 0)]
    names = ("winner_model_a", "winner_model_b", "winner_tie")
    counts = count_labels([dict(zip(names, each, strict=True)) for each in flags], Match("arena"))
    assert (counts.known.total(), counts.unknown.total(), counts.silent) == (2, 2, 1)


def test_dialects_whose_fields_say_which_side_is_better_have_no_labels() -> None:
    read = [d for d in DIALECTS if d.refusal is None and d.bind is None and d.judge is None]
    without = {d.name for d in read if labels_of(Match(d.name)) is None}
    by_name = {
        "pairs",
        "implicit",
        "hh",
        "sharegpt",
        "swift",
        "chat",
        "openai",
        "transcript-prompt",
    }
    by_name |= {"whole-conversations", "output-list", *(d.name for d in NAMED_SIDES)}
    assert by_name <= without
    assert labels_of(Match("judged", label="signed")) is not None


def test_any_number_of_values_is_counted_in_bounded_memory() -> None:
    counts = count_labels(rows(*(2 + number / 10 for number in range(1, 5000))), ALPACA)
    assert len(counts.unknown) <= 1001
    assert counts.unknown.total() == 4999


def test_the_refusal_says_what_is_there_and_what_to_do() -> None:
    said = refusal("a.jsonl", count_labels(rows(0, 1, 0), ALPACA), ALPACA, 0.05)
    for part in ("a.jsonl: 2 of 3", "0 in 2 rows", "1 in 1 row", "1 to 2", "judge-zero-based"):
        assert part in said
    assert "judge-zero-based" not in refusal("a", count_labels(rows(5, 1), ALPACA), ALPACA, 0.05)
