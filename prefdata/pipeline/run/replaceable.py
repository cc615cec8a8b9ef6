"""What of an output folder a run may replace: the files that it names itself, and no other."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefdata.errors import OutputError
from prefdata.io.files.atomic import is_temporary
from prefdata.results.layout import (
    AGREEMENT,
    CARD,
    DATA,
    DROPPED,
    JUDGEMENTS,
    JUDGING,
    KEPT_ANSWERS,
    LEDGER,
    MANIFEST,
    MANIFEST_CHECKSUM,
    NOT_READ,
    QUARANTINE,
    REPORT,
    REPORT_JSON,
    REPORT_PAGE,
    REVIEW,
    REVIEW_CSV,
    REVIEW_JSONL,
    ROWS_TABLE,
)

_REPORT = (
    f"{REPORT_JSON}|{REPORT_PAGE}|{ROWS_TABLE}|{REVIEW_CSV}|{REVIEW_JSONL}|{KEPT_ANSWERS}\\.[a-z]+"
)
_AUDIT = re.compile(_REPORT)
"""The files of an audit in a folder of its own. Its sheets are guarded by `kept_answers`."""

_DATASET = re.compile(
    rf"{MANIFEST}|{MANIFEST_CHECKSUM}|{CARD}|{AGREEMENT}|{JUDGING}|{DATA}/.*\.(arrow|parquet|json)"
    rf"|{LEDGER}/ledger-\d+\.parquet|{NOT_READ}"
    rf"|{DROPPED}/dropped-\d+\.parquet|{QUARANTINE}/quarantine-\d+\.jsonl"
    rf"|{DROPPED}/unpaired-\d+\.jsonl|{JUDGEMENTS}/judgements-\d+\.parquet"
    rf"|{REPORT}/({_REPORT})|{REVIEW}/{KEPT_ANSWERS}\.[a-z]+"
)
"""The files of a dataset whose manifest cannot be read."""

_CACHES = re.compile(rf"{DATA}/.*\b(cache|tmp)[\w-]*\.arrow|{DATA}/.*\.lock")
"""What `datasets` leaves beside shards that it has loaded: it can be made from them again."""

_BESIDE = (CARD, MANIFEST_CHECKSUM)
"""Files of a dataset that its manifest cannot name: people edit the one, the other is of itself."""

_NAMED = 5


def refuse_unnamed(out: Path, mark: str) -> None:
    """Raises OutputError if `out` holds files that the run which made it does not name.

    Replacing the folder would delete them. `mark`: the file by which its output is recognised.
    """
    foreign = list(unnamed(out, mark))
    if not foreign:
        return
    more = f" and {len(foreign) - _NAMED:,} more" if len(foreign) > _NAMED else ""
    raise OutputError(
        f"{out} holds {', '.join(foreign[:_NAMED])}{more}, which {mark} does not name: they would "
        "be deleted with the folder that is replaced. Move them elsewhere, or choose another --out."
    )


def unnamed(out: Path, mark: str) -> Iterator[str]:
    """The files of an output folder that its list of files does not name."""
    if not out.is_dir() or not (out / mark).is_file():
        return
    named, pattern = _named(out / mark)
    for path in _paths(out):
        is_ours = path in named or (pattern is not None and pattern.fullmatch(path))
        if not is_ours and not _CACHES.fullmatch(path) and not is_temporary(Path(path).name):
            yield path


def _named(mark: Path) -> tuple[set[str], re.Pattern[str] | None]:
    """The files that an output names, and a pattern for those that it need not name."""
    if mark.name == REPORT_JSON:
        return {REPORT_JSON}, _AUDIT
    try:
        content = json.loads(mark.read_bytes())
        names = {_path(file) for file in content["files"]}
    except (OSError, ValueError, KeyError, TypeError):
        return {mark.name}, _DATASET if mark.name == MANIFEST else None
    return {*names, mark.name, *(_BESIDE if mark.name == MANIFEST else ())}, None


def _path(file: Any) -> str:
    return str(file["path"]) if isinstance(file, dict) else str(file)


def _paths(out: Path) -> Iterator[str]:
    """All files, and links to folders, sorted."""
    for folder, folders, names in os.walk(out):
        folders.sort()
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in sorted([*names, *links]):
            yield Path(folder, name).relative_to(out).as_posix()
