from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from runs import run_on
from sound_pairs import Write, pair

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.engines.local import LocalEngine
from prefdata.errors import IntegrityError
from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline.build import build
from prefdata.pipeline.stages.dataset import Dataset, dataset_of
from prefdata.records.columns import records_of
from prefdata.records.record import Record

CALL = {"type": "function", "function": {"name": "add", "arguments": {"a": 1}}}
ROLE = {"role": "assistant", "content": None, "tool_calls": [CALL]}


def rows(count: int, **more: Any) -> list[object]:
    made: list[object] = [pair(n, note=n, **more) for n in range(count)]
    made[3] = "{not json"
    made[5] = pair(4, note="a copy", **more)
    made[9] = pair(9, chosen="", **more)
    return made


def dataset(
    folder: Path, *places: Path, config: BuildConfig | None = None, workers: int = 1
) -> Dataset:
    folder.mkdir(exist_ok=True)
    with LocalEngine(workers) as engine:
        return dataset_of(run_on(places, folder, config, engine=engine))


def records(found: Dataset) -> dict[int, Record]:
    """By number of the ledger."""
    active = [batch for shard in found.trail.shards for batch in found.trail.verdicts.active(shard)]
    read = [record for batch in active for record in records_of(batch)]
    return dict(zip(found.pairs().numbers.tolist(), read, strict=True))


def test_raw_sources_pass_what_a_build_asks(write: Write, tmp_path: Path) -> None:
    config = config_of({"split": {"test": 0.3, "validation": 0.2}})
    sources = [write("a.jsonl", rows(40)), write("b.jsonl", [pair(n) for n in range(50, 70)])]
    found = dataset(tmp_path / "work", *sources, config=config)
    built = build(sources, out=tmp_path / "out", config=config)
    assert found.counts == built.counts
    ledger = scan_ledger(tmp_path / "out").collect()
    kept = ledger.filter(verdict="keep").select("row", "source", "source_row", "split", "group")
    pairs = found.pairs()
    assert pairs.frame.select(kept.columns).equals(kept)
    assert pairs.numbers.tolist() == pairs.rows.tolist()
    assert set(pairs.languages) == {"en"}
    assert found.counts.splits == {
        split: int(pairs.is_in(split).sum()) for split in ("train", "validation", "test")
    }


@pytest.mark.parametrize("to", ["arrow", "parquet"])
@pytest.mark.parametrize("kind", ["plain", "every margin", "some margins", "calls"])
def test_an_output_gives_the_records_that_were_built(
    write: Write, tmp_path: Path, to: str, kind: str
) -> None:
    made = rows(60, **({"margin": 1.25} if kind == "every margin" else {}))
    if kind != "plain":
        made[20] = pair(20, margin=0.5)
        made[30] = pair(30, margin=1e-7)
    if kind == "calls":
        made[25] = pair(25, chosen=[ROLE], rejected=[{"role": "assistant", "content": "no"}])
    config = config_of(
        {"shards": {"to": to, "max_bytes": 4096}, "split": {"test": 0.3, "validation": 0.1}}
    )
    sources = [write("a.jsonl", made), write("b.jsonl", [pair(n) for n in range(70, 80)])]
    raw = dataset(tmp_path / "raw", *sources, config=config)
    build(sources, out=tmp_path / "out", config=config)
    found = dataset(tmp_path / "work", tmp_path / "out")
    assert records(found) == records(raw)
    columns = ["number", "source", "source_row", "split", "group", "language", "margin"]
    assert found.pairs().frame.select(columns).sort("number").equals(raw.pairs().frame[columns])
    assert found.counts.read == found.counts.kept == raw.counts.kept
    assert found.counts.dropped == {}
    assert found.counts.splits == raw.counts.splits
    shards = found.trail.shards
    names = {found.trail.names[part.source] for shard in shards for part in shard.parts}
    assert names == {"a.jsonl", "b.jsonl"}


