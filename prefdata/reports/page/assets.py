"""Reads the files that the page is made of: styles, scripts, words."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def asset(name: str) -> str:
    """The text of a file of `prefdata/reports/assets`."""
    return (files("prefdata.reports") / "assets" / name).read_text(encoding="utf-8")
