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

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from prefdata.dialects.assembly import completion, context
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import PROMPT_NAMES, plain
from prefdata.dialects.judgements.ratings import completion_of, in_text
from prefdata.dialects.labels.verdict import FIRST, SECOND
from prefdata.dialects.labels.words import verdict
from prefdata.dialects.messages import Messages
from prefdata.dialects.values import describe, number
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion

Answers = Iterator[tuple[tuple[int, ...], Judgement | RowFault]]

_ASKED = (*PROMPT_NAMES, "context", "conversation", "instructions")
_BESIDE = frozenset({"id", "system", "source", "lang", "language", "task_id", "history"})
_NUMBERED = re.compile(r"(?:response|answer|output|completion|reply|candidate|text)_?[1-9a-h]")
"""Fields that are completions by their names, so that no other field of the task is one."""

_NOT_COUNTED = ("draft", "discarded")


class _Task:
    """The prompt and the completions of a task; `names`: of the completions, in their order."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.prompt = _prompt(data)
        self.names: list[str] = []
        self.completions: list[Completion] = []
        numbered = sorted((name for name in data if _NUMBERED.fullmatch(plain(name))), key=plain)
        for name in numbered if len(numbered) > 1 else data:
            value = data[name]
            if plain(name) in _ASKED or plain(name) in _BESIDE or value is None:
                continue
            if isinstance(value, list) and value and all(map(_is_item, value)):
                for place, item in enumerate(value):
                    self._add(str(item.get("id", place)), _body(item))
            elif isinstance(value, str | list | dict):
                self._add(name, value)
        if not self.completions:
            raise RowFault("missing-field", "the task has a prompt, and no completions beside it")

    def _add(self, name: str, value: object) -> None:
        self.names.append(name)
        one = Completion(completion(value, name, self.prompt), id=name)
        if isinstance(value, dict):
            one = completion_of(value, self.prompt, name)
        self.completions.append(one)

    def place(self, name: object) -> int:
        """The position of a completion by its name."""
        if str(name) not in self.names:
            raise RowFault(
                "unknown-label",
                f"an answer names {describe(name)}; the completions are {', '.join(self.names)}",
            )
        return self.names.index(str(name))

    def of_two(self, word: object) -> tuple[float, float]:
        """The values of two completions by a word for one of them, or for a tie."""
        if len(self.completions) != 2:
            raise RowFault(
                "unknown-label",
                f"an answer is {describe(word)}, but there are {len(self.completions)} completions",
            )
        if isinstance(word, str) and word in self.names:
            return (1.0, 0.0) if self.names.index(word) == 0 else (0.0, 1.0)
        side = word.strip().casefold() if isinstance(word, str) else ""
        better = {"left": FIRST, "right": SECOND}.get(side) or verdict(word)
        return float(better == FIRST), float(better == SECOND)

    def judgement(
        self, opinions: Sequence[Opinion], judge: object, comment: str | None, metadata: str
    ) -> Judgement:
        """What one person said; of several questions none is the opinion as a whole."""
        names = tuple(dict.fromkeys(opinion.criterion for opinion in opinions))
        return Judgement(
            self.prompt,
            tuple(self.completions),
            tuple(opinions),
            names if len(names) == 1 else (),
            judge=_judge(judge),
            comment=comment,
            metadata=metadata,
        )


def _is_item(value: object) -> bool:
    return isinstance(value, dict) and "role" not in value and _body(value) is not None


def _body(item: Mapping[str, Any]) -> object:
    names = ("body", "text", "content", "response", "html", "title")
    return next((item[name] for name in names if item.get(name)), None)


def _prompt(data: Mapping[str, Any]) -> Messages:
    asked = next((data[name] for name in data if plain(name) in _ASKED), None)
    return context({"prompt": asked, "system": data.get("system")})


def _judge(value: object) -> str | None:
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("id")
    return None if value is None else str(value)


def _objects(value: object, name: str) -> list[Mapping[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, Mapping) for item in value):
        raise RowFault("wrong-type", f"{name} is {describe(value)}, not a list of objects")
    return value


def label_studio(rows: Sequence[Values | None]) -> Answers:
    """The judgements of the tasks of Label Studio."""
    for row, values in enumerate(rows):
        if values is None:
            continue
        try:
            yield from (((row,), each) for each in _of_label_studio(values))
        except RowFault as fault:
            yield (row,), fault


def _of_label_studio(values: Values) -> Iterator[Judgement]:
    data = in_text(values["data"], "data")
    if not isinstance(data, Mapping):
        raise RowFault("wrong-type", f"data is {describe(data)}, not an object")
    task, metadata = _Task(data), str(values["metadata"])
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


def _results(results: Sequence[Mapping[str, Any]], task: _Task) -> tuple[list[Opinion], str | None]:
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


def _places(ordered: Sequence[object], task: _Task) -> tuple[float | None, ...]:
    """The rank of each completion from names, the best first, or from objects with a rank."""
    ranks: dict[int, float | None] = {}
    for place, item in enumerate(ordered, start=1):
        if isinstance(item, Mapping):
            ranks[task.place(item.get("value"))] = number(item.get("rank"), "a rank")
        else:
            ranks[task.place(item)] = float(place)
    return tuple(ranks.get(place) for place in range(len(task.completions)))


def argilla(rows: Sequence[Values | None]) -> Answers:
    """The judgements of the records of Argilla."""
    for row, values in enumerate(rows):
        if values is None:
            continue
        try:
            yield from (((row,), each) for each in _of_argilla(values))
        except RowFault as fault:
            yield (row,), fault


def _of_argilla(values: Values) -> Iterator[Judgement]:
    fields, responses = (in_text(values[name], name) for name in ("fields", "responses"))
    if not isinstance(fields, Mapping) or not isinstance(responses, Mapping):
        raise RowFault("wrong-type", "fields and responses have to be objects")
    task, metadata = _Task(fields), str(values["metadata"])
    by_person: dict[str | None, list[Opinion]] = {}
    for question, answers in responses.items():
        for answer in _objects(answers, str(question)):
            if answer.get("status") in _NOT_COUNTED or answer.get("value") is None:
                continue
            opinion = _answer(answer["value"], str(question), task)
            by_person.setdefault(_judge(answer.get("user_id")), []).append(opinion)
    if not by_person:
        raise RowFault("not-judged", "nobody has answered the record")
    for person, opinions in by_person.items():
        yield task.judgement(opinions, person, None, metadata)


def _answer(value: object, question: str, task: _Task) -> Opinion:
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


def unassembled(values: Values) -> Judgement:
    """Checks one row; judgements are made of all rows together."""
    return Judgement((), (), ())


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
    assemble=label_studio,
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
    assemble=argilla,
)

ANNOTATED = (LABEL_STUDIO, ARGILLA)
