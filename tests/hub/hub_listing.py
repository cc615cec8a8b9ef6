"""Repositories, trees and commits in the JSON that clients expect."""

from __future__ import annotations

import json
from typing import Any

from hub_card import metadata
from hub_errors import no_entry
from hub_store import Commit, Entry, Repository, git_sha1, pointer

Json = dict[str, Any]


def info(repository: Repository, commit: Commit, *, with_blobs: bool) -> Json:
    """What `dataset_info` reads."""
    card = {}
    if "README.md" in commit.tree:
        text = repository.content(commit.tree["README.md"]).read_text(errors="replace")
        card = metadata(text)
    return {
        "_id": git_sha1(repository.name.encode())[:24],
        "id": repository.name,
        "author": repository.name.split("/")[0],
        "sha": commit.id,
        "lastModified": commit.date,
        "createdAt": repository.created,
        "private": repository.is_private,
        "gated": False,
        "disabled": False,
        "downloads": 0,
        "likes": 0,
        "tags": _tags(card),
        "cardData": json.loads(json.dumps(card, default=str)),
        "siblings": [_sibling(path, entry, with_blobs) for path, entry in commit.tree.items()],
    }


def _tags(card: Json) -> list[str]:
    named = [
        ("license", "license"),
        ("language", "language"),
        ("size_categories", "size_categories"),
    ]
    tags = []
    for key, prefix in named:
        value = card.get(key) or []
        tags += [f"{prefix}:{item}" for item in (value if isinstance(value, list) else [value])]
    return tags + list(card.get("tags") or [])


def _sibling(path: str, entry: Entry, with_blobs: bool) -> Json:
    if not with_blobs:
        return {"rfilename": path}
    lfs = {"lfs": _large(entry, "sha256")} if entry.sha256 else {}
    return {"rfilename": path, "size": entry.size, "blobId": entry.oid, **lfs}


def _large(entry: Entry, key: str) -> Json:
    assert entry.sha256 is not None
    length = len(pointer(entry.sha256, entry.size))
    return {key: entry.sha256, "size": entry.size, "pointerSize": length}


def tree(
    repository: Repository, commit: Commit, folder: str, *, recursive: bool, expand: bool
) -> list[Json]:
    """Files and folders below a folder, by path. Raises a 404 for a folder that is not there."""
    root = f"{folder.strip('/')}/" if folder.strip("/") else ""
    below = [path for path in commit.tree if path.startswith(root)]
    if root and not below:
        raise no_entry(folder, commit.id)
    found: dict[str, Json] = {}
    for path in below:
        parts = path[len(root) :].split("/")
        ends = range(1, len(parts)) if recursive else range(1, min(2, len(parts)))
        for end in ends:
            inner = root + "/".join(parts[:end])
            found.setdefault(inner, _folder(repository, commit, inner, expand))
        if recursive or len(parts) == 1:
            found[path] = _file(repository, path, commit.tree[path], expand)
    return [found[path] for path in sorted(found)]


def paths(repository: Repository, commit: Commit, asked: list[str], *, expand: bool) -> list[Json]:
    """The named files and folders; those that are not there are left out."""
    found = []
    for path in (path.strip("/") for path in asked):
        if path in commit.tree:
            found.append(_file(repository, path, commit.tree[path], expand))
        elif any(inner.startswith(f"{path}/") for inner in commit.tree):
            found.append(_folder(repository, commit, path, expand))
    return found


def _file(repository: Repository, path: str, entry: Entry, expand: bool) -> Json:
    made: Json = {"type": "file", "oid": entry.oid, "size": entry.size, "path": path}
    if entry.sha256:
        made["lfs"] = _large(entry, "oid")
    if expand:
        made["lastCommit"] = _last(repository, entry.commit)
        made["securityFileStatus"] = {"status": "safe", "avScan": None, "pickleImportScan": None}
    return made


def _folder(repository: Repository, commit: Commit, path: str, expand: bool) -> Json:
    inside = {p: e for p, e in commit.tree.items() if p.startswith(f"{path}/")}
    listing = "".join(f"{p} {e.oid}\n" for p, e in inside.items())
    made: Json = {
        "type": "directory",
        "oid": git_sha1(listing.encode(), "tree"),
        "size": 0,
        "path": path,
    }
    if expand:
        dates = [repository.commit(entry.commit) for entry in inside.values()]
        made["lastCommit"] = _last(repository, max(dates, key=lambda made: made.date).id)
    return made


def _last(repository: Repository, id_: str) -> Json:
    commit = repository.commit(id_)
    return {"id": commit.id, "title": commit.title, "date": commit.date}


def history(repository: Repository, revision: str) -> list[Json]:
    """Commits, newest first."""
    return [
        {
            "id": commit.id,
            "title": commit.title,
            "message": commit.message,
            "authors": [{"user": commit.author}],
            "date": commit.date,
        }
        for commit in repository.history(revision)
    ]


def references(repository: Repository) -> Json:
    def listed(names: dict[str, str], kind: str) -> list[Json]:
        return [
            {"name": name, "ref": f"refs/{kind}/{name}", "targetCommit": id_}
            for name, id_ in names.items()
        ]

    return {
        "branches": listed(repository.branches, "heads"),
        "tags": listed(repository.tags, "tags"),
        "converts": [],
        "pullRequests": [],
    }
