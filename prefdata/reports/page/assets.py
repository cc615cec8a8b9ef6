"""The files that the page is made of: styles, scripts and words, and plotly.js out of its wheel."""

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

    Plotly's Python is not imported: it is slow, and only this file is needed. Raises
    MissingExtraError where plotly is not installed, or no longer ships the file.
    """
    found = importlib.util.find_spec("plotly")
    for folder in (found.submodule_search_locations or ()) if found else ():
        path = Path(folder) / "package_data" / "plotly.min.js"
        if path.is_file():
            return path.read_text(encoding="utf-8")
    raise MissingExtraError(
        "The charts of the report need plotly.min.js, which comes with plotly and was not found. "
        "Install it: pip install 'plotly>=6'"
    )
