"""Publishing to a folder, or to whatever fsspec opens: the same guarantees, as far as it goes.

A file system has no commit. What takes its place is an order: the manifest there goes first and
the new one comes last, so that a copy which is only half made can be told by what it lacks. Every
file appears whole or not at all, and a push that was killed is gone on with by the next.

Where it stops: between the first file and the manifest readers see old and new files side by side,
and one that does not look for the manifest does not notice. Pushes to the same folder of a machine
keep out of each other's way; to an object store nobody can be kept from sending at the same time.
There, reading back finds the mix, as far as the push that is read back is concerned: the last of
several pushes that run at once is right once it says so. There are no branches, tags and messages,
and a version that was replaced is gone. Parts of a large file that an object store was sent when a
push was killed are invisible, but may be billed: a lifecycle rule of the bucket clears them away.
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
    Published,
    RemoteFile,
    Say,
    SentenceField,
    TargetState,
)
from prefdata.io.targets.unfinished import UNFINISHED, note_of, parsed
from prefdata.results.layout import (
    CARD,
    MANIFEST,
)
from prefdata.results.manifest import Manifest

_SHOWN = 5


@dataclass(frozen=True)
class FolderState(TargetState):
    """What is there, and how to tell that it has been changed since."""

    found: Mapping[str, StoredFile] = field(default_factory=dict)


class FolderTarget:
    """A folder (`./name`, `file://...`) or an fsspec URL (`s3://...`) as a target.

    `say` gets sentences for people: that a store is waited for, and why.
    """

    def __init__(self, where: str, config: PushConfig, *, say: Say = lambda said: None) -> None:
        _refuse_options(where, config)
        self._store = open_store(where, patience=config.patience, say=say)
        self._before: Mapping[str, StoredFile] = {}

    @property
    def name(self) -> str:
        return self._store.name

    @property
    def folder(self) -> Path | None:
        """Where it is a folder of this machine, or one that is mounted."""
        return self._store.folder

    @property
    def branch(self) -> None:
        """There are none."""

    def state(self, wanted: Sequence[LocalFile]) -> FolderState:
        """What is there: sizes from the listing, checksums from the manifest or from the bytes.

        The manifest is believed of a file that has the size it says and is not younger than it.
        """
        found = self._store.find()
        known = self._known(found)
        unknown = [
            file.path
            for file in wanted
            if file.path in found
            and file.path not in known
            and found[file.path].bytes == file.bytes
        ]
        known |= dict(each(unknown, self._store.sha256, at_once=self._store.at_once))
        files = {
            path: RemoteFile(path, file.bytes, known.get(path))
            for path, file in found.items()
            if path != UNFINISHED
        }
        return FolderState(exists=bool(files), files=files, found=found)

    def read(self, path: str, state: TargetState) -> bytes | None:
        """A small file; for the manifest that a killed push has taken away, its note."""
        if path in state.files:
            return self._store.read(path)
        if path == MANIFEST and isinstance(state, FolderState) and UNFINISHED in state.found:
            return self._store.read(UNFINISHED)
        return None

    def prepare(self, state: TargetState) -> tuple[str, ...]:
        """Makes the folder, and finds out whether files can be written and deleted there."""
        self._store.prepare()
        return ()

    def publish(
        self, changes: Changes, state: TargetState, message: str, told: SentenceField
    ) -> Published:
        """Makes the changes in an order in which a killed push can be told and gone on with.

        A note of all that is ours; away with the manifest; the data, several files at a time; the
        card; away with what is stale; the manifest; away with the note.
        """
        with self._store.hold():
            found = self._store.find()
            if isinstance(state, FolderState) and found != state.found:
                raise MovedError(f"{self.name} was changed meanwhile")
            self._before = found
            if not changes.is_empty:
                self._change(changes, found, told)
            elif UNFINISHED in found:  # killed just when all was done
                self._store.delete(UNFINISHED)
            self._store.tidy(frozenset(FOLDERS))
        return Published(head=None, url=self._store.url)

    def tag(self, published: Published) -> None:
        """A folder knows no tags; a push that asks for one was refused when it began."""

    def read_back(self, changes: Changes, published: Published, told: SentenceField) -> int:
        """Reads what was sent and hashes it; of all else it compares the listing.

        Raises IntegrityError with what differs, and with what somebody else has put there since.
        Our manifest is taken away then: it would vouch for what is not there, to readers and to
        the next push.
        """
        found = self._store.find()
        wanted = {file.path: file for file in (*changes.send, *changes.same)}
        problems = {path: "is missing" for path in wanted if path not in found}
        for path, file in wanted.items():
            if path in found and found[path].bytes != file.bytes:
                problems[path] = f"has {found[path].bytes:,} bytes instead of {file.bytes:,}"
        for path in _strangers(found, {*wanted}, {*self._before} - {*changes.delete}):
            problems[path] = "was put there by somebody else meanwhile, or is stale"
        suspects = {file.path for file in changes.send}
        suspects |= {file.path for file in changes.same if self._is_rewritten(file.path, found)}
        files = [wanted[path] for path in sorted(suspects) if path not in problems]
        problems |= self._other_bytes(files, told)
        if problems:
            self._take_back(wanted.get(MANIFEST))
            raise IntegrityError(_differences(self.name, problems))
        return len(wanted)

    def _take_back(self, file: LocalFile | None) -> None:
        """Puts a note in the place of our manifest; one of another push is its own affair."""
        if file is None:
            return
        with suppress(LockedError), self._store.hold():  # who is at work there takes it away too
            if self._store.sha256(MANIFEST) == file.sha256:
                self._store.write(UNFINISHED, file.local.read_bytes())
                self._store.delete(MANIFEST)

    def _known(self, found: Mapping[str, StoredFile]) -> dict[str, str | None]:
        """Checksums from the manifest there, of files of which it can be believed."""
        manifest = self._manifest(MANIFEST, found)
        if manifest is None:
            return {}
        written = found[MANIFEST].modified
        return {
            entry.path: entry.sha256
            for entry in manifest.files
            if entry.path in found
            and found[entry.path].bytes == entry.bytes
            and not _is_younger(found[entry.path].modified, written)
        }

    def _manifest(self, path: str, found: Mapping[str, StoredFile]) -> Manifest | None:
        """A manifest there; None where there is none, or one that is not ours."""
        content = self._store.read(path) if path in found else None
        return None if content is None else parsed(content)

    def _change(
        self, changes: Changes, found: Mapping[str, StoredFile], told: SentenceField
    ) -> None:
        """The manifest is sent even where it stays the same: it was away meanwhile."""
        last = [file for file in (*changes.send, *changes.same) if file.path == MANIFEST]
        card = [file for file in changes.send if file.path == CARD]
        data = [file for file in changes.send if file.path not in (CARD, MANIFEST)]
        before = self._manifest(MANIFEST, found) or self._manifest(UNFINISHED, found)
        note = note_of(before, [parsed(file.local.read_bytes()) for file in last])
        if note is not None:
            self._store.write(UNFINISHED, note)
        with self._half():
            if MANIFEST in found:
                self._store.delete(MANIFEST)
            total = sum(file.bytes for file in (*data, *card, *last))
            done = self._send(data, 0, total, told)
            done = self._send(card, done, total, told)
            stale = [path for path in changes.delete if path in found and path != MANIFEST]
            for _ in each(stale, self._store.delete, at_once=self._store.at_once):
                pass
            self._send(last, done, total, told)
        if note is not None:
            self._store.delete(UNFINISHED)

    @contextmanager
    def _half(self) -> Iterator[None]:
        """What stops a push in the middle tells what it leaves behind."""
        try:
            yield
        except BaseException as error:
            error.add_note(
                f"{self.name} is published in part, and has no manifest.json until a push is done"
            )
            raise

    def _send(self, files: Sequence[LocalFile], done: int, total: int, told: SentenceField) -> int:
        """Sends files, and tells how many bytes of all have gone; those that have gone now."""
        told("upload", done, total)
        for file, _ in each(files, self._store.put, at_once=self._store.at_once):
            done += file.bytes
            told("upload", done, total)
        return done

    def _other_bytes(self, files: Sequence[LocalFile], told: SentenceField) -> dict[str, str]:
        done, total, problems = 0, sum(file.bytes for file in files), {}
        told("read back", done, total)
        store = self._store
        for file, read in each(files, lambda f: store.sha256(f.path), at_once=store.at_once):
            done += file.bytes
            told("read back", done, total)
            if read != file.sha256:
                problems[file.path] = "holds other bytes than were sent"
        return problems

    def _is_rewritten(self, path: str, found: Mapping[str, StoredFile]) -> bool:
        """Was a file that was to stay as it is written all the same, by us or by anybody?"""
        before, now = self._before.get(path), found.get(path)
        return before is not None and now is not None and before.mark != now.mark


def _is_younger(modified: float | None, than: float | None) -> bool:
    return modified is not None and than is not None and modified > than


def _strangers(found: Mapping[str, StoredFile], wanted: set[str], known: set[str]) -> list[str]:
    """Files that lie where our files lie, and that neither we have sent nor were there before."""
    folders = {*FOLDERS, *(path.partition("/")[0] for path in wanted)}
    new = found.keys() - wanted - known
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
