"""The chart library of the page: plotly.js, out of the wheel of plotly."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path

from prefdata.errors import MissingExtraError


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
