"""Copies of output folders, as they are published: sound, or it is told what is not."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sound_pairs import pair
from vouched import manifest_of, write_vouched

from prefdata.config.load import config_of
from prefdata.config.push import PARTS, PushConfig
from prefdata.pipeline.build import build
from prefdata.pipeline.publish.stage_dataset import stage
from prefdata.pipeline.verify import read_manifest, verify
from prefdata.results.ledger import LEDGER_SCHEMA
from prefdata.transforms.card.text import card_entry

CARD = """---
license: mit
---
<!-- prefdata:begin counts -->

7 rows.

<!-- prefdata:end counts -->
"""
TRAIN, LEDGER = "data/train-00000-of-00001.parquet", "ledger/ledger-00000.parquet"

Tamper = Callable[[Path], None]


@pytest.fixture(scope="module", params=["arrow", "parquet"])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two copies of one output folder, with all its parts (`all`) and with the data (`data`)."""
    root = tmp_path_factory.mktemp("published")
    rows = [pair(number) for number in range(30)]
    rows[6] = pair(5)
    lines = [json.dumps(row) for row in rows]
    lines[4] = "{broken"
    (root / "a.jsonl").write_text("\n".join(lines))
    config = config_of({"shards": {"to": request.param}, "split": {"test": 0.3}})
    manifest = build([root / "a.jsonl"], out=root / "out", config=config)
    for name, parts in (("all", PARTS), ("data", ())):
        staged = stage(root / "out", manifest, PushConfig(parts=parts), root / "work")
        for file in staged.files:
            (root / name / file.path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file.local, root / name / file.path)
        (root / name / "README.md").write_text(CARD)
        copy = staged.manifest.model_copy(update={"card": card_entry(CARD, pushed=True)})
        write_vouched(root / name, copy.model_dump_json())
    return root


@pytest.fixture
def whole(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published / "all", tmp_path / "all"))


@pytest.fixture
def part(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published / "data", tmp_path / "data"))


@pytest.mark.parametrize("name", ["out", "all", "data"])
def test_an_output_folder_and_its_copies_are_sound(published: Path, name: str) -> None:
    assert verify(published / name).problems == ()


@pytest.mark.parametrize(
    "path", [".gitattributes", "LICENSE", ".cache/huggingface/a.lock", "images/a.png", "data/.keep"]
)
def test_files_of_others_beside_a_copy_are_no_concern(part: Path, path: str) -> None:
    write(part / path)
    assert verify(part).problems == ()


def test_in_an_output_folder_nothing_else_may_lie(published: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(published / "out", tmp_path / "out"))
    write(out / "LICENSE")
    assert verify(out).problems == ("LICENSE: not named in manifest.json",)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("data/train-00001-of-00002.parquet", ""),
        ("reward_model/model.safetensors", ""),
        ("ledger/ledger-00000.parquet", ", which says that ledger was left out"),
    ],
)
def test_what_is_stale_in_a_copy_is_found(part: Path, path: str, why: str) -> None:
    write(part / path)
    assert verify(part).problems == (f"{path}: not named in manifest.json{why}",)


def test_a_snapshot_of_links_to_blobs_is_sound_and_other_links_are_not(
    published: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "datasets--org--name" / "snapshots" / ("0" * 40)
    blobs = copy.parent.parent / "blobs"
    blobs.mkdir(parents=True)
    for number, path in enumerate(p for p in (published / "all").rglob("*") if p.is_file()):
        shutil.copy2(path, blobs / str(number))
        link = copy / path.relative_to(published / "all")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(blobs / str(number))
    assert verify(copy).problems == ()
    (copy / TRAIN).unlink()
    (copy / TRAIN).symlink_to(published / "all" / TRAIN)
    assert verify(copy).problems == (f"{TRAIN}: outside the output folder",)


def test_people_may_write_in_the_card_but_not_over_what_is_generated(whole: Path) -> None:
    card = whole / "README.md"
    card.write_bytes((CARD + "\n## Ours\r\n\nWords.\n").encode())
    assert verify(whole).problems == ()
    card.write_text(CARD.replace("7 rows", "8 rows"))
    (problem,) = verify(whole).problems
    assert problem.startswith("README.md: what prefdata wrote in it was changed; `prefdata card")
    card.unlink()
    assert verify(whole).problems == ("README.md: missing; `prefdata card OUT` writes it anew",)


def test_a_card_from_before_cards_could_be_edited_is_guarded_as_a_file(
    published: Path, tmp_path: Path
) -> None:
    out = Path(shutil.copytree(published / "out", tmp_path / "out"))
    (out / "README.md").write_text("old")
    entry = {"path": "README.md", "bytes": 3, "sha256": hashlib.sha256(b"old").hexdigest()}
    manifest = manifest_of(out)
    others = [file for file in manifest["files"] if file["path"] != "README.md"]
    manifest |= {"files": [*others, entry], "card": None}
    write_vouched(out, manifest)
    assert verify(out).problems == ()
    (out / "README.md").write_text("new")
    assert verify(out).problems == ("README.md: the checksum differs; its bytes were changed",)


def test_every_file_of_a_copy_is_guarded(whole: Path) -> None:
    for entry in read_manifest(whole).files:
        path, before = whole / entry.path, (whole / entry.path).read_bytes()
        path.write_bytes(before[:-1] + bytes([before[-1] ^ 1]))
        assert verify(whole).problems == (
            f"{entry.path}: the checksum differs; its bytes were changed",
        )
        path.unlink()
        assert verify(whole).problems == (f"{entry.path}: missing",)
        path.write_bytes(before)
    assert verify(whole).problems == ()


def write(path: Path, content: bytes = b"x") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def vouched(root: Path, path: str, content: bytes, rows: int | None) -> None:
    """Writes a file, and has the manifest say that this is how it has to be."""
    write(root / path, content)
    manifest = manifest_of(root)
    files = [file for file in manifest["files"] if file["path"] != path]
    checksum = hashlib.sha256(content).hexdigest()
    files.append({"path": path, "bytes": len(content), "sha256": checksum, "rows": rows})
    manifest["files"] = files
    write_vouched(root, manifest)


def parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink)
    return bytes(sink.getvalue())


