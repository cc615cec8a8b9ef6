"""What is said of the files of a source folder that are not read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from prefdata.errors import SourceError
from prefdata.io.annotation.header import is_campaign, is_part_of_campaign
from prefdata.io.sources.sniff import (
    Sniffed,
    has_data_suffix,
    is_unfinished,
    other_format,
    sniff,
)
from prefdata.results.not_read import COMPANION, NotRead
from prefdata.results.sentences import Sentence

_DESCRIPTIONS = frozenset(
    {
        *("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"),
        *("user_state.json", "assigned_user_data.json"),
    }
)
"""Files that `datasets`, and Potato for each person, write beside data."""

_DOCUMENTS = re.compile(
    r"(readme|licen[cs]e|copying|notice|citation|changelog|contributing|authors|croissant)\b.*"
    r"|.*\.(md|rst|bib|cff|html?|pdf|py|ipynb|sh|ya?ml|toml|png|jpe?g|gif|svg|webp"
    r"|sha\d*|md5|sum|lock|metadata)",
    re.IGNORECASE | re.DOTALL,
)
"""Names of documents, scripts and pictures that lie beside data."""


def companion(name: str, path: Path) -> NotRead:
    """A file beside the data that holds no rows."""
    return _not_read(name, path, COMPANION, Sentence("not-read.companion"))


def link_outside(name: str, path: Path) -> NotRead:
    """A link that leads out of the source folder."""
    return _not_read(name, path, "link", Sentence("not-read.link"))


def special(name: str, path: Path) -> NotRead:
    """A pipe, a socket or a device in a source folder."""
    return _not_read(name, path, "special", Sentence("not-read.special"))


def unlisted(name: str, path: Path) -> NotRead:
    """A data file that the description of a saved dataset does not name."""
    return _not_read(name, path, "unlisted", Sentence("not-read.unlisted"))


def is_description(path: Path) -> bool:
    """Whether a file by this name lies beside data and holds no rows."""
    return path.name in _DESCRIPTIONS


def examined(name: str, path: Path) -> NotRead | Sniffed | None:
    """What a file is whose name has no suffix of a data format: not read, or of this format.

    None: its name, or its header, says that it holds data; its content is looked at when it is
    read.
    """
    if is_description(path):
        return companion(name, path)
    if is_unfinished(path):
        return _not_read(name, path, "unfinished", Sentence("not-read.unfinished"))
    if has_data_suffix(path):
        return None
    if is_campaign(path):
        return None
    if is_part_of_campaign(path):
        return companion(name, path)
    if not path.exists() or not path.stat().st_size:  # a broken link, or an empty file
        return companion(name, path)
    try:
        sniffed = sniff(path)
        if sniffed.certain and sniffed.container != "csv":
            return sniffed
    except SourceError:  # a format that is not read
        pass
    if _DOCUMENTS.fullmatch(path.name):
        return companion(name, path)
    form = other_format(path)
    if form is not None:
        return _not_read(name, path, "format", Sentence("not-read.format", format=form))
    return _not_read(name, path, "unknown", Sentence("not-read.unknown"))


def hidden(name: str, path: Path) -> NotRead:
    """What is said of a hidden file or folder: whether a data file is among what it holds."""
    files = [path] if not path.is_dir() or path.is_symlink() else _within(path)
    if any(map(has_data_suffix, files)):
        return _not_read(name, path, "hidden", Sentence("not-read.hidden"))
    return companion(name, path)


def _not_read(name: str, path: Path, kind: str, why: Sentence) -> NotRead:
    is_folder = path.is_dir() and not path.is_symlink()
    called = f"{name}/" if is_folder else name
    return NotRead(path=called, bytes=_size(path), kind=kind, why=why)


def _size(path: Path) -> int:
    if path.is_symlink() or not path.is_dir():
        return path.lstat().st_size
    return sum(file.lstat().st_size for file in _within(path))


def _within(folder: Path) -> Iterable[Path]:
    return (Path(place, name) for place, _, names in os.walk(folder) for name in names)
