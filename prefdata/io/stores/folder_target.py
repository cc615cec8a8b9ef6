"""Publishing to a folder, or to any file system of fsspec, with the guarantees that it allows.

A file system has no commits. Instead the order matters: the old manifest is removed first and the
new one written last, so that an incomplete copy is recognised by its missing manifest. Every file
appears complete or not at all, and the next push resumes one that was killed.

Limits: until the manifest is written, readers see old and new files side by side, and notice only
if they check for the manifest. Pushes to the same folder of a machine lock each other out; on an
object store concurrent pushes cannot be prevented. There, reading back detects a mix for the push
that is read back: of several concurrent pushes, the last one is complete if it reports success.
There are no branches, tags and messages, and no history. If a push is killed, parts of a large file
on an object store are invisible but may be billed, until a lifecycle rule of the bucket removes
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from prefdata.config.push import PushConfig
from prefdata.errors import IntegrityError, LockedError, UsageError
from prefdata.io.bytes.file_systems import shown_url
from prefdata.io.stores.open_store import open_store
from prefdata.io.stores.store import StoredFile
from prefdata.io.targets.changes import (
    FOLDERS,
)
from prefdata.io.targets.each import each
from prefdata.io.targets.target import (
    Changes,
    LocalFile,
    MovedError,
    Progress,
    Published,
    RemoteFile,
    Say,
    TargetState,
)
from prefdata.io.targets.unfinished import UNFINISHED, note_of, parse_manifest
from prefdata.results.layout import (
    CARD,
    MANIFEST,
    MANIFEST_CHECKSUM,
)
from prefdata.results.manifest import Manifest

_SHOWN = 5


@dataclass(frozen=True)
class FolderState(TargetState):
    """The state of a folder, with the stored files as they were listed, to detect changes."""

    stored: Mapping[str, StoredFile] = field(default_factory=dict)


class FolderTarget:
    """A folder (`./name`, `file://...`) or an fsspec URL (`s3://...`) as a target.

    `say` gets messages for people, for example about waits.
    """

    def __init__(self, where: str, config: PushConfig, *, say: Say = lambda message: None) -> None:
        _refuse_options(where, config)
        self.store = open_store(where, patience=config.patience, say=say)
        self._before: Mapping[str, StoredFile] = {}

    @property
    def name(self) -> str:
        return self.store.name

    @property
    def folder(self) -> Path | None:
        """The path of a local or mounted folder, else None."""
        return self.store.folder

    @property
    def branch(self) -> None:
        """None: folders have no branches."""

    def state(self, wanted: Sequence[LocalFile]) -> FolderState:
        """The files that are there: sizes by listing, checksums by manifest or from the bytes.

        The manifest is trusted for a file of the same size that is not newer than the manifest.
        """
        stored = self.store.find()
        known = self._known(stored)
        unknown = [
            file.path
            for file in wanted
            if file.path in stored
            and file.path not in known
            and stored[file.path].bytes == file.bytes
        ]
        known |= dict(each(unknown, self.store.sha256, at_once=self.store.at_once))
        files = {
            path: RemoteFile(path, file.bytes, known.get(path))
            for path, file in stored.items()
            if path != UNFINISHED
        }
        return FolderState(exists=bool(files), files=files, stored=stored)

    def read(self, path: str, state: TargetState) -> bytes | None:
        """The content of a small file; for a manifest that a killed push removed, its note."""
        if path in state.files:
            return self.store.read(path)
        if path == MANIFEST and isinstance(state, FolderState) and UNFINISHED in state.stored:
            return self.store.read(UNFINISHED)
        return None

    def prepare(self, state: TargetState) -> tuple[str, ...]:
        """Creates the folder, and tests whether files can be written and deleted there."""
        self.store.prepare()
        return ()

    def publish(
        self, changes: Changes, state: TargetState, message: str, progress: Progress
    ) -> Published:
        """Makes the changes in an order that lets a killed push be detected and resumed.

        The order: write a note of our files; delete the manifest; send the data, several files at
        a time, and the card; delete stale files; write the manifest; delete the note.
        """
        with self.store.hold():
            stored = self.store.find()
            if isinstance(state, FolderState) and stored != state.stored:
                raise MovedError(f"{self.name} was changed meanwhile")
            self._before = stored
            if not changes.is_empty:
                self._change(changes, stored, progress)
            elif UNFINISHED in stored:  # killed when everything else was done
                self.store.delete(UNFINISHED)
            self.store.tidy(frozenset(FOLDERS))
        return Published(head=None, url=self.store.url)

    def tag(self, published: Published) -> None:
        """Does nothing: folders have no tags, and `__init__` refuses them."""

    def read_back(self, changes: Changes, published: Published, progress: Progress) -> int:
        """Hashes the files that were sent, and compares all others by the listing.

        Raises IntegrityError with the files that differ, or that somebody else added meanwhile.
        Then our manifest is removed, since it no longer describes the content.
        """
        stored = self.store.find()
        wanted = {file.path: file for file in (*changes.send, *changes.same)}
        problems = {path: "is missing" for path in wanted if path not in stored}
        for path, file in wanted.items():
            if path in stored and stored[path].bytes != file.bytes:
                problems[path] = f"has {stored[path].bytes:,} bytes instead of {file.bytes:,}"
        for path in _strangers(stored, {*wanted}, {*self._before} - {*changes.delete}):
            problems[path] = "was put there by somebody else meanwhile, or is stale"
        suspects = {file.path for file in changes.send}
        suspects |= {file.path for file in changes.same if self._is_rewritten(file.path, stored)}
        files = [wanted[path] for path in sorted(suspects) if path not in problems]
        problems |= self._other_bytes(files, progress)
        if problems:
            self._take_back(wanted.get(MANIFEST))
            raise IntegrityError(_differences(self.name, problems))
        return len(wanted)

    def _take_back(self, file: LocalFile | None) -> None:
        """Replaces our manifest by a note; a manifest of another push is not touched."""
        if file is None:
            return
        with (
            suppress(LockedError),
            self.store.hold(),
        ):  # a push that holds the lock removes it as well
            if self.store.sha256(MANIFEST) == file.sha256:
                self.store.write(UNFINISHED, file.local.read_bytes())
                self.store.delete(MANIFEST)

    def _known(self, stored: Mapping[str, StoredFile]) -> dict[str, str | None]:
        """Checksums by path from the manifest there, for files for which it can be trusted."""
        manifest = self._manifest(MANIFEST, stored)
        if manifest is None:
            return {}
        written = stored[MANIFEST].modified
        return {
            entry.path: entry.sha256
            for entry in manifest.files
            if entry.path in stored
            and stored[entry.path].bytes == entry.bytes
            and not _is_younger(stored[entry.path].modified, written)
        }

    def _manifest(self, path: str, stored: Mapping[str, StoredFile]) -> Manifest | None:
        """The manifest at a path; None if there is none, or it is not one of prefdata."""
        content = self.store.read(path) if path in stored else None
        return None if content is None else parse_manifest(content)

    def _change(
        self, changes: Changes, stored: Mapping[str, StoredFile], progress: Progress
    ) -> None:
        """Makes the changes; the manifest is sent even if unchanged, since it was deleted."""
        last = [file for file in (*changes.send, *changes.same) if file.path == MANIFEST]
        around = (CARD, MANIFEST_CHECKSUM)
        card = [file for file in changes.send if file.path in around]
        data = [file for file in changes.send if file.path not in (*around, MANIFEST)]
        before = self._manifest(MANIFEST, stored) or self._manifest(UNFINISHED, stored)
        note = note_of(before, [parse_manifest(file.local.read_bytes()) for file in last])
        if note is not None:
            self.store.write(UNFINISHED, note)
        with self._half():
            if MANIFEST in stored:
                self.store.delete(MANIFEST)
            total = sum(file.bytes for file in (*data, *card, *last))
            done = self._send(data, 0, total, progress)
            done = self._send(card, done, total, progress)
            stale = [path for path in changes.delete if path in stored and path != MANIFEST]
            for _ in each(stale, self.store.delete, at_once=self.store.at_once):
                pass
            self._send(last, done, total, progress)
        if note is not None:
            self.store.delete(UNFINISHED)

    @contextmanager
    def _half(self) -> Iterator[None]:
        """Adds a note on the incomplete state to errors that stop a push in the middle."""
        try:
            yield
        except BaseException as error:
            error.add_note(
                f"{self.name} is published in part, and has no manifest.json until a push is done"
            )
            raise

    def _send(self, files: Sequence[LocalFile], done: int, total: int, progress: Progress) -> int:
        """Sends files and reports progress; returns the bytes sent so far, `done` included."""
        progress("upload", done, total)
        for file, _ in each(files, self.store.put, at_once=self.store.at_once):
            done += file.bytes
            progress("upload", done, total)
        return done

    def _other_bytes(self, files: Sequence[LocalFile], progress: Progress) -> dict[str, str]:
        done, total, problems = 0, sum(file.bytes for file in files), {}
        progress("read back", done, total)
        store = self.store
        for file, read in each(files, lambda f: store.sha256(f.path), at_once=store.at_once):
            done += file.bytes
            progress("read back", done, total)
            if read != file.sha256:
                problems[file.path] = "holds other bytes than were sent"
        return problems

    def _is_rewritten(self, path: str, stored: Mapping[str, StoredFile]) -> bool:
        """Whether a file that should be unchanged was written meanwhile, by anybody."""
        before, now = self._before.get(path), stored.get(path)
        return before is not None and now is not None and before.mark != now.mark


def _is_younger(modified: float | None, than: float | None) -> bool:
    return modified is not None and than is not None and modified > than


def _strangers(stored: Mapping[str, StoredFile], wanted: set[str], known: set[str]) -> list[str]:
    """Files in our folders that we did not send and that were not there before."""
    folders = {*FOLDERS, *(path.partition("/")[0] for path in wanted)}
    new = stored.keys() - wanted - known
    return sorted(path for path in new if "/" in path and path.partition("/")[0] in folders)


def _differences(name: str, problems: Mapping[str, str]) -> str:
    shown = [f"{path} {problem}" for path, problem in sorted(problems.items())]
    more = f" and {len(shown) - _SHOWN:,} more" if len(shown) > _SHOWN else ""
    return (
        f"{name} does not hold what was published: {'; '.join(shown[:_SHOWN])}{more}. Another push "
        "may have run at the same time, or the place does not keep what it is given. Push again "
        "when no other push runs."
    )


def _refuse_options(where: str, config: PushConfig) -> None:
    asked = {
        "--private": config.private,
        "--branch": config.branch != "main",
        "--revision": config.revision is not None,
        "--tag": config.tag is not None,
    }
    if refused := [option for option, is_asked in asked.items() if is_asked]:
        raise UsageError(
            f"{shown_url(where)} is no repository of the Hub, and knows no {', '.join(refused)}: "
            "leave that away, or push to ORG/NAME."
        )
