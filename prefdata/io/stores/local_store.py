"""A local or mounted folder as a store."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from prefdata.config.section import MIB
from prefdata.errors import (
    ConflictError,
    LockedError,
    OutputError,
    PrefdataError,
    RefusedError,
    RunError,
    UsageError,
)
from prefdata.io.files.atomic import atomic_file, is_temporary, sweep_temporaries, sync_folder
from prefdata.io.files.lock import lock_file, lock_folder
from prefdata.io.stores.store import StoredFile
from prefdata.io.targets.target import LocalFile

_COPY_BYTES = 4 * MIB
_LOCK = ".prefdata.lock"


class LocalStore:
    """A `Store` in which every file is written under a temporary name, synced and renamed."""

    at_once = 1

    def __init__(self, folder: Path) -> None:
        self.name = str(folder)
        self._folder = _home_of(folder).absolute()
        self.folder: Path | None = self._folder
        self.url: str | None = self._folder.as_uri()

    def prepare(self) -> None:
        """Creates the folder; raises RefusedError if it is not writable."""
        with self._errors():
            self._folder.mkdir(parents=True, exist_ok=True)
            probe = self._folder / f".prefdata.tmp-{os.getpid()}"
            probe.write_bytes(b"")
            probe.unlink(missing_ok=True)  # the run that holds the lock may sweep it

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Locks the folder for one run. Raises LockedError if another run holds it."""
        with ExitStack() as held:
            with self._errors():
                self._folder.mkdir(parents=True, exist_ok=True)
                self._lock(held)
                sweep_temporaries(self._folder)
            yield

    def find(self) -> dict[str, StoredFile]:
        """All files by path. Links to folders are not followed; links to files are."""
        files = {}
        with self._errors():
            if self._folder.exists() and not self._folder.is_dir():
                raise RefusedError(f"{self.name} is a file, not a folder: choose another place")
            for place, _, names in os.walk(self._folder, onerror=_raise_unless_absent):
                for name in names:
                    path = Path(place, name)
                    if not is_temporary(name) and path != self._folder / _LOCK:
                        files[path.relative_to(self._folder).as_posix()] = _found(path)
        return files

    def read(self, path: str) -> bytes | None:
        try:
            with self._errors(may_be_absent=True):
                return (self._folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def sha256(self, path: str) -> str | None:
        try:
            with self._errors(may_be_absent=True), (self._folder / path).open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except FileNotFoundError:
            return None

    def put(self, file: LocalFile) -> None:
        """Copies a file. Raises RunError if it has changed since it was staged."""
        place = self._place(file.path)
        with self._errors(place), file.local.open("rb") as source, atomic_file(place) as copy:
            while block := source.read(_COPY_BYTES):
                copy.write(block)
            written = copy.written()
            if (written.bytes, written.sha256) != (file.bytes, file.sha256):
                raise RunError(f"{file.local} was changed while it was published; push it again")

    def write(self, path: str, content: bytes) -> None:
        place = self._place(path)
        with self._errors(place), atomic_file(place, checksum=False) as file:
            file.write(content)

    def delete(self, path: str) -> None:
        place = self._place(path)
        with self._errors(), suppress(FileNotFoundError, NotADirectoryError):
            place.unlink()
            sync_folder(place.parent)

    def tidy(self, folders: frozenset[str]) -> None:
        for folder in folders:
            for place, _, _ in os.walk(self._place(folder), topdown=False):
                with suppress(OSError):  # most are not empty
                    Path(place).rmdir()

    def _place(self, path: str) -> Path:
        """The location of a path. Raises ConflictError if it is outside of the folder."""
        place = self._folder / path
        parts = path.split("/")
        if place.is_absolute() and not {"", ".", ".."} & {*parts}:
            links = [above for above in place.parents if self._folder in above.parents]
            link = next((above for above in links if above.is_symlink()), None)
            if link is None:
                return place
            raise ConflictError(
                f"{link} is a link to another folder, and nothing is published through it. Remove "
                "the link, or choose another place."
            )
        raise ConflictError(f"{path!r} is no path inside {self.name}")

    def _lock(self, held: ExitStack) -> None:
        # The lock file is beside the folder, so that the folder holds published files only. If only
        # the folder is writable, it is inside, and removed with the lock.
        try:
            held.enter_context(lock_folder(self._folder))
        except Timeout as error:
            raise self._locked() from error
        except OSError:
            try:
                held.enter_context(lock_file(self._folder / _LOCK))
            except Timeout as error:
                raise self._locked() from error

    def _locked(self) -> LockedError:
        return LockedError(f"another run is working on {self.name}. Push when that has ended.")

    @contextmanager
    def _errors(self, place: Path | None = None, *, may_be_absent: bool = False) -> Iterator[None]:
        """Converts errors; FileNotFoundError is passed on if the file may be absent."""
        place = place or self._folder
        try:
            yield
        except PrefdataError:
            raise
        except FileNotFoundError as error:
            if may_be_absent:
                raise
            raise OutputError(
                f"{error.filename or place} is not there, or cannot be made there. Push again if "
                "it was taken away meanwhile, or choose another place."
            ) from error
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise ConflictError(
                f"{place} cannot be written: a file is where a folder has to be, or a folder where "
                "a file has to be. Move it, or choose another place."
            ) from error
        except OSError as error:
            if isinstance(error, PermissionError) or error.errno == errno.EROFS:
                raise RefusedError(
                    f"{error.filename or place}: {error.strerror}. Let yourself write there, or "
                    "choose another place."
                ) from error
            raise OutputError(f"cannot write {place}: {error.strerror or error}") from error


def _home_of(folder: Path) -> Path:
    try:
        return folder.expanduser()
    except RuntimeError as error:
        user = folder.parts[0]
        raise UsageError(
            f"{folder} begins with the home of a user, and {user[1:] or 'this one'} has none here. "
            f"Write the whole path, or ./{folder} for a folder of that name."
        ) from error


def _found(path: Path) -> StoredFile:
    try:
        entry = path.stat()
    except OSError:  # a dangling link
        entry = path.lstat()
    size = entry.st_size if stat.S_ISREG(entry.st_mode) else 0
    mark = f"{entry.st_ino} {entry.st_mtime_ns}"
    return StoredFile(bytes=size, modified=entry.st_mtime_ns / 1e9, mark=mark)


def _raise_unless_absent(error: OSError) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error