def ledger_with(root: Path, **columns: pl.Expr) -> None:
    lines = pl.read_parquet(root / LEDGER, memory_map=False).with_columns(**columns)
    vouched(root, LEDGER, parquet(lines.to_arrow().cast(LEDGER_SCHEMA)), len(lines))


def fewer_rows(root: Path) -> None:
    table = pq.read_table(root / TRAIN)
    vouched(root, TRAIN, parquet(table.slice(1)), len(table) - 1)


def one_row_to_the_other_split(root: Path) -> None:
    test = TRAIN.replace("train", "test")
    first, other = pq.read_table(root / TRAIN), pq.read_table(root / test)
    vouched(root, TRAIN, parquet(first.slice(1)), len(first) - 1)
    both = pa.concat_tables([other, first.slice(0, 1)])
    vouched(root, test, parquet(both), len(both))


def with_manifest(**changes: object) -> Tamper:
    def tamper(root: Path) -> None:
        manifest = manifest_of(root)
        write_vouched(root, manifest | changes)

    return tamper


def without_ledger(root: Path) -> None:
    (root / LEDGER).unlink()
    manifest = manifest_of(root)
    manifest["files"] = [file for file in manifest["files"] if file["path"] != LEDGER]
    write_vouched(root, manifest)


def with_path(path: str) -> Tamper:
    def tamper(root: Path) -> None:
        manifest = manifest_of(root)
        manifest["files"][0]["path"] = path
        write_vouched(root, manifest)

    return tamper


ARROW_NAME = "data/train/data-00000-of-00001.arrow"


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (fewer_rows, "data/train: its files hold"),
        (one_row_to_the_other_split, "data/test: its files hold"),
        (without_ledger, "ledger: its files hold 0 rows"),
        (with_manifest(left_out=["dropped"]), "dropped: manifest.json names files of it"),
        (with_path("../a"), "outside the output folder"),
        (with_path("/etc/passwd"), "outside the output folder"),
        (with_path("data/a\0b"), "outside the output folder"),
        (lambda root: vouched(root, TRAIN, b"no parquet", 3), "cannot be read"),
        (
            lambda root: ledger_with(
                root, file=pl.col("file").replace(TRAIN, ARROW_NAME)
            ),
            f"rows went to {ARROW_NAME}, which holds 0",
        ),
        (lambda root: ledger_with(root, verdict=pl.lit("keep")), "ledger: cannot be read"),
        (
            lambda root: ledger_with(root, reason=pl.lit("tie")),
            "ledger: its lines count to",
        ),
        (
            lambda root: ledger_with(
                root, group=pl.when(verdict="keep").then(pl.lit(0)).otherwise(None)
            ),
            "ledger: groups in more than one split",
        ),
        (
            lambda root: vouched(
                root, LEDGER, parquet(pa.table({"row": list(range(30))})), 30
            ),
            "ledger: cannot be read",
        ),
    ],
)  # fmt: skip
def test_what_was_tampered_with_is_found_though_all_checksums_agree(
    whole: Path, tamper: Tamper, said: str
) -> None:
    tamper(whole)
    problems = verify(whole).problems
    assert any(said in problem for problem in problems), problems
