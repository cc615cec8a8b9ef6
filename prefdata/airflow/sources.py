"""Divides sources into parts, for one mapped task each."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path

SUFFIXES = {".jsonl", ".ndjson", ".jsonlines", ".json", ".csv", ".tsv", ".parquet", ".pq"}
SUFFIXES |= {".arrow", ".feather", ".ipc", ".xlsx", ".xlsm"}
PACKED = {".gz", ".gzip", ".zst", ".zstd", ".bz2", ".xz"}
"""As in prefdata.io.sources.sniff, whose libraries Airflow's environment may lack."""

_WHOLE = {"manifest.json", "state.json", "dataset_dict.json"}
"""A folder with one of these is not divided: an output of prefdata, or a dataset of `datasets`."""
_NO_DATA = {"dataset_info.json", "dataset_infos.json"}

MOST = 1000
"""Parts at most: Airflow maps a task to no more than 1024 (`core.max_map_length`)."""


def divided(places: Sequence[str], *, most: int = MOST) -> list[str]:
    """Files, globs and folders, expanded to the files and folders directly in them.

    URLs stay as they are. If there would be more than `most` parts, `places` are returned as they
    are. Files in folders count as data by their suffix, not by their content. Raises ValueError
    for a place that does not exist or holds no data.
    """
    parts = [part for place in places for part in _parts(place)]
    return parts if len(parts) <= most else list(places)


def _parts(place: str) -> list[str]:
    if "://" in place or place == "-":
        return [place]
    path = Path(place)
    if path.is_dir():
        return _within(place, path)
    if path.exists():
        return [place]
    matches = sorted(glob.glob(place, recursive=True))  # noqa: PTH207 - the name as it is given
    files = [match for match in matches if not Path(match).is_dir()]
    if not matches:
        raise ValueError(f"{place}: there is nothing there on this worker; check the path")
    return files or [part for match in matches for part in _within(match, Path(match))]


def _within(place: str, folder: Path) -> list[str]:
    if any((folder / name).exists() for name in _WHOLE):
        return [place]
    inside = sorted(folder.iterdir(), key=lambda path: path.name)
    named = [path for path in inside if not path.name.startswith((".", "_"))]
    parts = [path for path in named if (_holds_data(path) if path.is_dir() else _is_data(path))]
    if not parts:
        raise ValueError(f"{place} holds no data files on this worker")
    return [f"{place.rstrip('/')}/{path.name}" for path in parts]


def _holds_data(folder: Path) -> bool:
    return any(_is_data(path) for path in _files(folder))


def _files(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _is_data(path: Path) -> bool:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    while suffixes and suffixes[-1] in PACKED:
        suffixes.pop()
    return bool(suffixes) and suffixes[-1] in SUFFIXES and path.name not in _NO_DATA
