"""Exports of annotation tools, one task a row, with the answers of several people.

Label Studio (JSON): data {prompt, completions}, annotations[{completed_by, result[...]}]. A result
of type pairwise says `left` (the first completion) or `right`; a ranker lists ids, the best first;
a rating gives points to the completion that `to_name` names; choices are words for one side.

Argilla (Dataset.to_json): fields {prompt, response1, ...}, responses {question: [{value,
user_id}]}. A list ranks the fields, the best first (or says each rank); a number rates the only
response; a text names the better field.

Answers that were cancelled or not submitted do not count. A task without answers makes no pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.judgements.ratings import in_text
from prefdata.dialects.judgements.task import Task, by_row, person_name, unassembled
from prefdata.dialects.values import describe, number
from prefdata.errors import RowFault
from prefdata.records.judgement import Judgement, Opinion

_NOT_COUNTED = ("draft", "discarded")


def _objects(value: object, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise RowFault("wrong-type", f"{name} is {describe(value)}, not a list of objects")
    return value


def _of_label_studio(values: Values) -> Iterator[Judgement]:
    data = in_text(values["data"], "data")
    if not isinstance(data, Mapping):
        raise RowFault("wrong-type", f"data is {describe(data)}, not an object")
    task, metadata = Task(data), str(values["metadata"])
    answered = [
        answer
        for answer in _objects(in_text(values["annotations"], "annotations"), "annotations")
        if not answer.get("was_cancelled") and answer.get("result")
    ]
    if not answered:
        raise RowFault("not-judged", "nobody has answered the task")
    for answer in answered:
        opinions, comment = _results(_objects(answer["result"], "result"), task)
        judge = answer.get("completed_by")
        yield task.judgement(opinions, judge, comment, metadata)


def _results(results: Sequence[Mapping[str, Any]], task: Task) -> tuple[list[Opinion], str | None]:
    found: dict[str, Opinion] = {}
    points: dict[str, dict[int, float | None]] = {}
    comment = None
    for result in results:
        name, value = str(result.get("from_name", "overall")), result.get("value")
        if not isinstance(value, Mapping):
            raise RowFault("wrong-type", f"the value of {name} is {describe(value)}, not an object")
        match result.get("type"):
            case "pairwise":
                found[name] = Opinion(
                    "verdict", task.of_two(value.get("selected")), name, graded=False
                )
            case "choices":
                word = next(iter(value.get("choices") or ()), None)
                found[name] = Opinion("verdict", task.of_two(word), name, graded=False)
            case "ranker":
                found[name] = Opinion("rank", _places(_only(value.get("ranker"), name), task), name)
            case "rating" | "number":
                given = number(value.get(str(result["type"])), name)
                points.setdefault(name, {})[task.place(result.get("to_name"))] = given
            case "textarea":
                comment = "\n".join(map(str, value.get("text") or ()))
            case other:
                raise RowFault(
                    "unknown-label",
                    f"{name} is an answer of type {describe(other)}; known: pairwise, choices, "
                    "ranker, rating, number, textarea",
                )
    for name, by_place in points.items():
        values = tuple(by_place.get(place) for place in range(len(task.completions)))
        found[name] = Opinion("rating", values, name)
    if not found:
        raise RowFault("not-judged", "the answer compares nothing")
    return list(found.values()), comment


def _only(buckets: object, name: str) -> Sequence[object]:
    """The only list of a ranker. Several would say in words which is better."""
    lists = list(buckets.values()) if isinstance(buckets, Mapping) else [buckets]
    if len(lists) != 1 or not isinstance(lists[0], list):
        raise RowFault(
            "unknown-label",
            f"the ranker {name} has {len(lists)} lists, not one, the best first",
        )
    return lists[0]


def _places(ordered: Sequence[object], task: Task) -> tuple[float | None, ...]:
    """The rank of each completion from names, the best first, or from objects with a rank."""
    ranks: dict[int, float | None] = {}
    for place, item in enumerate(ordered, start=1):
        if isinstance(item, Mapping):
            ranks[task.place(item.get("value"))] = number(item.get("rank"), "a rank")
        else:
            ranks[task.place(item)] = float(place)
    return tuple(ranks.get(place) for place in range(len(task.completions)))


def _of_argilla(values: Values) -> Iterator[Judgement]:
    fields, responses = (in_text(values[name], name) for name in ("fields", "responses"))
    if not isinstance(fields, Mapping) or not isinstance(responses, Mapping):
        raise RowFault("wrong-type", "fields and responses have to be objects")
    task, metadata = Task(fields), str(values["metadata"])
    by_person: dict[str | None, list[Opinion]] = {}
    for question, answers in responses.items():
        for answer in _objects(answers, str(question)):
            if answer.get("status") in _NOT_COUNTED or answer.get("value") is None:
                continue
            opinion = _answer(answer["value"], str(question), task)
            by_person.setdefault(person_name(answer.get("user_id")), []).append(opinion)
    if not by_person:
        raise RowFault("not-judged", "nobody has answered the record")
    for person, opinions in by_person.items():
        yield task.judgement(opinions, person, None, metadata)


def _answer(value: object, question: str, task: Task) -> Opinion:
    if isinstance(value, list):
        return Opinion("rank", _places(value, task), question)
    if isinstance(value, int | float) and not isinstance(value, bool):
        if len(task.completions) != 1:
            raise RowFault(
                "unknown-label",
                f"{question} is {describe(value)}, and does not say which of the "
                f"{len(task.completions)} responses it is for",
            )
        return Opinion("rating", (float(value),), question)
    return Opinion("verdict", task.of_two(value), question, graded=False)


LABEL_STUDIO = Dialect(
    name="label-studio",
    summary="an export of Label Studio: tasks with the annotations of several people",
    polarity="left is the first completion; a ranker lists the best first; more points are better",
    parts=(DialectPart("data", ("data",)), DialectPart("annotations", ("annotations",))),
    judge=unassembled,
    fits=lambda values: (
        isinstance(in_text(values["data"], "data"), Mapping)
        and isinstance(in_text(values["annotations"], "annotations"), list)
    ),
    meets=True,
    assemble=by_row(_of_label_studio),
)
ARGILLA = Dialect(
    name="argilla",
    summary="an export of Argilla: records with the responses of several people",
    polarity="a ranking lists the best first; a higher rating is better; a label names the better",
    parts=(DialectPart("fields", ("fields",)), DialectPart("responses", ("responses",))),
    judge=unassembled,
    fits=lambda values: (
        isinstance(in_text(values["fields"], "fields"), Mapping)
        and isinstance(in_text(values["responses"], "responses"), Mapping)
    ),
    meets=True,
    assemble=by_row(_of_argilla),
)

ANNOTATED = (LABEL_STUDIO, ARGILLA)
