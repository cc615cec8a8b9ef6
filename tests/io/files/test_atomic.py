from __future__ import annotations

import errno
import hashlib
import json
import os
import resource
import signal
from pathlib import Path

import pyarrow as pa
import pytest

from prefdata.errors import OutputError
from prefdata.io.files import atomic
from prefdata.io.files.atomic import (
    atomic_file,
    sweep_temporaries,
    write_json_atomic,
    write_text_atomic,
)
from prefdata.results.manifest import Counts


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_was_written_is_told_and_is_there(tmp_path: Path) -> None:
    path = tmp_path / "new" / "folder" / "a.bin"
    with atomic_file(path) as file:
        file.write(b"one")
        file.write(memoryview(b"two"))
        assert not path.exists()
    assert path.read_bytes() == b"onetwo"
    written = file.written(rows=2)
    assert (written.path, written.bytes, written.rows) == (path, 6, 2)
    assert written.sha256 == hashlib.sha256(b"onetwo").hexdigest()
    assert names(path.parent) == ["a.bin"]


def test_arrow_writes_through_it(tmp_path: Path) -> None:
    batch = pa.record_batch({"text": ["a" * 100_000] * 50})
    path = tmp_path / "a.arrow"
    with atomic_file(path) as file, pa.ipc.new_stream(file, batch.schema) as writer:
        writer.write_batch(batch)
    content = path.read_bytes()
    assert file.written().sha256 == hashlib.sha256(content).hexdigest()
    assert pa.ipc.open_stream(content).read_all().to_batches() == [batch]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_an_exception_leaves_what_was_there(tmp_path: Path, error: type[BaseException]) -> None:
    path = tmp_path / "a.txt"
    path.write_text("before")
    with pytest.raises(error), atomic_file(path) as file:
        file.write(b"half")
        raise error
    assert path.read_text() == "before"
    assert names(tmp_path) == ["a.txt"]


def test_an_error_of_the_content_is_not_an_error_of_the_disk(tmp_path: Path) -> None:
    with pytest.raises(PermissionError), atomic_file(tmp_path / "a.txt"):
        raise PermissionError(errno.EACCES, "a source that may not be read")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EDQUOT, "quota"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "permission denied"),
    ],
)
@pytest.mark.parametrize("call", ["fsync", "mkdir"])
def test_a_disk_that_refuses(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str, call: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(*((os, "fsync") if call == "fsync" else (Path, "mkdir")), refuse)
    with pytest.raises(OutputError, match=words) as caught:
        write_text_atomic(tmp_path / "a.txt", "12345")
    assert "a.txt" in str(caught.value)
    assert f"({5 if call == 'fsync' else 0} bytes" in str(caught.value)
    assert names(tmp_path) == []


def test_any_error_of_the_system_is_one_of_the_output(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(OutputError, match=r"a\.txt: it is a folder, not a file .* Check the path"):
        write_text_atomic(tmp_path / "a.txt", "12345")
    assert names(tmp_path) == ["a.txt"]


@pytest.fixture
def small_files_only() -> object:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3 << 20, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    signal.signal(signal.SIGXFSZ, before)


@pytest.mark.usefixtures("small_files_only")
def test_a_write_that_the_system_stops(tmp_path: Path) -> None:
    batch = pa.record_batch({"text": ["a" * 1_000_000]})
    with (
        pytest.raises(OutputError, match="no larger file"),
        atomic_file(tmp_path / "a.arrow") as file,
        pa.ipc.new_stream(file, batch.schema) as writer,
    ):
        for _ in range(10):
            writer.write_batch(batch)
    assert names(tmp_path) == []


def test_a_leftover_of_the_same_process_number_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / f".a.txt.tmp-{os.getpid()}").write_text("left")
    write_text_atomic(tmp_path / "a.txt", "new")
    assert names(tmp_path) == ["a.txt"]


def test_sweep_removes_what_was_left_and_nothing_else(tmp_path: Path) -> None:
    inner = tmp_path / "data" / "train"
    inner.mkdir(parents=True)
    left = [tmp_path / ".manifest.json.tmp-17", inner / ".data-00000.arrow.tmp-9"]
    kept = [tmp_path / ".tmp-3", tmp_path / ".a.tmp-x", tmp_path / "a.tmp-4", inner / ".keep"]
    for path in left + kept:
        path.write_text("")
    (tmp_path / ".folder.tmp-5").mkdir()
    assert sorted(sweep_temporaries(tmp_path)) == sorted(left)
    assert not any(path.exists() for path in left)
    assert all(path.exists() for path in kept)
    assert sweep_temporaries(tmp_path / "missing") == []


def test_json_keeps_the_order_and_the_letters(tmp_path: Path) -> None:
    write_json_atomic(tmp_path / "a.json", {"b": "中", "a": [1]})
    text = (tmp_path / "a.json").read_text(encoding="utf-8")
    assert text == '{\n  "b": "中",\n  "a": [\n    1\n  ]\n}\n'


def test_json_of_a_model(tmp_path: Path) -> None:
    counts = Counts(read=3, kept=1, quarantined=1, dropped={"tie": 1})
    write_json_atomic(tmp_path / "a.json", counts)
    assert Counts.model_validate_json((tmp_path / "a.json").read_bytes()) == counts


def test_json_of_a_name_that_is_not_unicode(tmp_path: Path) -> None:
    name = os.fsdecode(b"caf\xe9.jsonl")
    write_json_atomic(tmp_path / "a.json", {"name": name})
    assert json.loads((tmp_path / "a.json").read_bytes()) == {"name": name}


def test_temporary_names_are_those_that_are_swept(tmp_path: Path) -> None:
    with atomic_file(tmp_path / "a\nb.txt"):
        (temporary,) = names(tmp_path)
        assert atomic.TEMPORARY.fullmatch(temporary)
