from __future__ import annotations

import errno
import os
import tempfile
from pathlib import Path

import pytest
from folder_places import content, every_kind, target
from hypothesis import given, settings
from hypothesis import strategies as st
from publishing import FIRST, IMPATIENT, SECOND, Push, quiet

from prefdata.config.push import PushConfig
from prefdata.errors import (
    ConflictError,
    OutputError,
    RefusedError,
    RunError,
    UsageError,
)
from prefdata.io.stores.folder_target import FolderTarget
from prefdata.io.targets.unfinished import UNFINISHED
from prefdata.pipeline.publish.open_target import open_target
from prefdata.results.layout import (
    MANIFEST,
)


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
    store = target(where).store
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
        store = target(where).store
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


# What is there is not believed


@every_kind
def test_the_manifest_there_saves_reading(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()
    again = Push(target(where), FIRST, tmp_path / "a")
    read: list[str] = []
    sha256 = again.target.store.sha256
    monkeypatch.setattr(
        again.target.store, "sha256", lambda path: (read.append(path), sha256(path))[1]
    )
    assert again.planned()[0].is_empty
    assert sorted(read) == ["README.md", MANIFEST]


@every_kind
def test_a_file_younger_than_the_manifest_is_read(where: str, tmp_path: Path) -> None:
    Push(target(where), FIRST, tmp_path / "a").run()
    target(where).store.write("data/test-0.parquet", b"tesT")
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
    store = target(where).store
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
        target(where).store.write(path, b"")


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
    target(where).store.write("file", b"x")
    with pytest.raises(UsageError, match="is a file"):
        target(f"{where}/file").state([])


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
        with pytest.raises(OutputError, match=r"the disk is full.*Free some space"):
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
