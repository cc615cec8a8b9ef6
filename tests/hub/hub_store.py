"""Repositories on disk: git blobs, large objects, commits with their trees, branches and tags."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hub_errors import HubError, no_entry, no_repository, no_revision

_NAME = re.compile(r"(?!.*(?:--|\.\.))[A-Za-z0-9][\w.-]{0,94}(?<![.-])(?<!\.git)", re.ASCII)
_REFERENCE = re.compile(
    r"(?!.*(?:\.\.|//|@\{|\.lock$))[^\s~^:?*\[\\\x00-\x1f/.-][^\s~^:?*\[\\\x7f]*"
)
_OBJECT = re.compile(r"[0-9a-f]{64}")
_LARGE = """
7z arrow avro bin bz2 ckpt ftz gz h5 joblib lz4 model msgpack npy npz onnx parquet pb pt pth rar
safetensors tar tgz wasm xz zip zst
"""
INITIAL_ATTRIBUTES = "".join(
    f"*.{ending} filter=lfs diff=lfs merge=lfs -text\n" for ending in _LARGE.split()
).encode()


@dataclass(frozen=True)
class Entry:
    """A file in a tree. `sha256` is of large files, whose blob (`oid`) is a pointer."""

    oid: str
    size: int
    sha256: str | None
    commit: str
    """The commit that last changed it."""


@dataclass(frozen=True)
class Commit:
    id: str
    parent: str | None
    title: str
    message: str
    author: str
    date: str
    tree: Mapping[str, Entry] = field(repr=False)

    def entry(self, path: str) -> Entry:
        if path not in self.tree:
            raise no_entry(path, self.id)
        return self.tree[path]


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def git_sha1(content: bytes, kind: str = "blob") -> str:
    return hashlib.sha1(f"{kind} {len(content)}\0".encode() + content).hexdigest()


def pointer(sha256: str, size: int) -> bytes:
    version = "version https://git-lfs.github.com/spec/v1"
    return f"{version}\noid sha256:{sha256}\nsize {size}\n".encode()


class Repository:
    """One repository in a folder; `lock` is held while references move."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder, self.name = folder, name
        self.lock = threading.RLock()
        self._commits: dict[str, Commit] = {}
        self._state: dict[str, Any] = json.loads((folder / "state.json").read_text())

    @classmethod
    def create(cls, folder: Path, name: str, *, private: bool, author: str) -> Repository:
        for part in ("blobs", "objects", "commits"):
            (folder / part).mkdir(parents=True)
        state = {"private": private, "created": now(), "branches": {}, "tags": {}}
        _write(folder / "state.json", json.dumps(state).encode())
        made = cls(folder, name)
        attributes = Entry(made.keep_blob(INITIAL_ATTRIBUTES), len(INITIAL_ATTRIBUTES), None, "")
        made.add("main", {".gitattributes": attributes}, ("initial commit", ""), author)
        return made

    @property
    def is_private(self) -> bool:
        return bool(self._state["private"])

    @property
    def created(self) -> str:
        return str(self._state["created"])

    @property
    def branches(self) -> dict[str, str]:
        return dict(self._state["branches"])

    @property
    def tags(self) -> dict[str, str]:
        return dict(self._state["tags"])

    def make_private(self, *, private: bool) -> None:
        with self.lock:
            self._state["private"] = private
            self._save()

    def add(
        self, branch: str, tree: Mapping[str, Entry], words: tuple[str, str], author: str
    ) -> Commit:
        """A commit on top of the branch; entries without a commit are those it changes."""
        with self.lock:
            parent = self._state["branches"].get(branch)
            facts = {
                "parent": parent,
                "title": words[0],
                "message": words[1],
                "author": author,
                "date": now(),
            }
            listing = {path: (entry.oid, entry.size) for path, entry in sorted(tree.items())}
            text = json.dumps([facts, listing], sort_keys=True).encode()
            id_ = git_sha1(text, "commit")
            own = {
                path: entry if entry.commit else Entry(entry.oid, entry.size, entry.sha256, id_)
                for path, entry in sorted(tree.items())
            }
            made = Commit(id_, tree=own, **facts)
            _write(self.folder / "commits" / f"{id_}.json", json.dumps(asdict(made)).encode())
            self._commits[id_] = made
            self._state["branches"][branch] = id_
            self._save()
            return made

    def commit(self, revision: str) -> Commit:
        """A branch, a tag or the full name of a commit."""
        name = revision.removeprefix("refs/heads/").removeprefix("refs/tags/")
        with self.lock:
            id_ = self.branches.get(name) or self.tags.get(name) or name
            if id_ not in self._commits:
                path = self.folder / "commits" / f"{id_}.json"
                if not re.fullmatch(r"[0-9a-f]{40}", id_) or not path.is_file():
                    raise no_revision(revision)
                facts = json.loads(path.read_text())
                tree = {name: Entry(**entry) for name, entry in facts.pop("tree").items()}
                self._commits[id_] = Commit(tree=tree, **facts)
            return self._commits[id_]

    def history(self, revision: str) -> Iterator[Commit]:
        at: str | None = revision
        while at is not None:
            commit = self.commit(at)
            yield commit
            at = commit.parent

    def refer(self, kind: str, name: str, revision: str) -> None:
        """A new branch or tag; one that is there is a conflict."""
        if not _REFERENCE.fullmatch(name) or name.endswith(("/", ".")):
            raise HubError(400, f"Invalid reference name: {name!r}")
        with self.lock:
            target = self.commit(revision).id
            if name in self._state[kind]:
                raise HubError(409, f"Reference already exists: {name}")
            self._state[kind][name] = target
            self._save()

    def forget(self, kind: str, name: str) -> None:
        with self.lock:
            if name not in self._state[kind]:
                raise no_revision(name)
            if (kind, name) == ("branches", "main"):
                raise HubError(403, "The main branch cannot be deleted")
            del self._state[kind][name]
            self._save()

    def keep_blob(self, content: bytes) -> str:
        oid = git_sha1(content)
        _write(self.folder / "blobs" / oid, content)
        return oid

    def object(self, sha256: str) -> Path:
        """Where a large object is, or would be."""
        if not _OBJECT.fullmatch(sha256):
            raise HubError(422, f"Not a SHA-256: {sha256!r}")
        return self.folder / "objects" / sha256

    def content(self, entry: Entry) -> Path:
        return self.object(entry.sha256) if entry.sha256 else self.folder / "blobs" / entry.oid

    def read(self, path: str, revision: str = "main") -> bytes:
        return self.content(self.commit(revision).entry(path)).read_bytes()

    def files(self, revision: str = "main") -> dict[str, bytes]:
        """All there is in a revision: what tests compare."""
        return {path: self.read(path, revision) for path in self.commit(revision).tree}

    def _save(self) -> None:
        _write(self.folder / "state.json", json.dumps(self._state).encode())


