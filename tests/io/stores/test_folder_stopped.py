"""Pushes to a folder that are killed, and others at work on it at the same time."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from folder_places import content, every_kind, target
from publishing import FIRST, SECOND, Push, quiet

from prefdata.errors import (
    ConflictError,
    IntegrityError,
    LockedError,
    OutputError,
    RefusedError,
)
from prefdata.io.files import atomic
from prefdata.io.stores.local_store import LocalStore
from prefdata.io.targets.target import MovedError
from prefdata.io.targets.unfinished import UNFINISHED
from prefdata.results.layout import (
    MANIFEST,
)


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
    assert target(where).store.read(MANIFEST) is None


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="a folder where nobody makes files")
def test_a_place_where_no_folder_can_be_made() -> None:
    there = target("/proc/prefdata")
    with pytest.raises((OutputError, RefusedError), match="/proc/prefdata"):
        there.prepare(there.state([]))


def test_a_file_that_was_half_written_is_swept(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = atomic.ChecksumFile.write

    def half(self: atomic.ChecksumFile, text: bytes) -> int:
        write(self, text[:1])
        self.flush()
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
    with target(where).store.hold(), pytest.raises(LockedError, match="another run"):
        push.target.publish(changes, state, "", quiet)
    push.run()


def test_where_only_the_folder_may_be_written_the_lock_lies_in_it(as_nobody: Path) -> None:
    where = as_nobody / "there"
    where.mkdir()
    as_nobody.chmod(0o555)
    push = Push(target(str(where)), FIRST, as_nobody / "staged")
    changes, state = push.planned()
    with target(str(where)).store.hold():
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
    store = target(where).store
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
    target(where).store.write("data/train-0.parquet", b"niart" * 9)
    with pytest.raises(IntegrityError, match=r"train-0\.parquet holds other bytes"):
        push.target.read_back(changes, published, quiet)
