"""From an output folder to the files that are published, and their manifest."""

from __future__ import annotations

import hashlib
import http.server
import json
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import polars as pl
import pytest
from datasets import load_dataset
from sound_pairs import Write, pair
from vouched import write_vouched

from prefdata.config.load import config_of
from prefdata.config.push import PARTS, PushConfig
from prefdata.errors import SourceError, UsageError
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.publish.stage_dataset import Staged, stage
from prefdata.pipeline.verify import read_manifest, verify
from prefdata.results.manifest import Manifest

CALL = {"id": "1", "type": "function", "function": {"name": "f", "arguments": '{"a": 1.50}'}}
WITH_TOOLS = {
    "prompt": [{"role": "user", "content": "Weather?"}],
    "chosen": [{"role": "assistant", "content": None, "tool_calls": [CALL]}],
    "rejected": [{"role": "assistant", "content": "No."}],
    "tools": [{"type": "function", "function": {"name": "f", "parameters": {}}}],
}
TROUBLE: list[Any] = ["{broken", pair(1), pair(10, chosen="Same.", rejected="same. ")]
DATA: dict[str, tuple[list[Any], dict[str, Any]]] = {
    "plain": ([*(pair(n) for n in range(40)), *TROUBLE], {}),
    "margins": ([pair(n, margin=n / 2) for n in range(40)], {"split": {"validation": 0.3}}),
    "tools": ([*(pair(n, margin=1.0) for n in range(20)), WITH_TOOLS, *TROUBLE], {}),
    "shards": ([pair(n, seen=n) for n in range(60)], {"shards": {"max_bytes": 1024}}),
    "nothing": ([pair(10, chosen="Same.", rejected="same. ")], {}),
    "one": ([pair(10)], {"split": {"test": 0.0}}),
}


def built(source: Path, out: Path, to: str, more: dict[str, Any]) -> Manifest:
    values = {"split": {"test": 0.3}, **more}
    values["shards"] = {**more.get("shards", {}), "to": to}
    return build([source], out=out, config=config_of(values), workers=1)


def staged(out: Path, work: Path, *parts: str, **more: Any) -> Staged:
    config = PushConfig(parts=parts, **more)  # type: ignore[arg-type]
    return stage(out, read_manifest(out), config, work)


def copied(found: Staged, folder: Path) -> Path:
    """The staged files in a folder, with the manifest, as a target would hold them."""
    for file in found.files:
        (folder / file.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(file.local, folder / file.path)
    write_vouched(folder, found.manifest.model_dump_json())
    return folder


@pytest.mark.parametrize("case", DATA)
def test_what_is_published_does_not_depend_on_the_form_of_the_shards(
    case: str, write: Write, tmp_path: Path
) -> None:
    rows, more = DATA[case]
    source = write("a.jsonl", rows)
    for to in ("arrow", "parquet"):
        built(source, tmp_path / to, to, more)
    arrow, parquet = (staged(tmp_path / to, tmp_path / "w", *PARTS) for to in ("arrow", "parquet"))
    assert arrow.manifest.files == parquet.manifest.files
    assert arrow.manifest.files == tuple(
        entry for entry in read_manifest(tmp_path / "parquet").files if entry.path != "README.md"
    )
    assert all(file.local.is_relative_to(tmp_path / "parquet") for file in parquet.files)
    for to in (arrow, parquet):
        assert [file.path for file in to.files] == [entry.path for entry in to.manifest.files]
        for file, entry in zip(to.files, to.manifest.files, strict=True):
            content = file.local.read_bytes()
            assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())
            assert (file.bytes, file.sha256) == (entry.bytes, entry.sha256)
    if case == "shards":
        assert sum("data/train-" in file.path for file in arrow.files) > 2


def test_the_copy_loads_as_the_folder_does(write: Write, tmp_path: Path) -> None:
    rows, more = DATA["plain"]
    built(write("a.jsonl", rows), tmp_path / "out", "arrow", more)
    copy = copied(staged(tmp_path / "out", tmp_path / "work"), tmp_path / "copy")
    loaded, here = (
        load_dataset(kind, data_files={"train": str(place)}, cache_dir=str(tmp_path / "hf"))
        for kind, place in (
            ("parquet", copy / "data" / "train-*.parquet"),
            ("arrow", tmp_path / "out" / "data" / "train" / "*.arrow"),
        )
    )
    assert loaded["train"].features == here["train"].features
    assert loaded["train"].to_list() == here["train"].to_list()


@pytest.mark.parametrize(
    ("parts", "left_out"),
    [
        ((), ("ledger", "dropped", "quarantine")),
        (("ledger",), ("dropped", "quarantine")),
        (("quarantine", "dropped"), ("ledger",)),
        (PARTS, ()),
    ],
)
def test_only_parts_that_were_asked_for_go_along(
    parts: tuple[str, ...], left_out: tuple[str, ...], write: Write, tmp_path: Path
) -> None:
    rows, more = DATA["plain"]
    before = built(write("a.jsonl", rows), tmp_path / "out", "arrow", more)
    found = staged(tmp_path / "out", tmp_path / "work", *parts)
    assert found.manifest.left_out == left_out
    folders = {file.path.partition("/")[0] for file in found.files}
    assert folders == {"data", "ledger", "dropped", "quarantine"} - {*left_out}
    kept = {"counts", "fingerprint", "sources", "config", "versions"}
    assert found.manifest.model_dump(include=kept) == before.model_dump(include=kept)


