"""Recognises the file of a campaign by its header, without SQLite."""

from __future__ import annotations

import struct
from pathlib import Path

MAGIC = b"SQLite format 3\0"
APPLICATION_ID = 0x50726566
"""Stands in the header of the file: `Pref`."""

_ID_AT = 68
_HEADER_BYTES = 100
_COMPANIONS = ("-wal", "-shm", "-journal")


def is_campaign(path: Path) -> bool:
    """Whether a file is a campaign of `prefdata annotate`."""
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError:
        return False
    if len(header) < _HEADER_BYTES or not header.startswith(MAGIC):
        return False
    (found,) = struct.unpack_from(">I", header, _ID_AT)
    return bool(found == APPLICATION_ID)


def is_part_of_campaign(path: Path) -> bool:
    """Whether a file is what SQLite keeps beside a campaign that is in use."""
    whole = next((path.name.removesuffix(s) for s in _COMPANIONS if path.name.endswith(s)), None)
    return whole is not None and is_campaign(path.with_name(whole))