def test_small_shards_hold_the_same_rows(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build([write("a.jsonl", [pair(n) for n in range(2500)])], out=tmp_path / "out")
    whole = dataset(tmp_path / "whole", tmp_path / "out")
    monkeypatch.setattr("prefdata.steps.write.output_file.SHARD_BYTES", 1)
    small = dataset(tmp_path / "small", tmp_path / "out")
    assert len(small.trail.shards) > len(whole.trail.shards)
    assert records(small) == records(whole)
    assert small.pairs().frame.equals(whole.pairs().frame)


def test_workers_and_repetition_change_nothing(write: Write, tmp_path: Path) -> None:
    config = config_of({"shards": {"max_bytes": 8192}})
    build([write("a.jsonl", rows(200))], out=tmp_path / "out", config=config)
    one = dataset(tmp_path / "one", tmp_path / "out")
    two = dataset(tmp_path / "two", tmp_path / "out", workers=2)
    assert one.trail.identity == two.trail.identity
    assert one.pairs_file.read_bytes() == two.pairs_file.read_bytes()
    read = {shard.records: shard.records.stat().st_mtime_ns for shard in one.trail.shards}
    again = dataset(tmp_path / "one", tmp_path / "out")
    assert {shard.records: shard.records.stat().st_mtime_ns for shard in again.trail.shards} == read
    assert again.counts == one.counts


def test_without_groups_equal_prompts_are_one(write: Write, tmp_path: Path) -> None:
    made = [pair(1), pair(2), pair(1, prompt=pair(2)["prompt"], chosen="Quite another answer.")]
    config = config_of({"split": {"test": 0}})
    source = write("a.jsonl", made)
    build([source], out=tmp_path / "out", config=config)
    for place in (source, tmp_path / "out"):
        found = dataset(tmp_path / f"work-{place.name}", place, config=config)
        assert found.pairs().groups.tolist() == [0, 1, 1]
        assert found.counts.splits == {"train": 3}


def test_no_rows_are_no_pairs(write: Write, tmp_path: Path) -> None:
    source = write("a.jsonl", [])
    build([source], out=tmp_path / "out")
    for place in (source, tmp_path / "out"):
        found = dataset(tmp_path / f"work-{place.name}", place)
        assert len(found.pairs()) == found.counts.read == 0


def test_languages_are_those_of_the_completions(write: Write, tmp_path: Path) -> None:
    made = [
        pair(1),
        pair(2, chosen="因为空气会散射光线。", rejected="我不知道为什么。"),
        pair(3, chosen="42.", rejected="43.", prompt="Pourquoi le ciel est-il bleu le matin ?"),
        pair(4, chosen="1", rejected="2", prompt="3"),
    ]
    found = dataset(tmp_path / "work", write("a.jsonl", made))
    assert found.pairs().languages.to_list() == ["en", "zh", "fr", "und"]


def damage_bytes(out: Path) -> None:
    file = next((out / "data").rglob("*.arrow"))
    file.write_bytes(file.read_bytes()[:-8] + b"12345678")


def remove_file(out: Path) -> None:
    next((out / "ledger").iterdir()).unlink()


def rewritten(out: Path, name: str) -> None:
    """Makes the manifest agree with what a file holds now."""
    from hashlib import sha256

    manifest = json.loads((out / "manifest.json").read_text())
    entry = next(e for e in manifest["files"] if e["path"] == name)
    entry["sha256"] = sha256((out / name).read_bytes()).hexdigest()
    (out / "manifest.json").write_text(json.dumps(manifest))


def change_order(out: Path) -> None:
    file = next((out / "data" / "train").glob("*.arrow"))
    with pa.OSFile(str(file)) as source:
        table = pa.ipc.open_stream(source).read_all()
    turned = table.take(pa.array([1, 0, *range(2, len(table))]))
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(turned)
    rewritten(out, file.relative_to(out).as_posix())


def lose_rows(out: Path) -> None:
    file = next((out / "data" / "train").glob("*.arrow"))
    with pa.OSFile(str(file)) as source:
        table = pa.ipc.open_stream(source).read_all()
    with pa.OSFile(str(file), "wb") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table.slice(0, len(table) - 1))
    rewritten(out, file.relative_to(out).as_posix())


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (damage_bytes, "its bytes were changed"),
        (remove_file, "cannot be read"),
        (change_order, r"a.jsonl row 2 where the ledger has .*a.jsonl row 1"),
        (lose_rows, "it holds 29 rows, the ledger says 30"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_an_output_that_does_not_fit_is_refused(
    write: Write, tmp_path: Path, damage: Any, said: str
) -> None:
    source = write("a.jsonl", [pair(n) for n in range(30)])
    config = config_of({"split": {"test": 0}})
    build([source], out=tmp_path / "out", config=config)
    damage(tmp_path / "out")
    with pytest.raises(IntegrityError, match=said):
        dataset(tmp_path / "work", tmp_path / "out")


def test_an_unreadable_manifest_is_not_taken_for_raw_data(write: Write, tmp_path: Path) -> None:
    build([write("a.jsonl", [pair(1)])], out=tmp_path / "out")
    (tmp_path / "out" / "manifest.json").write_text("{}")
    with pytest.raises(IntegrityError, match="cannot be read as a manifest"):
        dataset(tmp_path / "work", tmp_path / "out")


def test_a_manifest_of_somebody_else_says_nothing(write: Write, tmp_path: Path) -> None:
    write("theirs/a.jsonl", [pair(n) for n in range(3)])
    (tmp_path / "theirs" / "manifest.json").write_text('{"name": "theirs"}')
    places = [tmp_path / "theirs" / "a.jsonl"]
    assert dataset(tmp_path / "work", *places).counts.kept == 3


def test_rows_are_found_in_any_order(write: Write, tmp_path: Path) -> None:
    pairs = dataset(tmp_path / "work", write("a.jsonl", rows(20))).pairs()
    some = pairs.of(pairs.rows[[4, 2, 0]])
    assert some.rows.tolist() == pairs.rows[[4, 2, 0]].tolist()
    with pytest.raises(KeyError):
        pairs.of(pairs.rows[:1] + 3)
