"""Campaigns made of files, and votes that come from files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from click.testing import CliRunner

from prefdata.cli.judgements.annotate import annotate
from prefdata.config.annotation import AnnotationConfig, load_annotation
from prefdata.config.model import BuildConfig
from prefdata.errors import ConfigError, DataError, UsageError
from prefdata.pipeline.annotation.creation import prepare_items
from prefdata.pipeline.annotation.importing import import_votes
from prefdata.pipeline.annotation.opening import open_campaign
from prefdata.results.annotation import VoteAnswer
from tests.annotation.campaigns import Clock, config_of, joined, made, voted

BUILD = BuildConfig()


def written(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def rated(prompt: str, *texts: str) -> dict[str, Any]:
    return {"prompt": prompt, "generations": list(texts), "ratings": list(range(len(texts)))}


def vote(prompt: str, values: list[float], judge: str | None, **others: Any) -> dict[str, Any]:
    row = {
        "prompt": prompt,
        "completions": [{"text": "one", "model": "m1"}, {"text": "other", "model": "m2"}],
        "opinions": [{"kind": "verdict", "values": values}],
        **others,
    }
    return row if judge is None else {**row, "judge": judge}


def test_each_two_completions_of_a_prompt_are_a_pairwise_item(tmp_path: Path) -> None:
    source = written(tmp_path / "r.jsonl", rated("p", "a", "b", "c"), rated("q", "a"))
    prepared = prepare_items([str(source)], config_of(), BUILD)
    assert (prepared.rows, len(prepared.items)) == (2, 3)
    assert prepared.left_out == {"one-completion": 1}
    assert {item.line for item in prepared.items} == {1}


def test_all_completions_of_a_prompt_are_one_ranking(tmp_path: Path) -> None:
    many = rated("q", *map(str, range(9)))
    source = written(tmp_path / "r.jsonl", rated("p", "a", "b", "c"), many)
    prepared = prepare_items([str(source)], config_of(kind="ranking"), BUILD)
    assert [len(item.completions) for item in prepared.items] == [3]
    assert prepared.left_out == {"too-many-completions": 1}


def test_nothing_of_the_judgement_is_in_an_item_of_preference_pairs(tmp_path: Path) -> None:
    pairs = ({"prompt": f"p{n}", "chosen": f"z{n}", "rejected": f"a{n}"} for n in range(3))
    source = written(tmp_path / "p.jsonl", *pairs, {"prompt": "p"})
    prepared = prepare_items([str(source)], config_of(), BUILD)
    texts = [[c["messages"][0]["content"] for c in item.completions] for item in prepared.items]
    assert texts == [[f"a{n}", f"z{n}"] for n in range(3)]
    assert prepared.left_out.total() == 1
    assert b"chosen" not in msgspec.json.encode(prepared.items)


def test_a_file_with_nothing_to_judge_is_refused(tmp_path: Path) -> None:
    source = written(tmp_path / "r.jsonl", rated("q", "a"))
    with pytest.raises(DataError, match="none of the 1 rows read can be judged"):
        open_campaign(tmp_path / "l.sqlite", [str(source)], build=BUILD)
    assert not (tmp_path / "l.sqlite").exists()


def test_sources_may_be_added_and_nothing_is_doubled(tmp_path: Path) -> None:
    first = str(written(tmp_path / "a.jsonl", rated("p", "a", "b")))
    second = str(written(tmp_path / "b.jsonl", rated("p", "b", "a"), rated("q", "a", "b")))
    opened = open_campaign(tmp_path / "l.sqlite", [first])
    assert (opened.added.added, opened.is_new) == (1, True)
    opened.campaign.close()
    again = open_campaign(tmp_path / "l.sqlite", [first, second])
    assert (again.added.added, again.added.known, again.is_new) == (1, 2, False)
    again.campaign.close()


def test_what_people_are_asked_does_not_change(tmp_path: Path) -> None:
    source = str(written(tmp_path / "a.jsonl", rated("p", "a", "b")))
    open_campaign(tmp_path / "l.sqlite", [source]).campaign.close()
    with pytest.raises(ConfigError, match="does not change"):
        open_campaign(tmp_path / "l.sqlite", [], config=config_of(kind="ranking"))
    with pytest.raises(UsageError, match="does not exist"):
        open_campaign(tmp_path / "m.sqlite", [])


def test_gold_and_practice_come_from_files(tmp_path: Path) -> None:
    written(tmp_path / "gold.jsonl", vote("g", [2, 0], "lead"))
    written(tmp_path / "practice.jsonl", vote("t", [0, 3], "lead", explanation="**other** is"))
    project = tmp_path / "project.yaml"
    project.write_text("gold: gold.jsonl\npractice: practice.jsonl\n", encoding="utf-8")
    source = str(written(tmp_path / "a.jsonl", rated("p", "a", "b")))
    opened = open_campaign(tmp_path / "l.sqlite", [source], config=load_annotation(project))
    assert opened.known == 2
    person = joined(opened.campaign, "ann")
    [practice] = opened.campaign.next(person, 1).items
    assert (practice.purpose, practice.prompt[0].text) == ("practice", "t")
    right = 7 if practice.completions[0].messages[0].text == "one" else 1
    explanation = voted(opened.campaign, person, practice, VoteAnswer(choice=right)).explanation
    assert explanation is not None
    assert (explanation.text, explanation.is_right) == ("**other** is", True)
    opened.campaign.close()


def test_a_known_answer_to_another_question_is_refused_with_its_line(tmp_path: Path) -> None:
    gold = written(tmp_path / "gold.jsonl", vote("g", [2, 0], "x"), vote("h", [2, 0], "x"))
    config = config_of(kind="rating", gold=str(gold))
    source = str(written(tmp_path / "a.jsonl", rated("p", "a", "b")))
    with pytest.raises(DataError, match=r"gold.jsonl, line 1: it has no rating"):
        open_campaign(tmp_path / "l.sqlite", [source], config=config)


def test_votes_from_files_keep_their_judges_orders_and_strengths(tmp_path: Path) -> None:
    rows = (
        vote("p", [2, 0], "ann", shown=[1, 0], comment="so"),
        vote("p", [0, 0], "bob"),
        vote("p", [0, 3], None),
        vote("q", [0, 9], "ann"),
    )
    source = str(written(tmp_path / "v.jsonl", *rows))
    campaign = made(tmp_path, config_of(names_shown=True, votes=2), [], Clock())
    done = import_votes(campaign, [source], BUILD)
    assert (done.rows, done.new, done.items, done.left_out) == (4, 3, 2, {"no-judge": 1})
    assert "line 3" in done.why["no-judge"]
    assert import_votes(campaign, [source], BUILD).known == 3
    out = [json.loads(line) for line in campaign.export()]
    said = {
        (row["prompt"][0]["content"], row["judge"]): (
            dict(
                zip(
                    (c["model"] for c in row["completions"]),
                    row["opinions"][0]["values"],
                    strict=True,
                )
            ),
            row.get("comment"),
        )
        for row in out
    }
    assert said == {
        ("p", "ann"): ({"m1": 2, "m2": 0}, "so"),
        ("p", "bob"): ({"m1": 0, "m2": 0}, None),
        ("q", "ann"): ({"m1": 0, "m2": 3}, None),
    }
    [turned] = [row for row in out if row.get("comment")]
    models = [completion["model"] for completion in turned["completions"]]
    assert [models[place] for place in turned["shown"]] == ["m2", "m1"]
    campaign.close()


def test_votes_of_label_studio_move_here(tmp_path: Path) -> None:
    source = Path(__file__).parents[2] / "sample_data" / "judgements" / "label_studio.json"
    opened = open_campaign(tmp_path / "l.sqlite", [], may_be_empty=True)
    done = import_votes(opened.campaign, [str(source)], BUILD)
    assert done.new + done.left_out.total() >= 3
    assert done.new > 0
    assert opened.campaign.last_vote() == done.new
    opened.campaign.close()


def test_the_command_makes_imports_and_exports(tmp_path: Path) -> None:
    source = written(tmp_path / "a.jsonl", rated("p", "a", "b"))
    votes = written(tmp_path / "v.jsonl", vote("p", [2, 0], "ann"))
    project = str(tmp_path / "l.sqlite")
    runner = CliRunner()
    export = tmp_path / "out.jsonl"
    done = runner.invoke(
        annotate,
        [str(source), "--project", project, "--import", str(votes), "--export", str(export)],
    )
    assert done.exit_code == 0, done.output
    assert "1 items to judge (pairwise) from 1 rows" in done.output
    assert "1 votes from 1 rows. 1 items are new." in done.output
    assert len(export.read_text(encoding="utf-8").splitlines()) == 1
    printed = runner.invoke(annotate, ["--project", project, "--export", "-"])
    assert printed.stdout == export.read_text(encoding="utf-8")


def test_every_key_of_a_project_has_a_default_and_is_checked(tmp_path: Path) -> None:
    path = tmp_path / "project.yaml"
    path.write_text("{}", encoding="utf-8")
    assert load_annotation(path) == AnnotationConfig()
    path.write_text("kind: pairs", encoding="utf-8")
    with pytest.raises(ConfigError, match="kind"):
        load_annotation(path)
