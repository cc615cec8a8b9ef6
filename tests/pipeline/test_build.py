from __future__ import annotations

import csv
import io
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sound_pairs import Write, pair

from prefdata.config.load import config_of
from prefdata.errors import ConfigError, DialectError, LockedError, OutputError, SourceError
from prefdata.io.files.ledger import scan_ledger
from prefdata.io.files.lock import lock_folder
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.verify import verify
from prefdata.steps.write.write_ledger import write_ledger

SMALL_PARTS = {"read": {"segment_bytes": 64 * 1024, "block_bytes": 16 * 1024}}


def files_of(out: Path) -> dict[str, str]:
    """Every file of a folder and the checksum of its bytes."""
    return {
        path.relative_to(out).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def faulty(count: int) -> list[object]:
    rows: list[object] = [pair(n, note=n) for n in range(count)]
    rows[3] = "{not json"
    rows[5] = pair(4, note="a copy")
    swapped = pair(6)
    rows[7] = swapped | {"chosen": swapped["rejected"], "rejected": swapped["chosen"]}
    rows[9] = pair(9, chosen="")
    rows[11] = {"prompt": "no sides"}
    return rows


def test_every_row_is_accounted_for(write: Write, tmp_path: Path) -> None:
    manifest = build([write("a.jsonl", faulty(40))], out=tmp_path / "out")
    assert manifest.counts.read == 40
    assert manifest.counts.quarantined == 2
    assert manifest.counts.dropped == {
        "duplicate-pair": 1,
        "label-conflict": 2,
        "empty-completion": 1,
    }
    assert manifest.counts.kept == 34
    assert verify(tmp_path / "out").problems == ()
    ledger = scan_ledger(tmp_path / "out").collect()
    assert ledger["row"].to_list() == list(range(40))
    assert ledger["source_row"].to_list() == list(range(1, 41))


@pytest.mark.parametrize("to", ["arrow", "parquet"])
def test_the_dataset_loads_and_holds_the_kept_rows(write: Write, tmp_path: Path, to: Any) -> None:
    import datasets

    source = write("a.jsonl", faulty(60))
    config = config_of({"shards": {"to": to, "max_bytes": 2048}, "split": {"test": 0.3}})
    manifest = build([source], out=tmp_path / "out", config=config)
    if to == "arrow":
        loaded = datasets.load_from_disk(str(tmp_path / "out" / "data"))
    else:
        loaded = datasets.load_dataset(str(tmp_path / "out"), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == manifest.counts.splits
    row = loaded["train"][0]
    original = json.loads(source.read_text().splitlines()[row["source_row"] - 1])
    assert row["prompt"] == [{"role": "user", "content": original["prompt"]}]
    assert row["chosen"] == [{"role": "assistant", "content": original["chosen"]}]
    assert json.loads(row["metadata"]) == {"note": original["note"]}


def test_workers_and_repetition_change_no_byte(write: Write, tmp_path: Path) -> None:
    sources = [write("a.jsonl", faulty(400)), write("b.jsonl", (pair(n) for n in range(200, 900)))]
    config = config_of(SMALL_PARTS | {"shards": {"max_bytes": 20_000}})
    built = []
    for number, workers in enumerate((1, 2, 1)):
        build(sources, out=tmp_path / f"out{number}", config=config, workers=workers)
        built.append(files_of(tmp_path / f"out{number}"))
    assert built[0] == built[1] == built[2]
    assert sum(name.endswith(".arrow") for name in built[0]) > 3


def test_appended_rows_move_none_between_splits(write: Write, tmp_path: Path) -> None:
    config = config_of({"split": {"test": 0.3}})
    split = []
    for count in (100, 150):
        source = write("a.jsonl", (pair(n) for n in range(count)))
        out = tmp_path / f"out{count}"
        build([source], out=out, config=config)
        split.append(scan_ledger(out).collect()["split"].to_list())
    assert split[0] == split[1][:100]


def test_a_margin_is_a_column_only_where_every_row_has_one(write: Write, tmp_path: Path) -> None:
    import datasets

    every = write("every.jsonl", [pair(n, margin=n + 0.5) for n in range(20)])
    build([every], out=tmp_path / "every")
    some = write("some.jsonl", [pair(n, margin=1.5) if n % 2 else pair(n) for n in range(20)])
    build([some], out=tmp_path / "some")
    rows = datasets.load_from_disk(str(tmp_path / "every" / "data"))["train"]
    assert set(rows["margin"]) <= {n + 0.5 for n in range(20)}
    rows = datasets.load_from_disk(str(tmp_path / "some" / "data"))["train"]
    assert "margin" not in rows.column_names
    assert {json.loads(text).get("margin") for text in rows["metadata"]} == {1.5, None}


@pytest.mark.parametrize("columns", ["trainer", "fixed"])
def test_rows_with_a_margin_are_counted_among_those_that_are_kept(
    columns: str, write: Write, tmp_path: Path
) -> None:
    some = [pair(n, margin=1.5) if n % 2 else pair(n) for n in range(20)]
    source = write("some.jsonl", [*some, *some[:7], {"prompt": "?", "margin": 2}])
    config = {"shards": {} if columns == "trainer" else {"columns": columns}}
    manifest = build([source], out=tmp_path / "out", config=config)
    assert (manifest.counts.read, manifest.counts.kept) == (28, 20)
    assert manifest.remarks["partial-margin"] == "10 of 20 records have a margin"
    card = (tmp_path / "out/README.md").read_text()
    assert "`partial-margin`: 10 of 20 records have a margin" in card
    found = audit([source], out=tmp_path / "audit", config={"audit": {"views": ["ngrams"]}})
    assert found.remarks["partial-margin"] == "10 of 20 records have a margin"


def test_margins_that_only_dropped_rows_lack_are_nothing_to_remark(
    write: Write, tmp_path: Path
) -> None:
    every = [pair(n, margin=1.5) for n in range(20)]
    source = write("every.jsonl", [*every, *(pair(n) for n in range(5))])
    manifest = build([source], out=tmp_path / "out")
    assert manifest.counts.kept == 20
    assert "partial-margin" not in manifest.remarks


def test_nothing_is_overwritten_without_force_nor_what_is_not_ours(
    write: Write, tmp_path: Path
) -> None:
    source = write("a.jsonl", [pair(1)])
    build([source], out=tmp_path / "out")
    before = files_of(tmp_path / "out")
    with pytest.raises(OutputError, match="force=True"):
        build([source], out=tmp_path / "out")
    assert files_of(tmp_path / "out") == before
    build([write("b.jsonl", [pair(2), pair(3)])], out=tmp_path / "out", force=True)
    assert verify(tmp_path / "out").manifest.counts.read == 2
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="not made by this command"):
        build([source], out=foreign, force=True)
    assert (foreign / "thesis.tex").read_text() == "years of work"


def test_a_second_build_on_the_same_output_is_told_to_wait(write: Write, tmp_path: Path) -> None:
    source = write("a.jsonl", [pair(1)])
    (tmp_path / "link").symlink_to(tmp_path)
    with lock_folder(tmp_path / "out"), pytest.raises(LockedError, match="another"):
        build([source], out=tmp_path / "link" / "x" / ".." / "out")


@pytest.mark.parametrize(
    ("rows", "error"),
    [
        ([{"x": 1}], DialectError),
        ([{"prompt": "p", "response_1": "a", "response_2": "b", "label": 1}], DialectError),
        ([{"prompt": "p", "completions": ["a"], "labels": [True]}], DialectError),
    ],
)
def test_what_cannot_be_told_is_refused_before_anything_is_written(
    write: Write, tmp_path: Path, rows: list[object], error: type[Exception]
) -> None:
    with pytest.raises(error):
        build([write("a.jsonl", rows)], out=tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl"}


def test_missing_sources_and_unknown_rules_are_named(write: Write, tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"absent\.jsonl"):
        build([tmp_path / "absent.jsonl"], out=tmp_path / "out")
    config = config_of({"check": {"rules": {"teh-tie": "off"}}})
    with pytest.raises(ConfigError, match="tie"):
        build([write("a.jsonl", [pair(1)])], out=tmp_path / "out", config=config)


def test_empty_sources_build_an_empty_dataset_that_verifies(write: Write, tmp_path: Path) -> None:
    manifest = build([write("a.jsonl", [])], out=tmp_path / "out")
    assert manifest.counts.read == manifest.counts.kept == 0
    assert verify(tmp_path / "out").problems == ()


def test_what_a_killed_run_was_writing_is_not_published(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write("a.jsonl", faulty(40))
    build([source], out=tmp_path / "undisturbed")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("prefdata.pipeline.build.write_ledger", killed)
        build([source], out=tmp_path / "out")
    (half,) = (tmp_path / ".out.prefdata").glob("final-*")
    (half / "data" / "train" / ".data-00000-of-00001.arrow.tmp-17").write_bytes(b"half")
    build([source], out=tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")


def test_a_build_killed_while_it_tidied_up_leaves_nothing_to_trip_over(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write("a.jsonl", faulty(40))

    def killed(path: Path) -> None:
        if path.parent.name != ".out.prefdata":
            rmtree(path)
        elif path.name.startswith("ingest-"):
            raise KeyboardInterrupt

    rmtree = shutil.rmtree
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("prefdata.pipeline.run.workspace.shutil.rmtree", killed)
        build([source], out=tmp_path / "out")
    assert verify(tmp_path / "out").problems == ()
    before = files_of(tmp_path / "out")
    rmtree(tmp_path / "out")
    build([source], out=tmp_path / "out")
    assert files_of(tmp_path / "out") == before


KILLED = """
import sys
from prefdata.config.load import config_of
from prefdata.pipeline.build import build
if __name__ == "__main__":
    config = config_of({"read": {"segment_bytes": 65536, "block_bytes": 16384},
                        "shards": {"max_bytes": 200000}})
    build(sys.argv[2:], out=sys.argv[1], config=config, workers=2)
"""


def test_a_build_killed_at_any_moment_resumes_to_the_same_bytes(
    write: Write, tmp_path: Path
) -> None:
    sources = [
        write("a.jsonl", faulty(3000)),
        write("b.jsonl", (pair(n) for n in range(2500, 6000))),
    ]
    script = tmp_path / "run.py"
    script.write_text(KILLED)
    command = [sys.executable, str(script), str(tmp_path / "undisturbed"), *map(str, sources)]
    started = time.monotonic()
    subprocess.run(command, check=True)
    took = time.monotonic() - started
    expected = files_of(tmp_path / "undisturbed")
    command[2] = str(tmp_path / "killed")
    kills = 0
    for moment in sorted(random.Random(7).uniform(0.2, took) for _ in range(5)):
        run = subprocess.Popen(command, start_new_session=True, stderr=subprocess.DEVNULL)
        try:
            run.wait(timeout=moment)
        except subprocess.TimeoutExpired:
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            kills += 1
            if (tmp_path / "killed" / "manifest.json").exists():
                break  # it had done its work, and was only ending
            assert not (tmp_path / "killed").exists()
        else:
            break
    if not (tmp_path / "killed").exists():
        subprocess.run(command, check=True)
    assert kills
    assert files_of(tmp_path / "killed") == expected
    left = [path.name for path in tmp_path.iterdir() if path.name.startswith(".killed")]
    assert left == []


mutations = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "double", "retype", "insert", "re-encode"]),
        st.integers(0, 10**6),
        st.binary(max_size=4),
    ),
    max_size=6,
)


def mutated(data: bytes, changes: list[tuple[str, int, bytes]]) -> bytes:
    for kind, place, some in changes:
        at = place % (len(data) + 1)
        if kind == "flip":
            data = data[:at] + some + data[at + len(some) :]
        elif kind == "cut":
            data = data[: max(at, len(data) // 2)]
        elif kind == "double":
            data = data + data[at:]
        elif kind == "retype":
            data = data.replace(b'"chosen": "', b'"chosen": [1], "other": "', 1)
        elif kind == "re-encode":
            encoding = ["utf-16", "gb18030", "utf-8-sig", "utf-16-le", "latin-1"][place % 5]
            data = data.decode("utf-8", "replace").encode(encoding, "replace")
        else:
            data = data[:at] + some + data[at:]
    return data


def written_as(container: str, rows: list[dict[str, object]]) -> bytes:
    if container == "csv":
        text = io.StringIO()
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)
        return text.getvalue().encode()
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    return ("[" + ",\n".join(lines) + "]" if container == "json" else "\n".join(lines)).encode()


@pytest.mark.parametrize("container", ["jsonl", "json", "csv"])
@settings(max_examples=25)
@given(changes=mutations)
def test_rows_balance_whatever_was_done_to_the_file(
    tmp_path_factory: pytest.TempPathFactory, container: str, changes: list[tuple[str, int, bytes]]
) -> None:
    folder = tmp_path_factory.mktemp("mutated")
    whole = written_as(container, [pair(n, margin=1.0) for n in range(12)])
    source = folder / f"a.{container}"
    source.write_bytes(mutated(whole, changes))
    config = config_of({"read": {"dialect": "pairs"}})
    try:
        manifest = build([source], out=folder / "out", config=config)
    except (DialectError, SourceError):
        return
    assert manifest.counts.balance() == 0
    assert verify(folder / "out").problems == ()
    lines_read = scan_ledger(folder / "out").select(pl.len()).collect().item()
    assert lines_read == manifest.counts.read


def test_tools_stand_where_a_trainer_looks_for_them(write: Write, tmp_path: Path) -> None:
    import datasets

    tools = [{"type": "function", "function": {"name": "look", "parameters": {"at": "sky"}}}]
    rows = [pair(0, tools=tools), pair(1, tools=json.dumps(tools)), pair(2), pair(3, tools="none")]
    config = config_of({"split": {"test": 0}})
    build([write("a.jsonl", rows)], out=tmp_path / "out", config=config)
    loaded = datasets.load_from_disk(str(tmp_path / "out" / "data"))["train"]
    assert [text and json.loads(text) for text in loaded["tools"]] == [tools, tools, None, None]
    assert json.loads(loaded["metadata"][3]) == {"tools": "none"}


def test_what_a_machine_that_went_down_has_left_is_not_trusted(
    write: Write, tmp_path: Path
) -> None:
    source = write("a.jsonl", faulty(40))
    build([source], out=tmp_path / "undisturbed")
    stale = tmp_path / ".out.prefdata"
    stale.mkdir()
    (stale / "boot").write_text("another start")
    (stale / "ingest-half").mkdir()
    build([source], out=tmp_path / "out")
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")
    assert not stale.exists()


def test_a_source_that_changes_underneath_publishes_nothing_and_leaves_nothing(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write("a.jsonl", [pair(n) for n in range(5)])

    def changing(*arguments: Any) -> Any:
        write("a.jsonl", [pair(n) for n in range(9)])
        return write_ledger(*arguments)

    monkeypatch.setattr("prefdata.pipeline.build.write_ledger", changing)
    with pytest.raises(SourceError, match="changed while it was read"):
        build([source], out=tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"a.jsonl"}


def test_a_disk_that_fails_while_the_next_file_is_made_is_an_error(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(path: Path) -> None:
        raise OutputError(f"cannot write {path}: the disk is full")

    monkeypatch.setattr("prefdata.pipeline.build.flush_to_disk", failing)
    with pytest.raises(OutputError, match="the disk is full"):
        build([write("a.jsonl", [pair(1)])], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()
