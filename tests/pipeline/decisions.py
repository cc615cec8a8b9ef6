"""Decisions on the rows of one source, and builds that apply them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig

Sheet = Callable[[Mapping[int, str]], Path]
"""Writes decisions: row of the one source to decision."""


def config(sheet: Path | None, flips: str = "drop", **more: Any) -> BuildConfig:
    review = {"flips": flips} | ({"decisions": str(sheet)} if sheet else {})
    return config_of({"audit": {"review": review}, "split": {"test": 0.3}} | more)
