"""Finding the data files of a folder, in reading order, and what else lies there."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from prefdata.io.sources.not_read import (
    companion,
    examined,
    hidden,
    is_description,
    link_outside,
    special,
    unlisted,
)
from prefdata.io.sources.sniff import Sniffed, has_data_suffix
from prefdata.results.layout import DATA, MANIFEST
from prefdata.results.not_read import NotRead

_SNAPSHOTS, _BLOBS = "snapshots", "blobs"


@dataclass(frozen=True)
class FoundFile:
    """A file to read. `sniffed`: its format, if it was looked at already."""

    name: str
    path: Path
    sniffed: Sniffed | None = None


Found = FoundFile | NotRead


def files_in(folder: Path, name: str, *, follow_links: bool = False) -> Iterator[Found]:
    """The files of a folder and its subfolders, in reading order: to read, or not read and why.

    `name`: of the folder, before the names of its files. Hidden names and names that begin with `_`
    are not read. Links are followed within the folder; out of it only with `follow_links`, and
    never in cycles. A folder written by `datasets.save_to_disk` gives its shards in order, one
    written by prefdata its data. A file without a known suffix counts if its content is JSON,
    Parquet or Arrow.
    """
    bounds = None if follow_links else bounds_of(folder)
    return _Walk(bounds).folder(folder, name, frozenset())


def bounds_of(folder: Path) -> tuple[str, ...]:
    """The folders that links within a source folder may lead to: itself, and the blobs of a
    snapshot in the cache of the Hub's client, which consists of links to them."""
    real = Path(os.path.realpath(folder))
    blobs = [p.parent.parent / _BLOBS for p in (real, *real.parents) if p.parent.name == _SNAPSHOTS]
    return tuple(map(str, (real, *blobs)))


def leads_out(path: Path, bounds: Sequence[str]) -> bool:
    """Whether a path really lies outside of some folders (given as real paths)."""
    real = os.path.realpath(path)
    return not any(real == bound or real.startswith(_inside(bound)) for bound in bounds)


def _inside(folder: str) -> str:
    return folder if folder.endswith(os.sep) else folder + os.sep


@dataclass(frozen=True)
class _Walk:
    """A walk through a source folder. `bounds`: where links may lead; None: anywhere."""

    bounds: tuple[str, ...] | None

    def folder(self, folder: Path, name: str, above: frozenset[Path]) -> Iterator[Found]:
        real = folder.resolve()
        if real in above:
            yield companion(name, folder)
            return
        above |= {real}
        listed = _saved_dataset(folder) or _saved_splits(folder) or _own_output(folder)
        if listed is None:
            for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
                yield from self._entry(folder / entry.name, f"{name}/{entry.name}", entry, above)
            return
        for relative in listed:
            path, inner = folder / relative, f"{name}/{relative}"
            if self._leads_out(path):
                yield link_outside(inner, path)
            elif path.is_dir():
                yield from self.folder(path, inner, above)
            else:
                yield FoundFile(inner, path)
        yield from self._besides(folder, name, listed)

    def _entry(
        self, path: Path, name: str, entry: os.DirEntry[str], above: frozenset[Path]
    ) -> Iterator[Found]:
        if entry.name.startswith((".", "_")):
            yield hidden(name, path)
        elif entry.is_symlink() and self._leads_out(path):
            yield link_outside(name, path)
        elif entry.is_dir():
            yield from self.folder(path, name, above)
        elif not entry.is_file() and path.exists():
            yield special(name, path)
        else:
            yield _file(name, path)

    def _leads_out(self, path: Path) -> bool:
        return self.bounds is not None and leads_out(path, self.bounds)

    def _besides(self, folder: Path, name: str, listed: Sequence[str]) -> Iterator[NotRead]:
        """What lies beside the listed files of a saved dataset or an output of prefdata."""
        is_own = (folder / MANIFEST).is_file()
        first = {Path(relative).parts[0] for relative in listed if Path(relative).parts}
        for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
            if entry.name in first:
                continue
            path, inner = folder / entry.name, f"{name}/{entry.name}"
            is_known = is_own or is_description(path) or entry.name.startswith("cache-")
            if is_known or not has_data_suffix(path):
                yield (
                    hidden(inner, path) if entry.is_dir() and not is_own else companion(inner, path)
                )
            else:
                yield unlisted(inner, path)


def _file(name: str, path: Path) -> Found:
    # the content of a broken link is looked at as well: an error then names it
    seen = examined(name, path)
    return seen if isinstance(seen, NotRead) else FoundFile(name, path, seen)


def _saved_dataset(folder: Path) -> list[str] | None:
    """The shards of one split, in the order of `state.json`."""
    files = _description(folder / "state.json").get("_data_files")
    return [str(file["filename"]) for file in files] if isinstance(files, list) else None


def _saved_splits(folder: Path) -> list[str] | None:
    splits = _description(folder / "dataset_dict.json").get("splits")
    return [str(split) for split in splits] if isinstance(splits, list) else None


def _own_output(folder: Path) -> list[str] | None:
    form = _description(folder / MANIFEST).get("format")
    return [DATA] if isinstance(form, str) and form.startswith("prefdata/") else None


def _description(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
