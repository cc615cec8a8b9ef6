"""The folder of what is kept from one run to the next."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """$PREFDATA_CACHE, else ~/.cache/prefdata. Raises RuntimeError where there is no home."""
    named = os.environ.get("PREFDATA_CACHE")
    return Path(named).expanduser() if named else Path.home() / ".cache" / "prefdata"
