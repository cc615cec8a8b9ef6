from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from sound_pairs import Write, pair

from prefdata.cli.main import cli
from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline.build import build
from prefdata.pipeline.verify import verify

WORDS = [chr(ord("a") + n) * 6 for n in range(26)]


def rows(start: int, stop: int, **more: object) -> list[dict[str, object]]:
    """Pairs whose prompts have nothing in common."""
    return [
        pair(n, prompt=f"{WORDS[n % 26]} {WORDS[n // 26]} {n * 7919}?") | more
        for n in range(start, stop)
    ]


def splits_of(out: Path) -> dict[tuple[str, int], tuple[str | None, str | None]]:
    """(source, row of the source) to (split, reason)."""
    ledger = scan_ledger(out).collect()
    return {
        (source, row): (split, reason)
        for source, row, split, reason in ledger.select(
            "source", "source_row", "split", "reason"
        ).iter_rows()
    }


def counts(out: Path, source: str) -> dict[str | None, int]:
    ledger = scan_ledger(out).filter(pl.col("source") == source).collect()
    return dict(ledger["split"].value_counts().iter_rows())


def test_a_published_test_split_stays_and_train_loses_what_overlaps(
    write: Write, tmp_path: Path
) -> None:
    test = rows(100, 112)
    near = {**test[0], "prompt": f"{test[0]['prompt']} "}
    train = [*rows(0, 40), test[1], near, {**test[2], "chosen": "Other words altogether."}]
    # the train file comes first, so that a copy in it would represent the one in test
    sources = [write("a_train.jsonl", train), write("b_test.jsonl", test)]
    manifest = build(sources, out=tmp_path / "out")
    assert manifest.counts.dropped == {"leaks-into-test": 3}
    assert manifest.counts.splits == {"train": 40, "test": 12}
    assert counts(tmp_path / "out", "b_test.jsonl") == {"test": 12}
    assert verify(tmp_path / "out").problems == ()
    said = manifest.remarks["published-splits"]
    assert said == (
        "published splits are kept: train 43 rows (a_train.jsonl); test 12 rows (b_test.jsonl)"
    )
    lines = scan_ledger(tmp_path / "out").filter(pl.col("reason") == "leaks-into-test").collect()
    assert lines["other"].to_list() == [44, 43, 45]
    assert lines["evidence"][0] == ("connected with row 44 (test, same prompt), which is held out")
    assert "published splits are kept" in (tmp_path / "out" / "README.md").read_text()


def test_contradictions_across_splits_leave_the_row_held_out(write: Write, tmp_path: Path) -> None:
    test = rows(100, 110)
    turned = {**test[0], "chosen": test[0]["rejected"], "rejected": test[0]["chosen"]}
    sources = [write("train.jsonl", [*rows(0, 20), turned]), write("test.jsonl", test)]
    manifest = build(sources, out=tmp_path / "out")
    assert manifest.counts.dropped == {"leaks-into-test": 1}
    assert manifest.counts.splits == {"train": 20, "test": 10}


def test_a_field_names_splits_and_the_rest_is_divided(write: Write, tmp_path: Path) -> None:
    given = [
        *rows(0, 30, split="train_prefs"),
        *rows(30, 40, split="test_prefs"),
        *rows(40, 44, split="dev"),
        *rows(50, 52, split="challenge"),
        *rows(60, 160),
    ]
    manifest = build(
        [write("a.jsonl", given)], out=tmp_path / "out", config={"split": {"test": 0.3}}
    )
    places = splits_of(tmp_path / "out")
    by_row = [places["a.jsonl", row][0] for row in range(1, len(given) + 1)]
    assert by_row[:44] == ["train"] * 30 + ["test"] * 10 + ["validation"] * 4
    assert {"train", "test"} == set(by_row[46:])
    said = manifest.remarks["published-splits"]
    assert "test 10 rows (the field split of a.jsonl)" in said
    assert "102 rows without one are split as the config says" in said
    assert "2 rows of a.jsonl have a field split that names none" in said
    assert "'challenge'" in said


def test_what_has_no_split_goes_where_its_published_kin_is(write: Write, tmp_path: Path) -> None:
    test = rows(100, 110)
    kin = [{**row, "chosen": f"Another answer, number {n}."} for n, row in enumerate(test)]
    sources = [
        write("kin.jsonl", kin),
        write("train.jsonl", rows(0, 20)),
        write("test.jsonl", test),
    ]
    build(sources, out=tmp_path / "out")
    assert counts(tmp_path / "out", "kin.jsonl") == {"test": 10}
    assert verify(tmp_path / "out").problems == ()


def test_parquet_shards_of_a_snapshot_and_a_dataset_dict(tmp_path: Path) -> None:
    import datasets

    dataset = datasets.DatasetDict(
        {
            "train": datasets.Dataset.from_list(rows(0, 20)),
            "validation": datasets.Dataset.from_list(rows(20, 25)),
            "test": datasets.Dataset.from_list(rows(30, 36)),
        }
    )
    dataset.save_to_disk(str(tmp_path / "disk"))
    (tmp_path / "hub" / "data").mkdir(parents=True)
    for split, part in dataset.items():
        name = f"{split}_prefs-00000-of-00001.parquet"
        pq.write_table(part.data.table, tmp_path / "hub" / "data" / name)
    for place in ("disk", "hub"):
        manifest = build([tmp_path / place], out=tmp_path / f"out-{place}")
        assert manifest.counts.splits == {"train": 20, "validation": 5, "test": 6}


