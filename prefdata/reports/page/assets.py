"""Reads the files that the page is made of: styles, scripts, words, and plotly.min.js."""

from __future__ import annotations

import importlib.util
from functools import cache
from importlib.resources import files
from pathlib import Path

from prefdata.errors import MissingExtraError


@cache
def asset(name: str) -> str:
    """The text of a file of `prefdata/reports/assets`."""
    return (files("prefdata.reports") / "assets" / name).read_text(encoding="utf-8")


@cache
def chart_library() -> str:
    """The text of plotly.min.js (MIT licence).

    The plotly package is not imported, which would be slow: only this file of it is read. Raises
    MissingExtraError if plotly is not installed, or no longer ships the file.
    """
    spec = importlib.util.find_spec("plotly")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder) / "package_data" / "plotly.min.js"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise MissingExtraError(
        "The charts of the report need plotly.min.js, which comes with plotly and was not found. "
        "Install it: pip install 'plotly>=6'"
    )
