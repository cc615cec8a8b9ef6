"""Pictures that lie beside a source, where a row names them by a path.

Rows are data of others, so a path is followed only within the folder of its source, only to a
regular file, and only if that file is a picture.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import NamedTuple

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.source import Source
from prefdata.records.picture_bytes import is_picture


class Looked(NamedTuple):
    """A file that was looked for. `content`: None if it is no picture or too large; `status`: None
    if it is not there."""

    file: Path
    status: os.stat_result | None = None
    content: bytes | None = None


def picture_beside(path: str, source: Source, config: ReadConfig) -> Looked | None:
    """The picture that a row of a source names by a path; None for a path that is not followed.

    Not followed are URLs, and paths that lead out of the folder of the source, through links only
    unless `config.follow_links`. A picture has at most `config.max_record_bytes` bytes.
    """
    if "://" in path:
        return None
    folder = source.path.parent
    file = folder / path
    try:
        if not _lies_in(file, folder, follow_links=config.follow_links):
            return None
        status = file.stat()
        is_small = stat.S_ISREG(status.st_mode) and status.st_size <= config.max_record_bytes
        content = file.read_bytes() if is_small else b""
    except (OSError, ValueError):  # ValueError: a null byte
        return Looked(file)
    return Looked(file, status, content if is_picture(content) else None)


def _lies_in(file: Path, folder: Path, *, follow_links: bool) -> bool:
    named = Path(os.path.normpath(file)).is_relative_to(os.path.normpath(folder))
    return named and (follow_links or file.resolve().is_relative_to(folder.resolve()))
