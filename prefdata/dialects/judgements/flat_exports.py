"""Flat exports of annotation tools: the completions are columns, and so is each question.

Argilla 1 as a data set: a question holds [{user_id, value, status}]. Argilla 2 as a table: a
question is the columns QUESTION.responses, QUESTION.responses.users and .status, lists of one
length. Label Studio as JSON-MIN or CSV: a question holds {"selected": "left"}, in CSV a list of
these, and the column `annotator` says who answered.

A value names the better completion by its column, or by left and right, which are the first and the
second; a list ranks the columns, the best first, or says the rank of each. A question whose name
asks for the worse one is not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from prefdata.dialects.comparisons.parts import JUDGE_PART, names
from prefdata.dialects.dialect import Dialect, DialectPart, Row, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS, REJECTED_NAMES, plain
from prefdata.dialects.judgements.ratings import in_text
from prefdata.dialects.judgements.task import Task, by_row, person_name, unassembled
from prefdata.dialects.values import decode_json, describe, number
from prefdata.errors import RowFault
from prefdata.records.judgement import Judgement, Opinion

_COMPLETION = re.compile(
    r"(?:response|answer|output|completion|reply|candidate|generation)_?[1-9a-h]"
)
_WORSE = re.compile(r"wors|lose|loser|reject|dislike|bad|差|劣")
_SUGGESTED = "-suggestion"
_RESPONSES = ".responses"
_NOT_COUNTED = ("draft", "discarded")


class _Answer(NamedTuple):
    question: str
    person: str | None
    value: object


def _answers(row: Mapping[str, Any], annotator: object) -> Iterator[_Answer]:
    """What people answered in the columns of a row that are questions."""
    for name, held in row.items():
        if name.endswith(_SUGGESTED) or _COMPLETION.fullmatch(plain(name)):
            continue
        try:
            value = in_text(held, name)
        except RowFault:  # a text that begins like a list
            continue
        if name.endswith(_RESPONSES) and isinstance(value, list):
            yield from _of_columns(row, name, value)
        elif isinstance(value, Mapping) and "selected" in value:
            yield _Answer(name, person_name(annotator), value["selected"])
        elif isinstance(value, list) and value and all(map(_is_answer, value)):
            for item in value:
                if "selected" in item:
                    yield _Answer(name, person_name(annotator), item["selected"])
                elif item.get("status") not in _NOT_COUNTED and item["value"] is not None:
                    yield _Answer(name, person_name(item.get("user_id")), item["value"])


def _is_answer(item: object) -> bool:
    return isinstance(item, Mapping) and (
        "selected" in item
        or {"value", "user_id"} <= item.keys()
        or {"value", "status"} <= item.keys()
    )


def _of_columns(row: Mapping[str, Any], name: str, given: Sequence[object]) -> Iterator[_Answer]:
    people, statuses = (
        _beside(row.get(f"{name}.{about}"), name, len(given)) for about in ("users", "status")
    )
    if not len(given) == len(people) == len(statuses):
        raise RowFault("missing-field", f"{name} has lists whose lengths disagree")
    for value, person, status in zip(given, people, statuses, strict=True):
        if status not in _NOT_COUNTED and value is not None:
            yield _Answer(name.removesuffix(_RESPONSES), person_name(person), value)


def _beside(value: object, name: str, count: int) -> list[Any]:
    found = in_text(value, name)
    if not found:
        return [None] * count
    if not isinstance(found, list):
        raise RowFault("wrong-type", f"what stands beside {name} is {describe(found)}, no list")
    return found


def _judgements(values: Values) -> Iterator[Judgement]:
    metadata = str(values["metadata"])
    row = decode_json(metadata, "the row")
    assert isinstance(row, dict), "metadata is an object"
    texts = {name: row[name] for name in row if _COMPLETION.fullmatch(plain(name))}
    task = Task({"prompt": values.get("prompt"), **texts}, tuple(sorted(texts, key=plain)))
    by_person: dict[str | None, list[Opinion]] = {}
    for answer in _answers(row, values.get(JUDGE_PART.name)):
        by_person.setdefault(answer.person, []).append(_opinion(answer, task))
    if not by_person:
        raise RowFault("not-judged", "nobody has answered")
    for person, opinions in by_person.items():
        yield task.judgement(opinions, person, None, metadata)


def _opinion(answer: _Answer, task: Task) -> Opinion:
    question, value = answer.question, answer.value
    if _WORSE.search(plain(question)):
        raise RowFault(
            "unknown-label", f"{question} asks, by its name, for the worse one, and is not read"
        )
    if isinstance(value, list):
        ranks: dict[int, float | None] = {}
        for place, item in enumerate(value, start=1):
            if isinstance(item, Mapping):
                ranks[task.place(item.get("value"))] = number(item.get("rank"), "a rank")
            else:
                ranks[task.place(item)] = float(place)
        return Opinion("rank", tuple(ranks.get(n) for n in range(len(task.names))), question)
    if not isinstance(value, str):
        raise RowFault("unknown-label", f"{question} is {describe(value)}, and names no completion")
    return Opinion("verdict", task.of_two(value), question, graded=False)


def _has_no_answers(row: Row, claimed: frozenset[str]) -> bool:
    others = {name: value for name, value in row.items() if name not in claimed}
    try:
        return next(_answers(others, None), None) is None
    except RowFault:
        return True


def _unheld(name: str, *names: str) -> DialectPart:
    return DialectPart(name, names, held=False)


FLAT_EXPORT = Dialect(
    name="flat-export",
    summary="a flat export of Argilla or Label Studio: completions and questions are columns",
    polarity="a name, left or right says which is better; a ranking lists the best first",
    parts=(
        DialectPart("prompt", PROMPT_PARTS[0].names, held=False),
        _unheld("first", *names("1", "a"), "generation_1", "reply_1", "candidate_1"),
        _unheld("second", *names("2", "b"), "generation_2", "reply_2", "candidate_2"),
        JUDGE_PART,
    ),
    judge=unassembled,
    without=(*CHOSEN_NAMES, *REJECTED_NAMES),
    is_elsewhere=_has_no_answers,
    by_values=True,
    meets=True,
    assemble=by_row(_judgements),
)
