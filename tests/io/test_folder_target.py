from __future__ import annotations

import errno
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import fsspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from publishing import IMPATIENT, Push, quiet

from prefdata.config.push import PushConfig
from prefdata.errors import (
    ConflictError,
    IntegrityError,
    LockedError,
    OutputError,
    RefusedError,
    RunError,
    UsageError,
)
from prefdata.io import atomic
from prefdata.io.changes import MANIFEST
from prefdata.io.folder_target import FolderTarget
from prefdata.io.local_store import LocalStore
from prefdata.io.open_target import open_target
from prefdata.io.target import MovedError
from prefdata.io.unfinished import UNFINISHED

FIRST = {
    "data/train-0.parquet": b"train" * 9,
    "data/test-0.parquet": b"test",
    "ledger/part-0.parquet": b"ledger",
    "README.md": b"card",
}
SECOND = {
    "data/train-0.parquet": b"train" * 9,
    "data/train-1.parquet": b"more",
    "data/test-0.parquet": b"TEST",
    "README.md": b"card, rewritten",
}
KINDS = ("folder", "file", "memory", "renaming")


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A place of each kind; `renaming` is one where a file does not appear whole by itself."""
    memory = fsspec.filesystem("memory")
    places = {
        "folder": str(tmp_path / "there"),
        "file": f"file://{tmp_path}/there",
        "memory": "memory://bucket/there",
        "renaming": f"dir::file://{tmp_path}/there",
    }
    yield places[getattr(request, "param", "folder")]
    if memory.exists("/bucket"):
        memory.rm("/bucket", recursive=True)


every_kind = pytest.mark.parametrize("where", KINDS, indirect=True)


def target(where: str) -> FolderTarget:
    return FolderTarget(where, IMPATIENT)


def content(where: str) -> dict[str, bytes]:
    """All that is there but for the manifest."""
    store = target(where)._store
    found = {path: store.read(path) for path in store.find() if path != MANIFEST}
    return {path: text for path, text in found.items() if text is not None}


@every_kind
def test_a_push_ends_with_just_what_was_pushed(where: str, tmp_path: Path) -> None:
    changes = Push(target(where), FIRST, tmp_path / "a").run()
    assert {file.path for file in changes.send} == {*FIRST, MANIFEST}
    assert content(where) == FIRST
    assert Push(target(where), FIRST, tmp_path / "a").run().is_empty
    changes = Push(target(where), SECOND, tmp_path / "b").run()
    assert {file.path for file in changes.same} == {"data/train-0.parquet"}
    assert set(changes.delete) == {"ledger/part-0.parquet"}
    assert content(where) == SECOND


@every_kind
def test_other_peoples_files_stay(where: str, tmp_path: Path) -> None:
    store = target(where)._store
    foreign = {"LICENSE": b"mine", "images/a [1]*?.png": b"png", ".gitattributes": b""}
    store.prepare()
    for path, text in foreign.items():
        store.write(path, text)
    Push(target(where), FIRST, tmp_path / "a").run()
    Push(target(where), SECOND, tmp_path / "b").run()
    assert content(where) == SECOND | foreign


def test_a_folder_holds_what_is_published_and_no_more(where: str, tmp_path: Path) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()
    Push(target(where), SECOND, tmp_path / "b").run()
    there = {path.relative_to(where).as_posix() for path in Path(where).rglob("*")}
    assert there == {"data", *SECOND, MANIFEST}


def test_what_is_there_already_is_not_written_again(where: str, tmp_path: Path) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()
    same = Path(where, "data/train-0.parquet")
    before = same.stat()
    Push(target(where), SECOND, tmp_path / "b").run()
    assert (same.stat().st_ino, same.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


@every_kind
def test_a_folder_that_is_not_there_is_empty(where: str) -> None:
    state = target(where).state([])
    assert (state.exists, state.head, dict(state.files)) == (False, None, {})
    assert target(where).read("README.md", state) is None


@every_kind
def test_progress_is_told_in_bytes(where: str, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    push = Push(target(where), FIRST, tmp_path / "a")
    push.run(lambda *step: told.append(step))
    total = sum(file.bytes for file in push.files())
    for name in ("upload", "read back"):
        steps = [step for step in told if step[0] == name]
        assert steps == sorted(steps)
        assert {total} == {step[2] for step in steps}
        assert steps[-1] == (name, total, total)


NAMES = st.sampled_from([f"{a}/{b}" for a in ("data", "ledger") for b in ("a", "b", "c/d", "e f")])
SETS = st.dictionaries(NAMES, st.binary(max_size=3), max_size=6)


@pytest.mark.parametrize("kind", ["folder", "memory"])
@settings(max_examples=25)
@given(sets=st.lists(SETS, min_size=1, max_size=4))
def test_any_sequence_of_pushes_ends_with_the_last(kind: str, sets: list[dict[str, bytes]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        where = f"{folder}/there" if kind == "folder" else f"memory://{folder}/there"
        store = target(where)._store
        store.prepare()
        store.write("LICENSE", b"mine")
        before: dict[str, bytes] = {}
        for number, files in enumerate(sets):
            marks = {path: found.mark for path, found in store.find().items()}
            changes = Push(target(where), files, Path(folder, str(number))).run()
            found = store.find()
            assert content(where) == files | {"LICENSE": b"mine"}
            kept = {path for path, text in files.items() if before.get(path) == text}
            assert {file.path for file in changes.same} - {MANIFEST} == kept
            assert all(found[path].mark == marks[path] for path in kept)
            before = files


# Killed


def killed(where: str, files: dict[str, bytes], staged: Path, at: int) -> bool:
    """A push that is killed when it tells of its progress for the `at`-th time; was it?"""

    def told(step: str, done: int, total: int) -> None:
        nonlocal at
        at -= 1
        if at < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    return _forked(lambda: Push(target(where), files, staged).run(told))


def _forked(work: Callable[[], object]) -> bool:
    child = os.fork()
    if child == 0:
        failed = 1
        try:
            work()
            failed = 0
        finally:  # the child must not go on with the tests of its parent
            os._exit(failed)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return os.WIFSIGNALED(status)


@pytest.mark.parametrize("third", [SECOND, FIRST | {"data/new.parquet": b"new"}])
def test_a_killed_push_is_gone_on_with(where: str, tmp_path: Path, third: dict[str, bytes]) -> None:
    at = 0
    while True:
        shutil.rmtree(where, ignore_errors=True)
        Push(target(where), FIRST, tmp_path / "a").run()
        if not killed(where, SECOND, tmp_path / "b", at):
            break
        there = {path: text for path, text in content(where).items() if path != UNFINISHED}
        assert there == SECOND or not Path(where, MANIFEST).exists()
        arrived = {path for path, text in content(where).items() if third.get(path) == text}
        changes = Push(target(where), third, tmp_path / "c").run()
        assert not arrived & {file.path for file in changes.send}
        assert content(where) == third
        at += 1
    assert at > 5


@every_kind
def test_a_push_that_stops_in_the_middle_says_what_it_leaves(where: str, tmp_path: Path) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()

    def told(step: str, done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt) as stopped:
        Push(target(where), SECOND, tmp_path / "b").run(told)
    assert "is published in part" in stopped.value.__notes__[0]
    assert target(where)._store.read(MANIFEST) is None


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder where nobody makes files")
def test_a_place_where_no_folder_can_be_made() -> None:
    there = target("/proc/prefdata")
    with pytest.raises((OutputError, RefusedError), match="/proc/prefdata"):
        there.prepare(there.state([]))


def test_a_file_that_was_half_written_is_swept(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(self: atomic.ChecksumFile, text: bytes) -> int:
        self._file.write(text[:1])
        self._file.flush()
        os.kill(os.getpid(), signal.SIGKILL)
        return 1

    Push(target(where), FIRST, tmp_path / "a").run()
    with monkeypatch.context() as patched:
        patched.setattr(LocalStore, "write", lambda self, path, content: None)
        patched.setattr(atomic.ChecksumFile, "write", half)
        assert _forked(lambda: Push(target(where), SECOND, tmp_path / "b").run())
    assert list(Path(where).rglob(".*.tmp-*"))
    assert not any("tmp-" in path for path in target(where).state([]).files)
    Push(target(where), FIRST, tmp_path / "a").run()
    assert not list(Path(where).rglob(".*"))
    assert content(where) == FIRST


# Others


def test_a_push_waits_for_nobody_who_works_on_the_folder(where: str, tmp_path: Path) -> None:
    push = Push(target(where), FIRST, tmp_path / "a")
    changes, state = push.planned()
    with target(where)._store.hold(), pytest.raises(LockedError, match="another run"):
        push.target.publish(changes, state, "", quiet)
    push.run()


def test_where_only_the_folder_may_be_written_the_lock_lies_in_it(as_nobody: Path) -> None:
    where = as_nobody / "there"
    where.mkdir()
    as_nobody.chmod(0o555)
    push = Push(target(str(where)), FIRST, as_nobody / "staged")
    changes, state = push.planned()
    with target(str(where))._store.hold():
        assert [path.name for path in where.iterdir()] == [".prefdata.lock"]
        with pytest.raises(LockedError):
            push.target.publish(changes, state, "", quiet)
    push.run()
    assert not list(where.glob(".*"))


@every_kind
def test_what_changed_since_it_was_looked_at_is_looked_at_again(where: str, tmp_path: Path) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()
    late = Push(target(where), FIRST | {"README.md": b"late"}, tmp_path / "b")
    changes, state = late.planned()
    Push(target(where), SECOND, tmp_path / "c").run()
    with pytest.raises(MovedError):
        late.target.publish(changes, state, "", quiet)
    assert content(where) == SECOND
    late.run()
    assert content(where) == FIRST | {"README.md": b"late"}


def test_pushes_at_the_same_time_do_not_mix(where: str, tmp_path: Path) -> None:
    ends: list[object] = []

    def push(number: int) -> None:
        files = {f"data/{number}-{part}": bytes([number]) * 50 for part in range(20)}
        try:
            Push(target(where), files, tmp_path / str(number)).run()
            ends.append(number)
        except (LockedError, MovedError, IntegrityError) as error:
            ends.append(error)

    threads = [threading.Thread(target=push, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert any(isinstance(end, int) for end in ends)
    assert len({path.split("/")[1][0] for path in content(where)}) == 1
    Push(target(where), FIRST, tmp_path / "last").run()
    assert content(where) == FIRST


@every_kind
@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("data/train-0.parquet", b"short", "has 5 bytes instead of 45"),
        ("data/test-0.parquet", b"tesT", "holds other bytes"),
        ("README.md", b"CARD", "holds other bytes"),
        ("data/other.parquet", b"mix", "put there by somebody else"),
        ("ledger/part-0.parquet", None, "is missing"),
    ],
)
def test_reading_back_finds_what_is_not_right(
    where: str, tmp_path: Path, path: str, text: bytes | None, said: str
) -> None:
    push = Push(target(where), FIRST, tmp_path / "a")
    changes, state = push.planned()
    push.target.prepare(state)
    published = push.target.publish(changes, state, "", quiet)
    store = target(where)._store
    store.delete(path) if text is None else store.write(path, text)
    with pytest.raises(IntegrityError, match=f"{path}.*{said}"):
        push.target.read_back(changes, published, quiet)
    assert MANIFEST not in store.find()
    if path not in FIRST:
        with pytest.raises(ConflictError, match="--replace"):
            Push(target(where), FIRST, tmp_path / "a").run()
        store.delete(path)
    Push(target(where), FIRST, tmp_path / "a").run()
    assert content(where) == FIRST


def test_the_manifest_of_another_push_is_its_own_affair(where: str, tmp_path: Path) -> None:
    push = Push(target(where), FIRST, tmp_path / "a")
    changes, state = push.planned()
    published = push.target.publish(changes, state, "", quiet)
    Push(target(where), SECOND, tmp_path / "b").run()
    with pytest.raises(IntegrityError, match="Another push may have run"):
        push.target.read_back(changes, published, quiet)
    assert Push(target(where), SECOND, tmp_path / "b").planned()[0].is_empty


def test_reading_back_finds_a_file_that_was_to_stay_and_did_not(where: str, tmp_path: Path) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()
    push = Push(target(where), SECOND, tmp_path / "b")
    changes, state = push.planned()
    published = push.target.publish(changes, state, "", quiet)
    target(where)._store.write("data/train-0.parquet", b"niart" * 9)
    with pytest.raises(IntegrityError, match=r"train-0\.parquet holds other bytes"):
        push.target.read_back(changes, published, quiet)


# What is there is not believed


@every_kind
def test_the_manifest_there_saves_reading(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()
    again = Push(target(where), FIRST, tmp_path / "a")
    read: list[str] = []
    sha256 = again.target._store.sha256
    monkeypatch.setattr(
        again.target._store, "sha256", lambda path: (read.append(path), sha256(path))[1]
    )
    assert again.planned()[0].is_empty
    assert sorted(read) == ["README.md", MANIFEST]


@every_kind
def test_a_file_younger_than_the_manifest_is_read(where: str, tmp_path: Path) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()
    target(where)._store.write("data/test-0.parquet", b"tesT")
    changes = Push(target(where), FIRST, tmp_path / "a").run()
    assert [file.path for file in changes.send] == ["data/test-0.parquet"]
    assert content(where) == FIRST


@every_kind
@pytest.mark.parametrize("name", [MANIFEST, UNFINISHED])
@pytest.mark.parametrize("text", [b"", b"\xff{", b'{"format": "prefdata/1"}', b"[" * 10_000])
def test_a_manifest_that_is_none_is_not_believed(
    where: str, tmp_path: Path, name: str, text: bytes
) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()
    store = target(where)._store
    store.delete(MANIFEST)
    store.write(name, text)
    state = target(where).state(Push(target(where), FIRST, tmp_path / "a").files())
    assert state.files["data/train-0.parquet"].sha256 is not None
    assert target(where).read(MANIFEST, state) == text


def test_nothing_is_published_through_a_link(where: str, tmp_path: Path) -> None:
    Path(where).mkdir()
    (tmp_path / "elsewhere").mkdir()
    Path(where, "data").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConflictError, match="is a link"):
        Push(target(where), FIRST, tmp_path / "a").run()
    assert not list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("path", ["../a", "data/../../a", "/etc/a", "data//a", "."])
def test_no_path_leads_out_of_the_folder(where: str, path: str) -> None:
    with pytest.raises(ConflictError, match="no path inside"):
        target(where)._store.write(path, b"")


def test_a_file_in_the_way_of_a_folder(where: str, tmp_path: Path) -> None:
    Path(where).mkdir()
    Path(where, "data").write_bytes(b"mine")
    with pytest.raises(ConflictError, match="Move it"):
        Push(target(where), FIRST, tmp_path / "a").run()
    assert Path(where, "data").read_bytes() == b"mine"


# Refused


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"private": True}, "--private"),
        ({"branch": "dev"}, "--branch"),
        ({"revision": "abc"}, "--revision"),
        ({"tag": "v1", "private": True}, "--private, --tag"),
    ],
)
def test_what_a_folder_cannot_do_is_said_at_once(options: dict[str, str], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        FolderTarget("memory://bucket", PushConfig(**options))


@pytest.mark.parametrize("where", ["folder", "file", "memory"], indirect=True)
def test_a_file_is_no_folder(where: str) -> None:
    target(where)._store.write("file", b"x")
    with pytest.raises(UsageError, match="is a file"):
        target(f"{where}/file").state([])


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder of somebody who may not do everything."""
    folder = Path(tempfile.mkdtemp())
    (folder / "staged").mkdir()
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, -1)
        os.chown(folder / "staged", 65534, -1)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


def test_a_folder_that_may_not_be_written_is_refused(as_nobody: Path) -> None:
    where = as_nobody / "there"
    where.mkdir(mode=0o555)
    with pytest.raises(RefusedError, match="Permission denied"):
        target(str(where)).prepare(target(str(where)).state([]))
    where.chmod(0o000)
    for place in (where, where / "below"):
        with pytest.raises(RefusedError, match="Permission denied"):
            target(str(place)).state([])
        open_target(str(place), IMPATIENT, out=as_nobody / "staged")


def test_a_full_disk(where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(OutputError, match=r"the disk is full.*free some space"):
            Push(target(where), SECOND, tmp_path / "b").run()
    Push(target(where), SECOND, tmp_path / "b").run()
    assert content(where) == SECOND


@every_kind
def test_a_file_that_changes_while_it_is_sent(where: str, tmp_path: Path) -> None:
    push = Push(target(where), FIRST, tmp_path / "a")
    changes, state = push.planned()
    push.target.prepare(state)
    (tmp_path / "a" / "data/train-0.parquet").write_bytes(b"other")
    with pytest.raises(RunError, match="was changed while"):
        push.target.publish(changes, state, "", quiet)
    assert MANIFEST not in target(where).state([]).files
