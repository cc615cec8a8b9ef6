"""Finding the data files of a folder, in reading order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefdata.errors import SourceError
from prefdata.io.sources.sniff import has_data_suffix, sniff
from prefdata.results.layout import DATA, MANIFEST

_DESCRIPTIONS = frozenset(
    {"dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json"}
)
"""Files that `datasets` writes beside data to describe it."""


def files_in(folder: Path) -> list[Path]:
    """The data files in a folder and its subfolders, in reading order.

    Hidden names and names that begin with `_` are skipped; links are followed, except in cycles. A
    folder written by `datasets.save_to_disk` gives its shards in order, one written by prefdata its
    data. A file without a known suffix counts if its content is JSON, Parquet or Arrow.
    """
    return list(_walk(folder, frozenset()))


def _walk(folder: Path, above: frozenset[Path]) -> Iterator[Path]:
    real = folder.resolve()
    if real in above:
        return
    special = _saved_dataset(folder) or _saved_splits(folder) or _own_output(folder)
    if special is not None:
        for path in special:
            yield from _walk(path, above | {real}) if path.is_dir() else [path]
        return
    for path in sorted(folder.iterdir(), key=lambda path: path.name):
        if path.name.startswith((".", "_")):
            continue
        if path.is_dir():
            yield from _walk(path, above | {real})
        elif _holds_data(path):
            yield path


def _holds_data(path: Path) -> bool:
    if path.name in _DESCRIPTIONS:
        return False
    if has_data_suffix(path):
        return True
    if not path.is_file() or not path.stat().st_size:
        return False
    try:
        sniffed = sniff(path)
    except SourceError:
        return False
    return sniffed.certain and sniffed.container != "csv"


def _saved_dataset(folder: Path) -> list[Path] | None:
    """The shards of one split, in the order of `state.json`."""
    state = _description(folder / "state.json")
    files = state.get("_data_files")
    if not isinstance(files, list):
        return None
    return [folder / str(file["filename"]) for file in files]


def _saved_splits(folder: Path) -> list[Path] | None:
    splits = _description(folder / "dataset_dict.json").get("splits")
    return [folder / str(split) for split in splits] if isinstance(splits, list) else None


def _own_output(folder: Path) -> list[Path] | None:
    form = _description(folder / MANIFEST).get("format")
    return [folder / DATA] if isinstance(form, str) and form.startswith("prefdata/") else None


def _description(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