class Store:
    """The repositories of datasets under one folder, also those of an earlier run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._lock = threading.Lock()
        self._repositories: dict[str, Repository] = {}
        self.moved: dict[str, str] = {}
        """Old names to new ones, as long as the server runs."""
        self.load()

    def load(self) -> None:
        """Takes in the repositories that are on disk."""
        for state in sorted(self.root.glob("datasets/*/*/state.json")):
            name = f"{state.parent.parent.name}/{state.parent.name}"
            with self._lock:
                self._repositories[name] = Repository(state.parent, name)

    def find(self, name: str) -> Repository | None:
        with self._lock:
            return self._repositories.get(name)

    def get(self, name: str) -> Repository:
        found = self.find(name)
        if found is None:
            raise no_repository()
        return found

    def create(self, name: str, *, private: bool = False, author: str = "nobody") -> Repository:
        namespace, _, own = name.partition("/")
        if not (_NAME.fullmatch(namespace) and _NAME.fullmatch(own)):
            raise HubError(400, f"Invalid repository name: {name!r}")
        with self._lock:
            if name in self._repositories:
                raise HubError(409, "You already created this dataset repo")
            folder = self.root / "datasets" / namespace / own
            made = Repository.create(folder, name, private=private, author=author)
            self._repositories[name] = made
            return made

    def move(self, name: str, to: str) -> None:
        """The old name leads to the new one from now on."""
        private = self.get(name).is_private
        made, left = self.create(to, private=private), self.get(name)
        shutil.rmtree(made.folder)
        left.folder.rename(made.folder)
        with self._lock:
            self._repositories[to] = Repository(made.folder, to)
            del self._repositories[name]
            self.moved[name] = to

    def delete(self, name: str) -> None:
        gone = self.get(name)
        with self._lock:
            del self._repositories[name]
        shutil.rmtree(gone.folder)


def _write(path: Path, content: bytes) -> None:
    half = path.with_name(f"{path.name}.{threading.get_ident()}.half")
    half.write_bytes(content)
    half.replace(path)
