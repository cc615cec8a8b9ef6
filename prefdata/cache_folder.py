"""The folder of what is kept from one run to the next."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder(named: str | None = None) -> Path:
    """The folder `named`, else $PREFDATA_CACHE, else ~/.cache/prefdata.

    Raises RuntimeError where a home is needed and there is none.
    """
    return Path(named or os.environ.get("PREFDATA_CACHE") or "~/.cache/prefdata").expanduser()
