"""`prefdata.judge` from completions to a folder, with a judge in this process."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prefdata.config.model import ReadConfig
from prefdata.errors import IntegrityError
from prefdata.pipeline.build import build
from prefdata.pipeline.collection.judge import judge
from prefdata.pipeline.run.opened import open_data
from prefdata.pipeline.stages.judging import judging_of
from prefdata.pipeline.verify import verify
from prefdata.records.chat import ChatAnswer, ChatFailure, ChatRequest
from prefdata.results.judging import JudgeResult
from prefdata.results.sentences import chinese
from tests.judge.judge_asker import JudgeAsker, Says, answer, rating, skilled
from tests.judge.simulated import Skill

CONFIG = {"model": "judge-1", "server.base_url": "http://127.0.0.1:9/v1"}
SURE = Skill(0.0, 1.0)
RIGHT = skilled(SURE)


def completions(path: Path, *, prompts: int, each: int) -> Path:
    """Rows without opinions, whose completions say what they are worth."""
    rows = [
        {
            "prompt": f"How many steps does stair number {number} have?"
            if number % 2
            else f"第{number}道楼梯有多少级台阶？",
            "completions": [
                {"text": f"This answer to {number} is worth {worth}.", "model": f"m{worth}"}
                for worth in range(1, each + 1)
            ],
            "opinions": [],
        }
        for number in range(prompts)
    ]
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return path


def judged(
    tmp_path: Path, says: Says = RIGHT, *, prompts: int = 12, each: int = 3, **config: Any
) -> tuple[JudgeResult, Path, JudgeAsker]:
    source = completions(tmp_path / "completions.jsonl", prompts=prompts, each=each)
    asker, out = JudgeAsker(says), tmp_path / "judged"
    return judge(source, out=out, config=CONFIG | config, asker=asker, force=True), out, asker


def rows_of(out: Path) -> list[dict[str, Any]]:
    return [
        json.loads(line)
        for path in sorted((out / "data").iterdir())
        for line in path.read_text().splitlines()
    ]


def test_every_pair_is_judged_in_both_orders_and_goes_into_a_build(tmp_path: Path) -> None:
    result, out, asker = judged(tmp_path)
    assert result.report.verdicts.wanted == result.report.verdicts.parsed == 12 * 3 * 2
    assert len(asker.asked) == 72 + 1  # and what the server takes
    assert not verify(out).problems
    rows = rows_of(out)
    assert len(rows) == 36
    for row in rows:
        worth = [
            int(each["messages"][0]["content"].split()[-1][:-1]) for each in row["completions"]
        ]
        values = row["opinions"][0]["values"]
        assert (values[0] > values[1]) == (worth[0] > worth[1])
        assert [order["shown"] for order in row["judged"]["orders"]] == [[0, 1], [1, 0]]
    manifest = build(out, out=tmp_path / "built", config={"split": {"test": 0}})
    assert manifest.counts.kept == 36
    assert manifest.counts.dropped == {}
    (entry,) = manifest.judging
    assert (entry.judge, entry.pairs, entry.consistency) == ("judge-1", 36, 1.0)
    assert not verify(tmp_path / "built").problems
    (taken,) = judging_of(open_data([str(tmp_path / "built")], ReadConfig(), tmp_path / "spool"))
    assert taken == result.report
    assert chinese(taken.says[0]) != taken.says[0]


def test_an_update_builds_again_when_the_report_on_the_judge_has_changed(tmp_path: Path) -> None:
    _, out, _ = judged(tmp_path)
    before = build(out, out=tmp_path / "built")
    assert build(out, out=tmp_path / "built", update=True) == before
    stands = tmp_path / "built" / "manifest.json"
    written = stands.stat().st_mtime_ns
    build(out, out=tmp_path / "built", update=True)
    assert stands.stat().st_mtime_ns == written
    judge(
        out.parent / "completions.jsonl", out=out, config=CONFIG | {"logprobs": 0}, force=True,
        asker=JudgeAsker(RIGHT),
    )  # fmt: skip
    build(out, out=tmp_path / "built", update=True)
    assert stands.stat().st_mtime_ns != written


def test_a_report_that_was_changed_is_not_taken_along(tmp_path: Path) -> None:
    _, out, _ = judged(tmp_path, lambda request: answer("A"))
    report = out / "report.json"
    report.write_text(report.read_text().replace("position", "nothing"))
    with pytest.raises(IntegrityError, match="was changed"):
        build(out, out=tmp_path / "built")
    assert verify(out).problems


def test_a_verdict_that_turns_with_the_order_is_a_tie(tmp_path: Path) -> None:
    result, out, _ = judged(tmp_path, lambda request: answer("A"))
    assert {row["judged"]["tie"] for row in rows_of(out)} == {"turned"}
    assert all(row["opinions"][0]["values"] == [0.0, 0.0] for row in rows_of(out))
    whole = result.report.slices[0]
    assert {"position", "chance"} <= set(whole.faults)
    assert whole.orders is not None
    assert whole.orders.first.value == 1.0
    assert "do not train" in result.report.says[0]


def test_log_probabilities_give_a_margin(tmp_path: Path) -> None:
    result, out, _ = judged(tmp_path, skilled(SURE, graded=True))
    assert result.report.verdicts.graded == 72
    opinion = rows_of(out)[0]["opinions"][0]
    assert opinion["graded"] is True
    assert max(opinion["values"]) == pytest.approx(0.65)


def test_a_server_that_takes_no_schema_is_noticed_once(tmp_path: Path) -> None:
    good = skilled(SURE)

    def says(request: ChatRequest) -> ChatAnswer | ChatFailure:
        if "response_format" in request.parameters:
            return ChatFailure("bad-request", "response_format is not supported")
        return good(request)

    result, _, asker = judged(tmp_path, says)
    refused = [each for each in asker.asked if "response_format" in each.parameters]
    assert len(refused) == 2  # with and without log probabilities
    assert result.report.verdicts.parsed == 72
    assert "logprobs" in result.manifest.settings[0].parameters


def test_a_reply_that_cannot_be_read_is_asked_for_once_more(tmp_path: Path) -> None:
    good = skilled(SURE)

    def says(request: ChatRequest) -> ChatAnswer | ChatFailure:
        if len(request.messages) == 2 and "worth 2" in (request.messages[1].content or ""):
            return answer("I think that A is better.")
        return good(request)

    result, out, asker = judged(tmp_path, says)
    counts = result.report.verdicts
    assert counts.parsed == 72
    assert counts.repaired == 48
    assert not verify(out).problems
    assert len(asker.asked) == 1 + 72 + 48


def test_what_stays_unread_is_booked_and_no_verdict(tmp_path: Path) -> None:
    good = skilled(SURE)

    def says(request: ChatRequest) -> ChatAnswer | ChatFailure:
        said = request.messages[1].content or "" if len(request.messages) > 1 else ""
        if "number 3 " in said:
            return answer("As a language model, I like both.")
        if "number 5 " in said:
            return ChatFailure("refused-by-filter", "no")
        return good(request)

    result, out, _ = judged(tmp_path, says)
    counts = result.report.verdicts
    assert (counts.wanted, counts.parsed, counts.unparsed) == (72, 60, 6)
    assert counts.failed == {"refused-by-filter": 6}
    assert counts.balance() == 0
    assert len(rows_of(out)) == 30
    assert not verify(out).problems
    ledger = [json.loads(x) for x in (out / "ledger/requests.jsonl").read_text().splitlines()]
    assert sum(line.get("reason") == "unparsed" for line in ledger) == 6


def test_the_same_answers_give_the_same_bytes_in_any_order(tmp_path: Path) -> None:
    source = completions(tmp_path / "completions.jsonl", prompts=6, each=3)
    folders = []
    for name, backwards in (("one", False), ("other", True)):
        asker = JudgeAsker(skilled(Skill(0.3, 0.8)), backwards=backwards)
        judge(source, out=tmp_path / name, config=CONFIG | {"budget": 14}, asker=asker)
        folders.append(tmp_path / name)
    files = [
        {p.relative_to(out): p.read_bytes() for p in out.rglob("*") if p.is_file()}
        for out in folders
    ]
    assert files[0] == files[1]


def test_nothing_is_asked_twice(tmp_path: Path) -> None:
    _, _, first = judged(tmp_path)
    assert first.asked
    _, _, again = judged(tmp_path)
    assert not again.asked


def test_a_budget_connects_completions_first_and_is_kept(tmp_path: Path) -> None:
    result, out, _ = judged(tmp_path, prompts=8, each=4, budget=30)
    rows = rows_of(out)
    assert len(rows) == 30
    assert result.report.verdicts.wanted == 60
    for prompt in {json.dumps(row["prompt"]) for row in rows}:
        seen = {
            json.dumps(each) for row in rows if json.dumps(row["prompt"]) == prompt
            for each in row["completions"]
        }  # fmt: skip
        assert len(seen) == 4
    assert not verify(out).problems


def test_a_budget_that_is_too_small_says_what_it_leaves(tmp_path: Path) -> None:
    result, out, _ = judged(tmp_path, prompts=8, each=4, budget=10)
    assert result.report.verdicts.not_asked == {"over-budget": 2 * (8 * 3 - 10)}
    assert not verify(out).problems


def test_ratings_by_criterion_become_pairs(tmp_path: Path) -> None:
    def says(request: ChatRequest) -> ChatAnswer | ChatFailure:
        return rating(request) if len(request.messages) > 1 else answer('{"verdict": "tie"}')

    result, out, _ = judged(tmp_path, says, kind="rating")
    assert result.report.verdicts.parsed == 36
    rows = rows_of(out)
    assert len(rows) == 12
    assert [each["criterion"] for each in rows[0]["opinions"]][-1] == "safety"
    assert rows[0]["overall"] == ["accuracy", "completeness", "relevance", "fluency"]
    assert not verify(out).problems
    manifest = build(out, out=tmp_path / "built", config={"split": {"test": 0}})
    assert manifest.counts.kept == 12
    assert result.report.slices[0].criterion == "overall"


def test_labels_of_preference_pairs_are_what_the_judge_is_measured_by(tmp_path: Path) -> None:
    rows = [
        {
            "prompt": f"Question {n}?",
            "chosen": f"It is worth {n + 2}.",
            "rejected": f"It is worth {n}.",
        }
        for n in range(40)
    ]
    source = tmp_path / "pairs.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    asker = JudgeAsker(skilled(SURE))
    result = judge(source, out=tmp_path / "judged", config=CONFIG, asker=asker)
    labels = result.report.slices[0].labels
    assert labels is not None
    assert (labels.pairs, labels.agreement.value, labels.kappa.value) == (40, 1.0, 1.0)
    assert not result.report.faults
