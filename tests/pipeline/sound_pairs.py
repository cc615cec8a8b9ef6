"""Rows that nothing is wrong with."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

Write = Callable[..., Path]


def pair(number: int, **more: object) -> dict[str, object]:
    """A sound pair, another for every number."""
    return {
        "prompt": f"Question {number}: what is {number} plus one? 请回答。",
        "chosen": f"It is {number + 1}.\n答案是{number + 1}。",
        "rejected": f"Nobody knows what follows {number}.",
        **more,
    }
