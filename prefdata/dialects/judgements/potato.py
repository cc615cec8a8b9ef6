"""Exports of Potato (potato-annotation): one item a row, with what one person said of it.

JSON Lines: id, displayed_text, label_annotations {scheme: {label: value}}. CSV and TSV: user,
instance_id, displayed_text, and a column `scheme:::label` for each label.

The completions are fields of the row (`responses`, `left` and `right`, `response_1`, ...), or stand
in displayed_text, as Potato writes lists (`A. one<br>B. other`) and objects (sections with a
legend). A pairwise scheme says A or B, or a number that is negative where A is preferred; a ranking
lists the best first; a scale (Likert, slider) rates the only completion, or the one that ends the
name of the scheme. Other schemes stay in metadata.

The judge is the user, or, in a file with the answers of one person, the folder that it lies in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

import msgspec

from prefdata.dialects.comparisons.parts import judge_name
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import PROMPT_NAMES, is_blank, plain
from prefdata.dialects.judgements.ratings import LIST_NAMES, in_text
from prefdata.dialects.judgements.task import NUMBERED, Task, unassembled
from prefdata.dialects.labels.preference import number_in
from prefdata.dialects.labels.words import word_preference
from prefdata.dialects.values import decode_json, describe
from prefdata.errors import RowFault
from prefdata.records.judgement import Judgement, Opinion

_COLUMN = ":::"
_SIDES = ("left", "right")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_MARKS = (tuple(_LETTERS), tuple(map(str, range(len(_LETTERS)))))
"""How the texts of a list are marked."""

_SCALE = re.compile(r"scale_?(\d{0,3})|slider|number|rating")
_TEXTS = ("text_box", "textbox", "rationale")
_JUSTIFICATION = "justification"
_OUTPUT = "annotation_output"
_FILE = "annotated_instances."

Given = Mapping[str, Any]
"""What a person gave in one scheme: label to value."""


def assemble(
    rows: Sequence[Values | None], place: str
) -> Iterator[tuple[tuple[int, ...], Judgement | RowFault]]:
    """The judgements of all items that were compared."""
    folder = _folder(rows, place)
    for row, values in enumerate(rows):
        if values is None:
            continue
        try:
            yield (row,), _judgement(values, folder)
        except RowFault as fault:
            yield (row,), fault


def _folder(rows: Sequence[Values | None], place: str) -> str | None:
    """The name of the folder of a file with the answers of one person: no item is in it twice."""
    path = PurePath(place)
    ids = Counter(str(values["id"]) for values in rows if values is not None)
    if not path.name.startswith(_FILE) or any(count > 1 for count in ids.values()):
        return None
    return path.parent.name if path.parent.name not in ("", "..", _OUTPUT) else None


def _judgement(values: Values, folder: str | None) -> Judgement:
    metadata = str(values["metadata"])
    beside = decode_json(metadata, "the row")
    assert isinstance(beside, dict), "metadata is an object"
    task, in_order = _task(values, beside)
    given = _given(values, beside)
    opinions = _together(
        opinion for name, said in given.items() for opinion in _opinions(name, said, task)
    )
    if not opinions:
        raise RowFault("not-judged", _why_not(given, task))
    notes = [
        str(said[n]) for said in given.values() for n in (*_TEXTS, _JUSTIFICATION) if n in said
    ]
    judge = judge_name(values.get("judge")) or folder
    made = task.judgement(opinions, judge, "\n".join(notes) or None, metadata)
    return msgspec.structs.replace(made, shown=tuple(range(len(task.names))) if in_order else None)


def _together(opinions: Iterable[Opinion]) -> list[Opinion]:
    """One opinion a criterion: the ratings of completions that have a scheme each, as one."""
    found: dict[str, Opinion] = {}
    for opinion in opinions:
        before = found.get(opinion.criterion)
        if before is not None:
            if before.kind != opinion.kind:
                raise RowFault("unknown-label", f"{opinion.criterion} is of two kinds of scheme")
            pairs = zip(before.values, opinion.values, strict=True)
            values = tuple(one if one is not None else other for one, other in pairs)
            opinion = msgspec.structs.replace(opinion, values=values)
        found[opinion.criterion] = opinion
    return list(found.values())


def _given(values: Values, beside: Mapping[str, Any]) -> dict[str, Given]:
    """What was given, by scheme; labels without a value are left out."""
    found: dict[str, dict[str, Any]] = {}
    schemes = in_text(values.get("annotations"), "label_annotations")
    if isinstance(schemes, Mapping):
        found = {str(n): dict(said) for n, said in schemes.items() if isinstance(said, Mapping)}
    for column, value in beside.items():
        scheme, mark, label = column.rpartition(_COLUMN)
        if mark and scheme != "span_annotation":
            found.setdefault(scheme, {})[label] = value
    return {
        name: {n: v for n, v in said.items() if not is_blank(v) and v is not False}
        for name, said in found.items()
    }


def _task(values: Values, beside: Mapping[str, Any]) -> tuple[Task, bool]:
    """The prompt and the completions, and whether these stand in the order of their display."""
    asked = values.get("prompt")
    prompt = {} if is_blank(asked) else {"prompt": asked}
    own = _own_completions(beside)
    if own:
        return Task({**prompt, **own}), False
    text = values.get("displayed")
    if not isinstance(text, str):
        raise RowFault("wrong-type", f"displayed_text is {describe(text)}, not a text")
    sections = _sections(text)
    listed = {} if sections else _listed(text)
    data = {**prompt, **(sections or listed or {"text": text})}
    if not any(plain(name) in (*PROMPT_NAMES, "context") for name in data):
        raise RowFault(
            "missing-field", "there is no prompt in displayed_text, and no field with it beside"
        )
    return Task(data), bool(listed)


def _own_completions(beside: Mapping[str, Any]) -> dict[str, Any]:
    """Completions that are fields of the row, by name."""
    named = {plain(name): value for name, value in beside.items()}
    if all(not is_blank(named.get(side)) for side in _SIDES):
        return {side: named[side] for side in _SIDES}
    for name in LIST_NAMES:
        listed = in_text(named.get(name), name)
        if isinstance(listed, list) and 1 < len(listed) <= len(_LETTERS):
            return dict(zip(_LETTERS, listed, strict=False))
    numbered = {name: value for name, value in named.items() if NUMBERED.fullmatch(name)}
    return numbered if len(numbered) > 1 else {}


def _sections(text: str) -> dict[str, str]:
    """The sections of an object, by their legends."""
    found: dict[str, str] = {}
    text = text.strip()
    if text.startswith('<div class="row"'):  # the sections stand beside one another
        text = text.removesuffix("</div>")
    for block in text.split('<div name="instance_text"')[1:]:
        _, mark, rest = block.partition("<legend>")
        legend, end, body = rest.partition("</legend>")
        if not mark or not end or legend.strip() in found:
            raise RowFault("wrong-type", "displayed_text has a section without a legend of its own")
        body = body.strip().removesuffix("</div>").rstrip().removesuffix("<br/>")
        found[legend.strip()] = body.strip()
    return found


def _listed(text: str) -> dict[str, str]:
    """The texts of a list, by their marks; what stands before it is the prompt."""
    for marks in _MARKS:
        parts: list[list[str]] = [[]]
        for piece in text.split("<br>"):
            mark, dot, rest = piece.lstrip().partition(". ")
            at = len(parts) - 1
            if dot and at < len(marks) and mark == marks[at]:
                parts.append([rest])
            elif dot and mark in marks[:at]:
                raise RowFault("wrong-type", f"displayed_text has {mark}. twice")
            else:
                parts[-1].append(piece)
        if len(parts) > 2:
            before, *texts = ["<br>".join(part) for part in parts]
            named = dict(zip(marks, texts, strict=False))
            return named if is_blank(before) else {"prompt": before, **named}
    return {}


def _opinions(scheme: str, given: Given, task: Task) -> Iterator[Opinion]:
    """What a scheme says of the completions; nothing if it compares none."""
    if "rank_order" in given:
        yield Opinion("rank", _ranks(str(given["rank_order"]), task), scheme)
    elif "selection" in given:
        yield Opinion("verdict", task.of_two(given["selection"]), scheme, graded=False)
    elif "scale_value" in given:
        yield Opinion("verdict", _signed(given["scale_value"], scheme, task), scheme)
    elif (points := _points(given)) is not None:
        place, criterion = _rated(scheme, task)
        if place is not None:
            rated = tuple(points if at == place else None for at in range(len(task.names)))
            yield Opinion("rating", rated, criterion)
    elif len(task.names) == 2:
        yield from _chosen(scheme, given, task)


def _ranks(order: str, task: Task) -> tuple[float | None, ...]:
    """The ranks by an order such as B,D=A,C: D and A are on one place."""
    ranks: dict[int, float] = {}
    for group in order.split(","):
        place = float(len(ranks) + 1)
        ranks |= {_place(name.strip(), task): place for name in group.split("=")}
    return tuple(ranks.get(at) for at in range(len(task.names)))


def _place(name: str, task: Task) -> int:
    """The position of a completion by its name, or by its letter."""
    if name not in task.names and name in _LETTERS[: len(task.names)] and len(name) == 1:
        return _LETTERS.index(name)
    return task.place(name)


def _signed(value: object, scheme: str, task: Task) -> tuple[float, float]:
    """The values of two completions by a number: below 0 the first is preferred."""
    number = number_in(value)
    if number is None or len(task.names) != 2:
        raise RowFault(
            "unknown-label",
            f"{scheme} is {describe(value)}, of {len(task.names)} completions; a scale says a "
            "number of two",
        )
    return max(-number, 0.0), max(number, 0.0)


def _points(given: Given) -> float | None:
    """The points on a scale; None if the scheme is none."""
    if len(given) != 1:
        return None
    [(label, value)] = given.items()
    scale = _SCALE.fullmatch(plain(label))
    if scale is None:
        return None
    number = number_in(value)
    return number_in(scale[1]) if number is None else number


def _rated(scheme: str, task: Task) -> tuple[int | None, str]:
    """Which completion a scale rates, and by which criterion."""
    if len(task.names) == 1:
        return 0, scheme
    for place, name in enumerate(task.names):
        if plain(scheme).endswith(f"_{plain(name)}"):
            return place, scheme[: -len(name)].rstrip(" _-:")
    return None, scheme


def _chosen(scheme: str, given: Given, task: Task) -> Iterator[Opinion]:
    """A choice of one of two: a label that names a side, or sides by several dimensions."""
    named = [label for label in given if label in task.names or word_preference(label) is not None]
    if len(given) == 1 and named:
        yield Opinion("verdict", task.of_two(named[0]), scheme, graded=False)
        return
    said = {name: v for name, v in given.items() if name not in (_JUSTIFICATION, *_TEXTS)}
    if not named and said and all(v in ("A", "B", "tie") for v in said.values()):
        for dimension, side in said.items():
            criterion = f"{scheme}.{dimension}"
            yield Opinion("verdict", task.of_two(side), criterion, graded=False)


def _why_not(given: Mapping[str, Given], task: Task) -> str:
    named = ", ".join(name for name, said in given.items() if said)
    if not named:
        return "nothing was answered"
    return f"{named}: says nothing that compares, or rates by name, {', '.join(task.names)}"


POTATO = Dialect(
    name="potato",
    summary="an export of Potato: items as they were displayed, with the answers of one person",
    polarity="the side that is selected is better, a number below 0 is for the first; a ranking "
    "lists the best first; more points are better",
    parts=(
        DialectPart("id", ("id", "instance_id"), held=False),
        DialectPart("displayed", ("displayed_text",), held=False),
        DialectPart("annotations", ("label_annotations",), required=False, held=False),
        DialectPart("prompt", PROMPT_NAMES, required=False),
        DialectPart("judge", ("user", "user_id", "annotator", "judge"), required=False, held=False),
    ),
    judge=unassembled,
    meets=True,
    assemble=assemble,
)
