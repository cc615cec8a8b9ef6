"""Two builds are compared by what their rows hold."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from prefdata.cli.main import cli
from prefdata.errors import IntegrityError, UsageError
from prefdata.pipeline.build import build
from prefdata.pipeline.diff import diff
from prefdata.pipeline.push import push
from prefdata.results.changes import Changes

CONFIG = {"split": {"test": 0.0}, "near": {"action": "off"}}


def pair(
    number: int, chosen: str = "It is blue.", rejected: str = "It is green."
) -> dict[str, object]:
    return {
        "prompt": f"What colour has thing number {number} in the long list of things?",
        "chosen": f"{number}: {chosen}",
        "rejected": f"{number}: {rejected}",
    }


def written(path: Path, rows: list[dict[str, object]], *raw: str) -> Path:
    lines = [json.dumps(row) for row in rows]
    path.write_text("\n".join([*lines, *raw]) + "\n", encoding="utf-8")
    return path


def built(tmp_path: Path, name: str, *sources: Path, **config: object) -> Path:
    out = tmp_path / name
    build(list(sources), out=out, config=CONFIG | config)
    return out


def counts(found: Changes) -> dict[tuple[str, str | None, str | None], int]:
    return {(c.kind, c.before, c.after): c.rows for c in found.changes}


def test_a_build_does_not_differ_from_itself_made_again(tmp_path: Path) -> None:
    source = written(tmp_path / "a.jsonl", [pair(n) for n in range(9)], "not json")
    one, other = built(tmp_path, "one", source), built(tmp_path, "other", source)
    found = diff(one, other)
    assert found.is_same and found.same == 10
    assert found.changes == found.sources == found.examples == found.settings == ()


def test_rows_that_only_move_do_not_change(tmp_path: Path) -> None:
    rows = [pair(n) for n in range(20)]
    before = built(tmp_path, "before", written(tmp_path / "a.jsonl", rows, "broken", "also broken"))
    halves = (
        written(tmp_path / "b.jsonl", rows[15:], "also broken"),
        written(tmp_path / "c.jsonl", rows[:15][::-1], "broken"),
    )
    found = diff(before, built(tmp_path, "after", *halves))
    assert found.is_same and found.same == 22


def test_every_kind_of_change_is_found(tmp_path: Path) -> None:
    rows = [pair(n) for n in range(12)]
    before = built(tmp_path, "before", written(tmp_path / "a.jsonl", rows, "broken"))
    turned = rows[3] | {"chosen": rows[3]["rejected"], "rejected": rows[3]["chosen"]}
    tied = rows[5] | {"rejected": rows[5]["chosen"]}
    changed = [*rows[1:3], turned, rows[4], tied, rows[6] | {"margin": 2.0}, *rows[7:], pair(99)]
    after = built(tmp_path, "after", written(tmp_path / "a.jsonl", changed, "broken"))
    found = diff(before, after)
    assert counts(found) == {
        ("came", None, "keep"): 1,
        ("came", None, "drop: identical-sides"): 1,
        ("went", "keep", None): 2,
        ("label", None, None): 1,
        ("margin", None, None): 1,
    }
    assert (found.came, found.went, found.changed, found.same) == (2, 2, 2, 9)
    (source,) = found.sources
    assert (source.source, source.came, source.went, source.changed) == ("a.jsonl", 2, 2, 2)
    assert [s.name for s in found.settings] == ["sources.a.jsonl"]
    places = {place.kind: (place.row_before, place.row_after) for place in found.examples}
    assert places["label"] == (3, 2)


def test_verdicts_and_splits_follow_the_config(tmp_path: Path) -> None:
    rows = [pair(n) for n in range(40)]
    source = written(tmp_path / "a.jsonl", [*rows, rows[7]])
    before = built(tmp_path, "before", source)
    config = {"exact": {"identical": "flag"}, "split": {"test": 0.3}}
    after = built(tmp_path, "after", source, **config)
    found = diff(before, after)
    moved = pl.read_parquet(after / "ledger/*.parquet").filter(split="test", verdict="keep")
    verdict = ("verdict", "drop: duplicate-pair", "keep")
    assert counts(found)[verdict] == 1
    in_both = len(moved.filter(pl.col("row") != 40))
    assert counts(found)[("split", "train", "test")] == in_both > 0
    names = {setting.name for setting in found.settings}
    assert names == {"exact.identical", "split.test"}


def test_of_copies_as_many_match_as_both_builds_have(tmp_path: Path) -> None:
    rows = [pair(1), pair(1), pair(1), pair(2)]
    before = built(tmp_path, "before", written(tmp_path / "a.jsonl", rows))
    after = built(tmp_path, "after", written(tmp_path / "a.jsonl", [*rows[:2], rows[3]]))
    found = diff(before, after)
    assert counts(found) == {("went", "drop: duplicate-pair", None): 1}
    assert found.same == 3


def test_a_label_that_people_turn_is_a_change(tmp_path: Path) -> None:
    source = written(tmp_path / "a.jsonl", [pair(n) for n in range(6)])
    before = built(tmp_path, "before", source)
    fingerprint = pl.read_parquet(before / "ledger/*.parquet")["fingerprint"][4]
    sheet = tmp_path / "decisions.csv"
    sheet.write_text(f"fingerprint,decision\n{fingerprint},flip\n", encoding="utf-8")
    after = built(
        tmp_path,
        "after",
        source,
        audit={"run": False, "review": {"decisions": str(sheet), "flips": "flip"}},
    )
    found = diff(before, after)
    assert counts(found) == {("label", None, None): 1}
    assert found.examples[0].row_after == 4


@pytest.mark.parametrize("suffix", ["parquet", "jsonl", "csv"])
def test_all_changes_are_written_to_a_file(tmp_path: Path, suffix: str) -> None:
    before = built(tmp_path, "before", written(tmp_path / "a.jsonl", [pair(1), pair(2)]))
    after = built(tmp_path, "after", written(tmp_path / "a.jsonl", [pair(n) for n in range(9)]))
    path = tmp_path / f"changes.{suffix}"
    found = diff(before, after, examples=0, out=path)
    read = {"parquet": pl.read_parquet, "jsonl": pl.read_ndjson, "csv": pl.read_csv}[suffix](path)
    assert found.examples == ()
    assert Counter(read["kind"]) == {"came": 7}
    assert sorted(read["row_after"]) == [0, *range(3, 9)]


def test_what_cannot_be_compared_is_said(tmp_path: Path) -> None:
    out = built(tmp_path, "one", written(tmp_path / "a.jsonl", [pair(1)]))
    with pytest.raises(UsageError, match=r"ends in \.parquet, \.jsonl, \.csv"):
        diff(out, out, out=tmp_path / "changes.txt")
    old = tmp_path / "old"
    shutil.copytree(out, old)
    (file,) = (old / "ledger").glob("*.parquet")
    pl.read_parquet(file).drop("pair").write_parquet(file)
    with pytest.raises(IntegrityError, match="older version"):
        diff(old, out)


def test_the_command_says_it_in_its_exit_code_and_escapes_what_it_prints(tmp_path: Path) -> None:
    before = built(tmp_path, "before", written(tmp_path / "a.jsonl", [pair(1)]))
    hostile = written(tmp_path / "[red]\x1b[2J.jsonl", [pair(1), pair(2)])
    after = built(tmp_path, "after", hostile)
    same = CliRunner().invoke(cli, ["diff", str(before), str(before)], standalone_mode=False)
    assert same.return_value == 0 and "No row differs." in same.output
    found = CliRunner().invoke(cli, ["diff", str(before), str(after)], standalone_mode=False)
    assert found.return_value == 1 and "1 came" in found.output
    assert "\x1b" not in found.output and "[red]" in found.output
    as_json = CliRunner().invoke(
        cli, ["diff", str(before), str(after), "--json"], standalone_mode=False
    )
    assert Changes.model_validate_json(as_json.output).came == 1


def test_a_copy_without_texts_is_compared_by_the_places_of_its_rows(tmp_path: Path) -> None:
    source = written(tmp_path / "a.jsonl", [pair(n) for n in range(5)], "broken", "also broken")
    out = built(tmp_path, "out", source)
    push(out, str(tmp_path / "copy"), config={"parts": ["ledger"]})
    found = diff(tmp_path / "copy", out)
    assert found.is_same and found.same == 7
    push(out, str(tmp_path / "bare"))
    with pytest.raises(IntegrityError, match="has no ledger"):
        diff(tmp_path / "bare", out)
