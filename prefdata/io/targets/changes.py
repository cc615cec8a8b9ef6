"""Computing the changes that make a target hold exactly one publication."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from prefdata.config.push import PARTS
from prefdata.errors import ConflictError
from prefdata.io.targets.target import Changes, LocalFile, RemoteFile, TargetState
from prefdata.results.layout import CARD, DATA, MANIFEST, MANIFEST_CHECKSUM, REWARD_MODEL
from prefdata.results.manifest import Manifest

FOLDERS = (DATA, *PARTS, REWARD_MODEL)
"""The folders of all published files except the card, and the manifest and its checksum."""

_SHOWN = 5


def changes(
    wanted: Sequence[LocalFile], state: TargetState, previous: Manifest | None, *, replace: bool
) -> Changes:
    """The changes from `state` to a target that holds `wanted` and no stale files.

    `previous`: the manifest of prefdata on the target; None if there is none or it cannot be read.
    Files that it names and that are no longer wanted are deleted. Other files belong to somebody
    else: they are kept, but raise ConflictError if they would be read as a part of the dataset or
    overwritten, unless `replace` is set. Nothing outside of `FOLDERS` is ever deleted.
    """
    own = {MANIFEST, MANIFEST_CHECKSUM}
    named = {entry.path for entry in previous.files} | own if previous else set()
    same = {file.path for file in wanted if _is_same(file, state.files.get(file.path))}
    paths = {file.path for file in wanted}
    taken = {DATA} | {folder_of(path) for path in (*named, *paths)} - {None}
    stale = sorted(path for path in {*state.files} - paths if folder_of(path) in taken)
    # a push that was stopped has taken the manifest away first, and left its checksum
    left = {CARD} if MANIFEST in state.files else {CARD, MANIFEST_CHECKSUM}
    if not replace:
        _refuse_foreign(({*stale} | paths & {*state.files}) - same - named - left)
    return Changes(
        send=tuple(file for file in wanted if file.path not in same),
        same=tuple(file for file in wanted if file.path in same),
        delete=tuple(stale),
    )


def folder_of(path: str) -> str | None:
    """The one of `FOLDERS` that holds a published path; None for others and for hidden names.

    >>> folder_of("data/train-00000-of-00001.parquet"), folder_of("data/../LICENSE")
    ('data', None)
    """
    first, *others = path.split("/")
    is_plain = bool(others) and not any(part.startswith(".") or not part for part in others)
    return first if first in FOLDERS and is_plain and "\\" not in path else None


def git_sha1(file: LocalFile) -> str:
    """The SHA-1 by which git identifies the content of a file."""
    digest = hashlib.sha1(b"blob %d\0" % file.bytes, usedforsecurity=False)
    with file.local.open("rb") as content:
        while block := content.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def _is_same(file: LocalFile, there: RemoteFile | None) -> bool:
    """Whether the target is known to hold the same content."""
    if there is None or there.bytes != file.bytes:
        return False
    if there.sha256 is not None:
        return there.sha256 == file.sha256
    return there.git_sha1 is not None and there.git_sha1 == git_sha1(file)


def _refuse_foreign(paths: Iterable[str]) -> None:
    """Raises ConflictError if there are any paths."""
    foreign = sorted(paths)
    if not foreign:
        return
    shown = ", ".join(path if path.isprintable() else repr(path) for path in foreign[:_SHOWN])
    more = f" and {len(foreign) - _SHOWN:,} more" if len(foreign) > _SHOWN else ""
    raise ConflictError(
        f"files are there that no manifest of prefdata there names: {shown}{more}. Nothing was "
        "changed. Publish to another place, move them, or pass --replace: then they are deleted "
        "or written over."
    )
