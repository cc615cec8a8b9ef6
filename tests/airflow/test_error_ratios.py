"""How many rows in error a source may have before a person looks at it."""

from __future__ import annotations

from typing import Any

import pytest

from prefdata.airflow.ratios import COPIES, excesses, limits_of
from prefdata.rules.registry import ALL_RULES

FOUND = {"duplicate-pair": 86, "invalid-json": 10, "identical-sides": 20}


@pytest.mark.parametrize(
    ("every", "by_code", "exceeded"),
    [
        (0.03, {}, []),  # copies do not count
        (0.029, {}, ["max_error_ratio"]),
        ("0.03", {"tie": 0}, []),
        (0.02, {"invalid-json": "0.01"}, []),  # counts for its own limit only
        (0.02, {"invalid-json": 0.009}, ["invalid-json"]),
        (0.01, {"invalid-json": 0}, ["invalid-json", "max_error_ratio"]),
        (1, {"duplicate-pair": 0.05}, ["duplicate-pair"]),
        (0.05, {"duplicate-pair": 0.1, "invalid-json": ""}, []),
        (1, '{"duplicate-pair": 0.05}', ["duplicate-pair"]),
        (1, "", []),
    ],
)
def test_what_is_too_much(every: Any, by_code: dict[str, Any], exceeded: list[str]) -> None:
    said = excesses(1000, FOUND, limits_of(every, by_code))
    assert len(said) == len(exceeded)
    assert all(name in sentence for name, sentence in zip(exceeded, said, strict=True))


def test_more_errors_than_rows_are_every_row() -> None:
    assert excesses(3, {"tie": 3, "identical-sides": 3}, limits_of(1, None)) == []
    assert excesses(0, {}, limits_of(0, None)) == []


@pytest.mark.parametrize(
    ("every", "by_code", "said"),
    [
        (1.5, None, "max_error_ratio: 1.5"),
        ("", None, "max_error_ratio: "),
        ("much", None, "max_error_ratio: much"),
        (0, {"tie": -1}, "max_ratios tie: -1"),
        (0, "tie", "max_ratios: tie"),
    ],
)
def test_what_is_no_ratio_is_refused(every: Any, by_code: Any, said: str) -> None:
    with pytest.raises(ValueError, match=rf"^{said}: write a "):
        limits_of(every, by_code)


def test_copies_are_rules_that_there_are() -> None:
    assert {rule.code for rule in ALL_RULES} >= COPIES