@pytest.mark.parametrize("how", ["option", "config"])
def test_published_splits_can_be_ignored(write: Write, tmp_path: Path, how: str) -> None:
    write("train.jsonl", rows(0, 40))
    write("test.jsonl", rows(100, 140))
    out = tmp_path / "out"
    sources = [str(tmp_path / "train.jsonl"), str(tmp_path / "test.jsonl")]
    if how == "option":
        call = ["build", *sources, "--out", str(out), "--resplit", "--json"]
        result = CliRunner().invoke(cli, call)
        assert result.exit_code == 0, result.output
    else:
        build(sources, out=out, config={"split": {"published": "ignore"}})
    assert counts(out, "test.jsonl").get("train", 0) > 30
    assert "published-splits" not in json.loads((out / "manifest.json").read_text())["remarks"]


@pytest.mark.parametrize(
    ("names", "is_said"),
    [
        (("test.jsonl",), True),
        (("test.jsonl", "more.jsonl"), True),
        (("train.jsonl",), False),
        (("train.jsonl", "more.jsonl"), False),
        (("latest.jsonl", "more.jsonl"), False),
    ],
)
def test_a_lone_name_publishes_no_split_and_changes_no_byte(
    write: Write, tmp_path: Path, names: tuple[str, ...], is_said: bool
) -> None:
    sources = [write(name, rows(40 * n, 40 * n + 40)) for n, name in enumerate(names)]
    kept = build(sources, out=tmp_path / "kept")
    build(sources, out=tmp_path / "ignored", config={"split": {"published": "ignore"}})
    assert ("published-splits" in kept.remarks) == is_said
    assert not is_said or "not kept" in kept.remarks["published-splits"]
    assert data_of(tmp_path / "kept") == data_of(tmp_path / "ignored")


def data_of(out: Path) -> dict[str, Any]:
    """The bytes of data and ledger."""
    return {
        path.relative_to(out).as_posix(): path.read_bytes()
        for folder in ("data", "ledger")
        for path in sorted((out / folder).rglob("*"))
        if path.is_file()
    }


def test_file_and_field_that_disagree_are_told_and_the_stricter_counts(
    write: Write, tmp_path: Path
) -> None:
    sources = [
        write("train.jsonl", [*rows(0, 20), *rows(20, 25, split="test")]),
        write("test.jsonl", rows(100, 110, split="train")),
    ]
    manifest = build(sources, out=tmp_path / "out")
    assert manifest.counts.splits == {"train": 20, "test": 15}
    assert "10 rows of test.jsonl" in manifest.remarks["published-splits"]


def test_several_workers_give_the_same_bytes(write: Write, tmp_path: Path) -> None:
    sources = [
        write("train.jsonl", rows(0, 200)),
        write("test.jsonl", [*rows(190, 230), *rows(300, 340, split="dev")]),
    ]
    config = {"read": {"segment_bytes": 64 * 1024, "block_bytes": 16 * 1024}}
    one, two = tmp_path / "one", tmp_path / "two"
    build(sources, out=one, config=config, workers=1)
    build(sources, out=two, config=config, workers=2)
    assert data_of(one) == data_of(two)


def votes(first: int, **more: object) -> list[dict[str, object]]:
    """Votes of three judges on two answers to ten questions, two of them for the first answer."""
    return [
        {
            "prompt": f"{WORDS[n]} {n * 7919}?",
            "response_a": f"It is {n}.",
            "response_b": f"Nobody knows {n}.",
            "winner": "model_a" if (judge < 2) == bool(first) else "model_b",
            "judge": f"judge {judge}",
        }
        | more
        for n in range(10)
        for judge in range(3)
    ]


def pairs_of(out: Path) -> list[tuple[str, str | None, str | None]]:
    ledger = scan_ledger(out).select("source", "reason", "split").unique().collect()
    return sorted(ledger.rows(), key=str)


def test_votes_of_different_splits_do_not_meet(write: Write, tmp_path: Path) -> None:
    sources = [write("train.jsonl", votes(0)), write("test.jsonl", votes(1))]
    out = tmp_path / "out"
    build([*sources, write("more/train.jsonl", rows(100, 110))], out=out)
    assert pairs_of(out) == [
        ("more/train.jsonl", None, "train"),
        ("test.jsonl", None, "test"),
        ("train.jsonl", "leaks-into-test", None),
    ]
    (shard,) = (out / "data" / "test").glob("*.arrow")
    said = pa.ipc.open_stream(shard).read_all().column("chosen").to_pylist()
    assert len(said) == 10 and all("It is" in str(text) for text in said)
    assert verify(out).problems == ()
    build(sources, out=tmp_path / "met", config={"split": {"published": "ignore"}})
    # together they outweigh each other
    assert {reason for _, reason, _ in pairs_of(tmp_path / "met")} == {"tie"}


def test_votes_of_one_split_meet_whatever_says_so(write: Write, tmp_path: Path) -> None:
    sources = [
        write("votes.jsonl", [{**row, "split": "test_prefs"} for row in votes(1)[::3]]),
        write("test.jsonl", [row for n, row in enumerate(votes(1)) if n % 3]),
        write("train.jsonl", rows(100, 110)),
    ]
    build(sources, out=tmp_path / "out")
    assert pairs_of(tmp_path / "out") == [
        ("train.jsonl", None, "train"),
        ("votes.jsonl", None, "test"),
    ]