def test_a_part_that_is_not_there_is_an_error_where_it_was_asked_for_by_name(
    write: Write, tmp_path: Path
) -> None:
    built(write("a.jsonl", DATA["plain"][0]), tmp_path / "out", "parquet", {})
    with pytest.raises(UsageError, match="there is no report/ to publish"):
        staged(tmp_path / "out", tmp_path / "work", "report")


def test_a_push_that_was_killed_does_not_convert_again_what_it_had(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows, more = DATA["shards"]
    out, work = tmp_path / "out", tmp_path / "work"
    built(write("a.jsonl", rows), out, "arrow", more)
    told: list[int] = []

    def killed(step: str, done: int, total: int) -> None:
        told.append(done)
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage(out, read_manifest(out), PushConfig(parts=PARTS), work, killed)
    made = {path: path.stat().st_mtime_ns for path in work.rglob("*.parquet")}
    assert len(made) == 2
    found = staged(out, work, *PARTS)
    assert {path: path.stat().st_mtime_ns for path in made} == made
    assert found.manifest.files == staged(out, tmp_path / "fresh", *PARTS).manifest.files


class _Served(http.server.BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self._answer(b"")

    def do_GET(self) -> None:
        self._answer(b"".join(json.dumps(row).encode() + b"\n" for row in [*TROUBLE[1:], pair(5)]))

    def _answer(self, content: bytes) -> None:
        is_signed = "Signature=hush" in self.path
        self.send_response(200 if is_signed else 403)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def host() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Served) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def _in_memory() -> tuple[str, str]:
    system = fsspec.filesystem("memory")
    system.pipe("/me:hush@host/a.jsonl", json.dumps(pair(5)).encode())
    return "memory://me:hush@host/a.jsonl", "memory://host/a.jsonl"


@pytest.mark.parametrize("kind", ["memory", "http"])
def test_what_opened_a_source_is_written_nowhere(kind: str, host: str, tmp_path: Path) -> None:
    if kind == "memory":
        url, shown = _in_memory()
    else:
        pytest.importorskip("aiohttp")
        url = f"http://me:hush@{host}/a.jsonl?X-Amz-Signature=hush{'0' * 300}&id=7"
        shown = f"http://{host}/a.jsonl?id=7"
    build([], out=tmp_path / "out", config=config_of({"sources": [url]}), workers=1)
    for path in (path for path in (tmp_path / "out").rglob("*") if path.is_file()):
        content = path.read_bytes()
        if path.suffix == ".parquet":
            content = str(pl.read_parquet(path, memory_map=False).to_dicts()).encode()
        assert b"hush" not in content, path
    manifest = read_manifest(tmp_path / "out")
    assert (manifest.sources[0].name, manifest.config["sources"]) == (shown, [shown])
    with pytest.raises(SourceError) as said:
        build([url.replace("a.jsonl?X-Amz-Sig", "no?").replace("/a.", "/no.")], out=tmp_path / "no")
    assert "hush" not in str(said.value)


@pytest.fixture
def reviewed(write: Write, tmp_path: Path) -> Path:
    """An output folder whose report holds answers: read by an audit, and since then in a sheet."""
    source, out = write("a.jsonl", [pair(n) for n in range(20)]), tmp_path / "reviewed"
    built(source, out, "parquet", {})
    sheet = tmp_path / "hand.csv"
    sheet.write_text(f"source,source_row,decision\n{source},3,keep\n")
    given = {"views": ["controls"], "review": {"decisions": str(sheet)}}
    audit([out], config=config_of({"audit": given}), workers=1)
    sheet = out / "report/review.csv"
    sheet.write_bytes(sheet.read_bytes().replace(b'\r\n""', b'\r\n"tie"', 1))
    assert verify(out).problems == ()
    return out


def test_answers_are_published_only_when_asked_for(reviewed: Path, tmp_path: Path) -> None:
    answers = {"report/decisions.csv", "report/review.csv", "report/review.jsonl"}
    plain = staged(reviewed, tmp_path / "w", "report")
    assert not answers & {file.path for file in plain.files}
    assert plain.manifest.sheets == {}
    assert "--with review" in plain.remarks[0]
    asked = staged(reviewed, tmp_path / "w", "report", "review")
    assert answers < {file.path for file in asked.files} and asked.remarks == ()
    for found, name in ((plain, "plain"), (asked, "asked")):
        copied(found, tmp_path / name)
        assert verify(tmp_path / name).problems == ()
    sheet = (tmp_path / "asked" / "report/review.csv").read_bytes()
    assert sheet == (reviewed / "report/review.csv").read_bytes()


def test_a_sheet_that_somebody_wrote_in_is_held_back_alone(write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    sheets = {"report/review.csv", "report/review.jsonl"}
    built(write("a.jsonl", [pair(n) for n in range(20)]), out, "parquet", {})
    audit([out], config=config_of({"audit": {"views": ["controls"]}}), workers=1)
    asked = staged(out, tmp_path / "w", "report")
    assert sheets < {file.path for file in asked.files}  # nobody has answered
    sheet = out / "report/review.csv"
    sheet.write_bytes(sheet.read_bytes().replace(b'\r\n""', b'\r\n"tie"', 1))
    answered = staged(out, tmp_path / "w", "report")
    assert sheets & {file.path for file in answered.files} == {"report/review.jsonl"}
    assert {*answered.manifest.sheets} == {"report/review.jsonl"}


def test_a_review_that_is_not_there_cannot_be_asked_for(write: Write, tmp_path: Path) -> None:
    built(write("a.jsonl", [pair(n) for n in range(20)]), tmp_path / "out", "parquet", {})
    with pytest.raises(UsageError, match="there is no review/"):
        staged(tmp_path / "out", tmp_path / "w", "review")
