"""Suspects of an audit, batch files, the dry run, and the command."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from prefdata.cli.main import cli
from prefdata.errors import DataError, SourceError
from prefdata.pipeline.collection.judge import dry_judge, judge, write_judge_batch
from prefdata.pipeline.verify import verify
from tests.judge.judge_asker import JudgeAsker, skilled
from tests.judge.simulated import Skill

CONFIG = {"model": "judge-1", "server.base_url": "http://127.0.0.1:9/v1"}


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    path = tmp_path / "pairs.jsonl"
    rows = (
        {"prompt": f"Q{n}?", "chosen": f"It is worth {n + 2}.", "rejected": f"It is worth {n}."}
        for n in range(10)
    )
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "no row\n")
    return path


def audited(folder: Path, classes: list[str | None]) -> Path:
    """A folder with the table of an audit of `pairs`."""
    (folder / "report").mkdir(parents=True)
    table = pl.DataFrame(
        {
            "source": ["pairs.jsonl"] * len(classes),
            "source_row": range(1, len(classes) + 1),
            "class": pl.Series(classes, dtype=pl.String),
        }
    )
    table.write_parquet(folder / "report" / "rows.parquet")
    return folder


def test_only_what_an_audit_suspects_is_judged(pairs: Path, tmp_path: Path) -> None:
    classes: list[str | None] = ["model-agrees"] * 8 + ["ambiguous", "model-uncertain"]
    classes[2], classes[7] = "likely-flipped", "model-disagrees"
    config = CONFIG | {"suspects": str(audited(tmp_path / "audited", classes))}
    out = tmp_path / "out"
    result = judge(pairs, out=out, config=config, asker=JudgeAsker(skilled(Skill(0, 1))))
    counts = result.manifest.counts
    assert (counts.asked, counts.dropped, counts.quarantined) == (2, {"not-suspected": 8}, 1)
    assert not verify(out).problems
    rows = [json.loads(x) for x in (out / "data/judgements-00000.jsonl").read_text().splitlines()]
    assert [row["source_row"] for row in rows] == [3, 8]


def test_where_nothing_can_be_read_the_first_row_is_named(tmp_path: Path) -> None:
    source = tmp_path / "spoiled.jsonl"
    source.write_text('{"prompt": 3, "chosen": "a", "rejected": "b"}\nnot json\n', "utf-8")
    with pytest.raises(DataError, match=r"The first: spoiled\.jsonl:1 wrong-type: prompt is the"):
        judge(source, out=tmp_path / "o", config=CONFIG, asker=JudgeAsker(skilled(Skill(0, 1))))


def test_an_audit_that_suspects_nothing_is_said(pairs: Path, tmp_path: Path) -> None:
    asker = JudgeAsker(skilled(Skill(0, 1)))
    for name, classes, said in (
        ("agreed", ["model-agrees"] * 10, "suspects no label"),
        ("none", [None] * 10, "does not judge single rows"),
    ):
        config = CONFIG | {"suspects": str(audited(tmp_path / name, list(classes)))}
        with pytest.raises(DataError, match=said):
            judge(pairs, out=tmp_path / "out", config=config, asker=asker)
    (tmp_path / "empty").mkdir()
    with pytest.raises(SourceError, match="no table of audited rows"):
        judge(
            pairs, out=tmp_path / "o", config=CONFIG | {"suspects": str(tmp_path / "empty")},
            asker=asker,
        )  # fmt: skip


def test_batch_files_go_out_and_come_back(pairs: Path, tmp_path: Path) -> None:
    out, requests, results = tmp_path / "out", tmp_path / "requests.jsonl", tmp_path / "in.jsonl"
    assert write_judge_batch(pairs, out=out, to=requests, config=CONFIG) == 20
    lines = []
    for text in requests.read_text().splitlines():
        line = json.loads(text)
        worth = [int(part.split(".")[0]) for part in
                 line["body"]["messages"][1]["content"].split("worth ")[1:]]  # fmt: skip
        said = {"verdict": "A" if worth[0] > worth[1] else "B"}
        message = {"role": "assistant", "content": json.dumps(said)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"choices": [choice], "usage": {"prompt_tokens": 9, "completion_tokens": 3}}
        lines.append({"custom_id": line["custom_id"], "error": None,
                      "response": {"status_code": 200, "body": body}})  # fmt: skip
    results.write_text("".join(json.dumps(line) + "\n" for line in reversed(lines)))
    asker = JudgeAsker(skilled(Skill(0, 1)))
    result = judge(pairs, out=out, config=CONFIG, asker=asker, batch_in=[results])
    assert not asker.asked
    assert result.report.verdicts.parsed == 20
    again = judge(pairs, out=out, config=CONFIG, asker=asker, force=True)
    assert not asker.asked  # nor does it ask what the server takes
    assert again.manifest.files == result.manifest.files


def test_a_dry_run_asks_nobody_and_leaves_nothing(pairs: Path, tmp_path: Path) -> None:
    told = dry_judge(pairs, out=tmp_path / "out", config=CONFIG | {"limits.prices": {"*": {}}})
    assert (told.missing, told.counts.wanted, told.counts.asked) == (20, 20, 10)
    assert told.cost == 0
    assert [path.name for path in tmp_path.iterdir()] == ["pairs.jsonl"]


def test_the_command_prints_what_can_be_copied(tmp_path: Path) -> None:
    runner = CliRunner()
    template = runner.invoke(cli, ["judge", "--print-template", "--template", "zh"])
    rubric = runner.invoke(cli, ["judge", "--print-rubric"])
    assert "[repair]" in template.output
    assert "anchors:" in rubric.output
    mine = tmp_path / "mine.txt"
    mine.write_text(template.output)
    done = runner.invoke(
        cli,
        ["judge", "sample_data/clean", "--out", str(tmp_path / "o"), "--model", "m", "--dry-run",
         "--base-url", "http://127.0.0.1:9/v1", "--template", str(mine), "--json"],
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["counts"]["wanted"] > 0
