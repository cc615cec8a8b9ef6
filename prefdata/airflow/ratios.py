"""How many rows in error a source may have: in all, and by the code of a rule."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from prefdata.airflow.results import said

COPIES = frozenset({"duplicate-pair"})
"""Codes of rows that are right, and stand in the sources more than once."""


class Limits(NamedTuple):
    """The ratio for all errors without a limit of their own, and limits by code."""

    every: float
    by_code: Mapping[str, float]


def limits_of(every: float | str, by_code: Mapping[str, float | str] | str | None) -> Limits:
    """The limits as numbers; texts that a template left empty are left out. `by_code` may be JSON,
    which a template makes of a parameter.

    Raises ValueError for what is no ratio.
    """
    if isinstance(by_code, str):
        by_code = _mapping(by_code)
    named = {code: ratio for code, ratio in (by_code or {}).items() if ratio not in ("", None)}
    return Limits(
        _ratio("max_error_ratio", every),
        {code: _ratio(f"max_ratios {code}", ratio) for code, ratio in named.items()},
    )


def excesses(rows: int, by_code: Mapping[str, int], limits: Limits) -> list[str]:
    """A sentence for each limit that is exceeded.

    >>> limits = limits_of(0.1, {"invalid-json": 0})
    >>> excesses(10, {"duplicate-pair": 9, "invalid-json": 1, "tie": 1}, limits)
    ['1 of 10 rows have invalid-json, more than max_ratios allows (0).']
    """
    others = {
        code: found
        for code, found in by_code.items()
        if code not in limits.by_code and code not in COPIES
    }
    found = [
        f"{by_code[code]:,} of {rows:,} rows have {code}, more than max_ratios allows ({ratio:g})."
        for code, ratio in limits.by_code.items()
        if by_code.get(code, 0) > ratio * rows
    ]
    errors = sum(others.values())
    if min(errors, rows) > limits.every * rows:  # a row may have several
        found.append(
            f"{errors:,} errors in {rows:,} rows are more than max_error_ratio={limits.every:g} "
            f"allows: {said(others)}."
        )
    return found


def _mapping(text: str) -> dict[str, Any]:
    try:
        return dict(json.loads(text or "{}"))
    except (ValueError, TypeError):
        example = '{"invalid-json": 0.01}'
        raise ValueError(f"max_ratios: {text}: write a mapping, such as {example}") from None


def _ratio(name: str, value: Any) -> float:
    try:
        ratio = float(value)
    except (TypeError, ValueError):
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise ValueError(f"{name}: {value}: write a number from 0 to 1")
    return ratio
