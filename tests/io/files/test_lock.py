from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest
from filelock import FileLock, Timeout

from prefdata.io.files.lock import LOCK, lock_file, lock_folder, workspace_of

SPAWN = multiprocessing.get_context("spawn")

HOLDER = """
import sys, time
from pathlib import Path
from prefdata.io.files.lock import lock_folder
with lock_folder(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def contend(out: Path, start: Event, found: str) -> None:
    """Takes the lock again and again; notes each time, and whether somebody else had it too."""
    start.wait()
    times = 0
    while times < 200:
        try:
            with lock_folder(out):
                alone = out.with_name("alone")
                os.close(os.open(alone, os.O_CREAT | os.O_EXCL))
                alone.unlink()
                times += 1
        except Timeout:
            continue
    out.with_name(found).write_text(str(times))


def test_nothing_is_left_of_it(tmp_path: Path) -> None:
    with lock_folder(tmp_path / "out") as place:
        assert place == workspace_of(tmp_path / "out")
        assert [path.name for path in place.iterdir()] == [LOCK]
    assert not list(tmp_path.iterdir())
    with pytest.raises(ZeroDivisionError), lock_folder(tmp_path / "out"):
        raise ZeroDivisionError
    assert not list(tmp_path.iterdir())


def test_what_a_run_leaves_in_its_workspace_stays(tmp_path: Path) -> None:
    with lock_folder(tmp_path / "out") as place:
        (place / "ingest-1").mkdir()
    assert [path.name for path in place.iterdir()] == ["ingest-1"]


def test_every_spelling_of_a_folder_is_the_same_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    out = tmp_path / "real" / "out"
    out.mkdir()
    (tmp_path / "alias").symlink_to(out)
    spellings = ["link/out", "real/../link/x/../out", "alias", "real/out/."]
    with lock_folder(out):
        for spelling in spellings:
            with pytest.raises(Timeout), lock_folder(Path(f"{tmp_path}/{spelling}")):
                pass
        assert (workspace_of(out) / LOCK).exists()
    with lock_folder(tmp_path / "alias"):
        pass


def test_two_processes_never_hold_it_together(tmp_path: Path) -> None:
    start = SPAWN.Event()
    names = ["a", "b", "c"]
    processes = [
        SPAWN.Process(target=contend, args=(tmp_path / "out", start, name)) for name in names
    ]
    for process in processes:
        process.start()
    start.set()
    for process in processes:
        process.join(timeout=120)
    assert [process.exitcode for process in processes] == [0, 0, 0]
    assert [(tmp_path / name).read_text() for name in names] == ["200"] * 3
    assert {path.name for path in tmp_path.iterdir()} == set(names)


def test_a_holder_that_is_killed_keeps_nobody_waiting(tmp_path: Path) -> None:
    out = tmp_path / "out"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(out)], stdout=subprocess.PIPE, text=True
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Timeout), lock_folder(out):
            pass
        holder.send_signal(signal.SIGKILL)
    assert (workspace_of(out) / LOCK).exists()
    with lock_folder(out):
        pass
    assert not list(tmp_path.iterdir())


def test_a_file_that_was_removed_before_it_was_locked_is_not_the_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its holder ends, and another one begins, between opening the file and locking it."""
    path = tmp_path / "place" / LOCK
    other = lock_file(path)
    rounds = 0

    def open_late(lock: object, timeout: float) -> object:
        nonlocal rounds
        rounds += 1
        taken = acquire(lock, timeout=timeout)
        if rounds == 2:
            path.unlink()
            other.__enter__()
        return taken

    acquire = FileLock.acquire
    with lock_file(path):
        pass
    monkeypatch.setattr(FileLock, "acquire", open_late)
    with pytest.raises(Timeout), lock_file(path):
        pass
    other.__exit__(None, None, None)
    assert not path.exists()


def test_a_workspace_that_somebody_removed_does_not_free_the_next_one(tmp_path: Path) -> None:
    first, second = lock_folder(tmp_path / "out"), lock_folder(tmp_path / "out")
    place = first.__enter__()
    (place / LOCK).unlink()
    place.rmdir()
    second.__enter__()
    first.__exit__(None, None, None)
    with pytest.raises(Timeout), lock_folder(tmp_path / "out"):
        pass
    second.__exit__(None, None, None)
    assert not list(tmp_path.iterdir())
