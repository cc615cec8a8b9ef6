"""An object store, or any other file system of fsspec, as a store."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from prefdata.config.section import MIB
from prefdata.errors import RunError, UsageError
from prefdata.io.bytes.file_systems import open_file_system, scheme_of, shown_url
from prefdata.io.files.atomic import is_temporary
from prefdata.io.files.scratch import scratch_folder
from prefdata.io.stores.remote_errors import is_answer, remote_failure
from prefdata.io.stores.store import StoredFile
from prefdata.io.targets.retry import Contact, Transient, with_retries
from prefdata.io.targets.target import LocalFile, Say

T = TypeVar("T")

_READ_BYTES = 4 * MIB
_SILENCE_SECONDS = 60.0
"""How long an object store may say nothing to one request at most."""

_WHOLE_OR_NOT = frozenset(
    {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "adl", "oss", "oci", "r2", "memory"}
)
"""Schemes of stores in which an object appears only when it is complete."""

BUCKETS = _WHOLE_OR_NOT - {"memory"}

_MARKS = (
    "ETag", "etag", "md5Hash", "generation", "VersionId", "checksum", "ino", "mtime",
    "LastModified", "last_modified", "updated", "modified", "modify", "modificationTime",
    "last_write_time", "created",
)  # fmt: skip
"""Names of the fields in which file systems report a value that changes with the content."""

_TIMES = (
    "LastModified", "mtime", "last_modified", "updated", "modified", "modificationTime",
    "last_write_time", "created",
)  # fmt: skip


class RemoteStore:
    """A `Store` without locks: concurrent pushes may mix."""

    def __init__(self, url: str, *, at_once: int, patience: float, say: Say) -> None:
        self.name = shown_url(url)
        self.url: str | None = self.name
        self.folder: Path | None = None
        self.at_once = at_once
        self._url = url
        self._patience = patience
        self._say = say
        self._is_atomic = scheme_of(url) in _WHOLE_OR_NOT
        self._connection: tuple[Any, str] | None = None
        self._contact = Contact()
        self._silence = 0.0

    def prepare(self) -> None:
        """Writes an empty file and deletes it, to test the permissions that a push needs."""
        probe = f".prefdata.tmp-{random.getrandbits(40)}"
        self.write(probe, b"")
        self.delete(probe)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Locks nothing: these stores have no locks that end with a killed run."""
        for path in self._find():
            if is_temporary(path.rpartition("/")[2]):
                self.delete(path)
        yield

    def find(self) -> dict[str, StoredFile]:
        files = self._find()
        return {
            path: file for path, file in files.items() if not is_temporary(path.rpartition("/")[2])
        }

    def read(self, path: str) -> bytes | None:
        return self._there(f"reading {path}", lambda: b"".join(self._blocks(path)))

    def sha256(self, path: str) -> str | None:
        return self._there(f"reading {path}", lambda: _digest(self._blocks(path)))

    def put(self, file: LocalFile) -> None:
        """Sends a file. Raises RunError if it has changed since it was staged."""
        if file.local.stat().st_size != file.bytes:
            raise RunError(f"{file.local} was changed while it was published; push it again")
        self._tried(f"sending {file.path}", lambda: self._send(file.local, file.path))

    def write(self, path: str, content: bytes) -> None:
        with scratch_folder() as folder:
            local = folder / "content"
            local.write_bytes(content)
            self._tried(f"writing {path}", lambda: self._send(local, path))

    def delete(self, path: str) -> None:
        def delete() -> None:
            system, root = self._opened()
            try:
                system.rm_file(f"{root}/{path}")
            except Exception:  # a retry may find that the first attempt succeeded
                if _is_there(system, f"{root}/{path}"):
                    raise

        self._tried(f"deleting {path}", delete)

    def tidy(self, folders: frozenset[str]) -> None:
        """Does nothing: object stores have no folders, and empty ones elsewhere are harmless."""

    def _find(self) -> dict[str, StoredFile]:
        def listing() -> tuple[Mapping[str, Mapping[str, Any]], str]:
            system, root = self._opened()
            system.invalidate_cache()
            with suppress(FileNotFoundError):
                return system.find(root, detail=True), root.strip("/")
            return {}, root.strip("/")

        listed, root = self._tried("listing", listing)
        files = {path.lstrip("/"): info for path, info in listed.items()}
        if list(files) == [root] and files[root].get("type") == "file":
            raise UsageError(f"{self.name} is a file, not a folder: choose another place")
        inside = f"{root}/" if root else ""
        return {
            path.removeprefix(inside): _found(info)
            for path, info in files.items()
            if info.get("type") != "directory" and path.startswith(inside)
        }

    def _send(self, local: Path, path: str) -> None:
        system, root = self._opened()
        place = f"{root}/{path}"
        if self._is_atomic:
            system.put_file(str(local), place)
            return
        folder, _, name = place.rpartition("/")
        temporary = f"{folder}/.{name}.tmp-{random.getrandbits(40)}"
        system.makedirs(folder, exist_ok=True)
        system.put_file(str(local), temporary)  # if this fails, the next push removes it
        if _is_there(system, place):  # not every file system can rename onto a file
            system.rm_file(place)
        system.mv(temporary, place)

    def _blocks(self, path: str) -> Iterator[bytes]:
        system, root = self._opened()
        system.invalidate_cache()  # a cached size would cut the file
        with system.open(f"{root}/{path}", "rb") as file:
            while block := file.read(_READ_BYTES):
                yield block

    def _opened(self) -> tuple[Any, str]:
        """The file system and the folder in it; reconnects if the connection was lost."""
        if self._connection is None:
            self._silence = self._contact.silence(_SILENCE_SECONDS, self._patience)
            system, path = open_file_system(
                self._url, silence=self._silence, skip_instance_cache=True
            )
            self._connection = system, path.rstrip("/")
        return self._connection

    def _there(self, what: str, call: Callable[[], T]) -> T | None:
        def called() -> T | None:
            try:
                return call()
            except FileNotFoundError:
                return None

        return self._tried(what, called)

    def _tried(self, what: str, call: Callable[[], T]) -> T:
        def classify(error: Exception) -> Transient | Exception:
            failure = remote_failure(error, self.name, self._url, self._silence)
            self._contact.has_answered |= not isinstance(failure, Transient) or is_answer(error)
            if isinstance(failure, Transient):
                self._connection = None
            return failure

        def answered() -> T:
            result = call()
            self._contact.has_answered = True
            return result

        return with_retries(
            answered,
            what=f"{self.name}: {what}",
            patience=self._patience,
            classify=classify,
            say=self._say,
            contact=self._contact,
        )


def _is_there(system: Any, place: str) -> bool:
    system.invalidate_cache()
    try:
        system.info(place)
    except FileNotFoundError:
        return False
    return True


def _digest(blocks: Iterator[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()


def _found(info: Mapping[str, Any]) -> StoredFile:
    mark = " ".join(str(info[name]) for name in _MARKS if info.get(name) is not None)
    time = next((info[name] for name in _TIMES if info.get(name) is not None), None)
    if isinstance(time, datetime):
        time = time.timestamp()
    modified = float(time) if isinstance(time, int | float) else None
    return StoredFile(bytes=int(info.get("size") or 0), modified=modified, mark=mark)
