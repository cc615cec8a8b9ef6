"""A commit as a client sends it: lines of JSON, taken as a whole or not at all."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hub_card import problems
from hub_errors import HubError, no_entry, no_revision
from hub_store import Commit, Entry, Repository, git_sha1, pointer
from hub_upload import REGULAR_BYTES, Rules


@dataclass(frozen=True)
class Limits:
    """What the Hub takes at once."""

    commit_large_files: int = 25_000
    commit_regular_bytes: int = 1_000_000_000
    """Of the base64 text in the lines."""
    page: int = 1000
    """Entries of a listing in one answer."""


@dataclass
class Asked:
    """What a client asks for, read from its lines."""

    title: str = ""
    message: str = ""
    parent: str | None = None
    regular: dict[str, bytes] = field(default_factory=dict)
    large: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)
    deleted_folders: list[str] = field(default_factory=list)
    regular_bytes: int = 0


def read_lines(body: bytes) -> Asked:
    """Raises a 400 for lines that are no commit."""
    asked = Asked()
    try:
        for line in body.splitlines():
            item = json.loads(line)
            _take(asked, item["key"], item["value"])
    except (ValueError, KeyError, TypeError, binascii.Error) as error:
        raise HubError(400, f"Not a commit: {type(error).__name__} {error}") from error
    if not asked.title:
        raise HubError(400, "A commit needs a summary")
    return asked


def _take(asked: Asked, key: str, value: Mapping[str, Any]) -> None:
    if key == "header":
        asked.title, asked.message = value["summary"], value.get("description", "")
        asked.parent = value.get("parentCommit")
    elif key == "file":
        asked.regular_bytes += len(value["content"])
        content = value["content"]
        is_base64 = value.get("encoding") == "base64"
        asked.regular[_path(value)] = (
            base64.b64decode(content, validate=True) if is_base64 else content.encode()
        )
    elif key == "lfsFile":
        if value["algo"] != "sha256":
            raise ValueError(f"algorithm {value['algo']!r}")
        asked.large[_path(value)] = (value["oid"], value.get("size"))
    elif key == "deletedFile":
        asked.deleted.append(_path(value))
    elif key == "deletedFolder":
        asked.deleted_folders.append(_path(value).rstrip("/"))
    else:
        raise ValueError(f"line {key!r}")


def _path(value: Mapping[str, Any]) -> str:
    path = value["path"]
    parts = path.rstrip("/").split("/")
    if any(part in ("", ".", "..", ".git") for part in parts):
        raise ValueError(f"path {path!r}")
    return str(path)


def commit(
    repository: Repository, branch: str, asked: Asked, author: str, limits: Limits
) -> Commit:
    """Raises a 412 when the branch is not where the client thinks it is."""
    _check_limits(asked, limits)
    with repository.lock:
        head = repository.branches.get(branch)
        if head is None:
            raise no_revision(branch)
        if asked.parent is not None and not head.startswith(asked.parent):
            raise HubError(412, "A commit has happened since. Please refresh and try again.")
        tree = dict(repository.commit(head).tree)
        _delete(tree, asked, head)
        tree.update(_entries(repository, branch, asked))
        _check_folders(tree)
        return repository.add(branch, tree, (asked.title, asked.message), author)


def _check_limits(asked: Asked, limits: Limits) -> None:
    if len(asked.large) > limits.commit_large_files:
        raise HubError(
            413, f"{len(asked.large)} LFS files in one commit, {limits.commit_large_files} allowed"
        )
    if asked.regular_bytes > limits.commit_regular_bytes:
        raise HubError(
            413,
            f"{asked.regular_bytes} bytes of regular files in one commit, "
            f"{limits.commit_regular_bytes} allowed",
        )


def _delete(tree: dict[str, Entry], asked: Asked, head: str) -> None:
    for path in asked.deleted:
        if path not in tree:
            raise HubError(404, "A file with this name doesn't exist", "EntryNotFound")
        del tree[path]
    for folder in asked.deleted_folders:
        inside = [path for path in tree if path.startswith(f"{folder}/")]
        if not inside:
            raise no_entry(folder, head)
        for path in inside:
            del tree[path]


def _entries(repository: Repository, branch: str, asked: Asked) -> dict[str, Entry]:
    rules = Rules.of(repository, branch)
    entries = {}
    for path, content in asked.regular.items():
        if content and rules.mode(path, len(content), content[:512]) == "lfs":
            why = "larger than 10 MB" if len(content) > REGULAR_BYTES else "binary"
            raise HubError(400, f"Your push was rejected because it contains {why} files: {path}")
        if path == "README.md":
            errors, _ = problems(content.decode(errors="replace"))
            if errors:
                raise HubError(400, "Invalid metadata in README.md: " + "; ".join(errors))
        entries[path] = Entry(repository.keep_blob(content), len(content), None, "")
    missing = [path for path, (oid, _) in asked.large.items() if not _has(repository, oid)]
    if missing:
        raise HubError(
            400,
            "Your push was rejected because an LFS pointer pointed to a file that does not exist. "
            "Offending files: " + ", ".join(missing),
        )
    for path, (oid, said) in asked.large.items():
        size = repository.object(oid).stat().st_size
        if said not in (None, size):
            raise HubError(400, f"{path} has {size} bytes, not {said}")
        entries[path] = Entry(git_sha1(pointer(oid, size)), size, oid, "")
    before = repository.commit(branch).tree
    return {
        path: before[path] if path in before and before[path].oid == entry.oid else entry
        for path, entry in entries.items()
    }


def _has(repository: Repository, oid: str) -> bool:
    return repository.object(oid).is_file()


def _check_folders(paths: Mapping[str, Entry]) -> None:
    """No file may stand where others need a folder."""
    clash = [path for path in paths if any(folder in paths for folder in _folders(path))]
    if clash:
        raise HubError(400, f"A file stands where {clash[0]} needs a folder")


def _folders(path: str) -> Sequence[str]:
    parts = path.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
