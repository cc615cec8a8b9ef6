"""Batch files: what is missing goes out, results come in in any order, as often as they like."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from prefdata.errors import OutputError, SourceError
from prefdata.io.answers.answers import AnswerStore
from prefdata.steps.asking.batch import BatchTaken, batch_in, batch_out
from tests.asking.asked import quick, texts_in, wanting
from tests.asking.fault_server import Told, choices_for
from tests.asking.faults_spoken import completion

WANTED = wanting([f"p{k}" for k in range(30)], 3)


def requests_in(path: Path) -> list[dict[str, Any]]:
    """The lines of a file of requests."""
    return [json.loads(line) for line in path.read_text().splitlines()]


def written(store: Path, *, is_native: bool = True) -> list[dict[str, Any]]:
    """What is missing, as lines."""
    path = store.parent / f"requests-{random.random()}.jsonl"
    with AnswerStore(store) as answers:
        lines = batch_out(WANTED, answers, path, quick(), is_native=is_native)
    found = requests_in(path)
    assert len(found) == lines
    return found


def result(line: dict[str, Any], status: int = 200, **more: Any) -> dict[str, Any]:
    """The result of a request, as a batch service writes it."""
    choices, _ = choices_for(line["body"], line["body"].get("n", 1), Told())
    body = completion(choices, 5)
    response = {"status_code": status, "request_id": "r", "body": body}
    return {"id": "b", "custom_id": line["custom_id"], "response": response, "error": None} | more


def taken(store: Path, lines: list[Any], wanted: Any = WANTED) -> BatchTaken:
    """Takes lines of results."""
    path = store.parent / f"results-{random.random()}.jsonl"
    texts = [each if isinstance(each, str) else json.dumps(each) + "\n" for each in lines]
    path.write_text("".join(texts))
    with AnswerStore(store) as answers:
        told, totals = batch_in([path], wanted, answers)
    assert totals.is_balanced
    return told


@pytest.mark.parametrize("is_native", [True, False])
def test_out_and_in_again(is_native: bool, store: Path) -> None:
    lines = written(store, is_native=is_native)
    assert len(lines) == (30 if is_native else 90)
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
    assert max(len(line["custom_id"]) for line in lines) <= 64
    results = [result(line) for line in lines]
    random.Random(0).shuffle(results)
    first = taken(store, results[:20])
    second = taken(store, results[15:])
    third = taken(store, results)
    each = 3 if is_native else 1
    assert (first.new, second.new) == (20 * each, 90 - 20 * each)
    assert (second.again, third.again) == (5 * each, 90)
    assert len(set(texts_in(store, WANTED))) == 90
    assert written(store) == []


def test_what_is_missing_after_a_part_is_asked_for(store: Path) -> None:
    lines = written(store)
    taken(store, [result(line) for line in lines[:10]])
    assert [line["custom_id"] for line in written(store)] == [x["custom_id"] for x in lines[10:]]


def test_fewer_choices_leave_the_rest_missing(store: Path) -> None:
    lines = written(store)
    short = result(lines[0])
    short["response"]["body"]["choices"] = short["response"]["body"]["choices"][:1]
    told = taken(store, [short, *[result(line) for line in lines[1:]]])
    assert (told.new, told.short) == (88, 2)
    (left,) = written(store)
    assert (left["body"]["n"], left["body"]["seed"]) == (2, 1)


def test_errors_have_their_reasons(store: Path) -> None:
    lines = written(store)
    filtered = {"error": {"message": "no", "code": "content_filter"}}
    told = taken(
        store,
        [
            result(lines[0], response={"status_code": 400, "body": filtered}),
            result(lines[1], response=None, error={"code": "batch_expired", "message": "late"}),
            result(lines[2], response={"status_code": 500, "body": None}),
        ],
    )
    assert told.failed == {"refused-by-filter": 3, "gave-up": 6}
    assert len(written(store)) == 29


def test_lines_that_say_nothing_are_counted(store: Path) -> None:
    lines = written(store)
    strange = result(lines[0], custom_id="request-1")
    other = wanting(["p0"], 1)
    odd = ["no json\n", "\n", '{"a": 1}\n', strange]
    told = taken(store, [*odd, result(lines[0]), result(lines[1])], other)
    assert told.faults.total() == 3
    assert told.first_fault is not None
    assert ":1:" in told.first_fault
    assert (told.new, told.unwanted) == (1, 5)


def test_a_line_too_long_is_passed_over(store: Path) -> None:
    lines = written(store)
    path = store.parent / "long.jsonl"
    path.write_bytes(b"x" * 3_000_000 + b"\n" + json.dumps(result(lines[0])).encode())
    with AnswerStore(store) as answers:
        told, _ = batch_in([path], WANTED, answers, most_mib=1)
    assert (told.new, told.faults) == (3, {"longer than a line may be": 1})


def test_files_that_are_in_the_way_or_not_there(store: Path) -> None:
    with AnswerStore(store) as answers:
        with pytest.raises(OutputError, match="exists"):
            batch_out(WANTED, answers, store, quick())
        with pytest.raises(SourceError, match="cannot be read"):
            batch_in([store.parent / "none.jsonl"], WANTED, answers)
