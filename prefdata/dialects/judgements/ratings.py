"""Ratings: completions with points by criterion, several in a row or one a row.

UltraFeedback: instruction, completions[{response, model, annotations.ASPECT.Rating}]; ratings are
text. The overall opinion is the mean of the aspects, never `overall_score`, which is wrong for some
completions by a known fault of that set.

distilabel: instruction, generations, ratings (lists of one length); a null rating is none.

HelpSteer: one completion a row, rated by helpfulness, correctness, coherence, complexity and
verbosity; rows on one prompt meet. Helpfulness is the overall opinion: a complex or long answer is
no better one.

One completion a row, with a single rating or score, or with a rank (the lowest is the best): rows
on one prompt meet as well.

More points are better, unless the user states `lower=better` (`direction`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prefdata.dialects.assembly import completion, context
from prefdata.dialects.comparisons.parts import JUDGE_PART, judge_name
from prefdata.dialects.conversations.python_repr import printed_value
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS, REJECTED_NAMES
from prefdata.dialects.judgements.direction import directed
from prefdata.dialects.messages import Messages
from prefdata.dialects.values import decode_json, describe, encode_json_object, number
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion

_SIDES = (*CHOSEN_NAMES, *REJECTED_NAMES)
_TEXT = ("response", "text", "content", "completion", "answer", "output")
LIST_NAMES = ("generations", "responses", "completions", "outputs", "answers", "candidates")
"""Fields that hold a list of completions."""

COMPLETION_PART = DialectPart(
    "completion",
    ("completion", "response"),
    fallbacks=("output", "answer", "回答", "答案", "回复", "模型回答", "模型输出", "输出"),
)
"""The only completion of a row."""

_RANK = DialectPart("rank", ("rank",), held=False, fallbacks=("ranking", "排名", "名次"))
_ASPECTS = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")


def listed(values: Values, part: str) -> list[object]:
    """The value of a part that has to be a list. Raises RowFault for anything else."""
    value = in_text(values.get(part), part)
    if not isinstance(value, list):
        raise RowFault("wrong-type", f"{part} is {describe(value)}, not a list")
    return value


def listed_with(values: Values, part: str) -> tuple[list[object], list[object]]:
    """The completions of a row, and a list with a value for each. Raises RowFault for anything
    else."""
    items, given = listed(values, "completions"), listed(values, part)
    if len(items) != len(given):
        raise RowFault(
            "missing-field", f"there are {len(given)} {part} to {len(items)} completions"
        )
    return items, given


def in_text(value: object, name: str) -> object:
    """A list or an object, also as JSON text or as Python prints it, since CSV has no other way to
    hold one; else the value. Raises RowFault for a text that begins so and cannot be read."""
    if not isinstance(value, str) or value[:1] not in ("[", "{"):
        return value
    try:
        return decode_json(value, name)
    except RowFault:
        printed = printed_value(value, name)
        return value if printed is None else printed


def completion_of(item: object, prompt: Messages, name: str) -> Completion:
    """A completion from an object with a text, a model and an id, or from a text or messages."""
    if not isinstance(item, Mapping):
        return Completion(completion(item, name, prompt))
    if "role" in item or "from" in item:
        return Completion(completion(item, name, prompt))
    field = next((key for key in _TEXT if item.get(key) is not None), None)
    if field is None:
        raise RowFault("missing-field", f"an item of {name} has no text ({', '.join(_TEXT)})")
    beside = {k: v for k, v in item.items() if k not in (field, "model", "id") and v is not None}
    return Completion(
        completion(item[field], name, prompt),
        model=_name(item.get("model")),
        id=_name(item.get("id")),
        metadata=encode_json_object(beside) if beside else None,
    )


def _name(value: object) -> str | None:
    return None if value is None else str(value)


def ultrafeedback(values: Values) -> Judgement:
    """Converts one UltraFeedback row."""
    prompt = context(values)
    items = [_mapping(item) for item in listed(values, "completions")]
    given = [_aspects(item) for item in items]
    names = list(dict.fromkeys(name for ratings in given for name in ratings))
    opinions = tuple(
        Opinion("rating", tuple(ratings.get(name) for ratings in given), name) for name in names
    )
    completions = tuple(completion_of(item, prompt, "completions") for item in items)
    return Judgement(prompt, completions, opinions, tuple(names))


def _mapping(item: object) -> Mapping[str, object]:
    if not isinstance(item, Mapping):
        raise RowFault("wrong-type", f"completions holds {describe(item)}, not objects")
    return item


def _aspects(item: Mapping[str, object]) -> dict[str, float | None]:
    annotations = in_text(item.get("annotations"), "annotations")
    if not isinstance(annotations, Mapping):
        return {}
    return {
        str(name): number(_mapping(about).get("Rating"), f"the rating of {name}")
        for name, about in annotations.items()
        if isinstance(about, Mapping)
    }


def rated_list(values: Values) -> Judgement:
    """Converts one row of a list of completions and a list of ratings of the same length."""
    prompt = context(values)
    items, ratings = listed_with(values, "ratings")
    points = tuple(number(rating, "a rating") for rating in ratings)
    models = in_text(values.get("models"), "models")
    completions = [completion_of(item, prompt, "completions") for item in items]
    if isinstance(models, list) and len(models) == len(completions):
        completions = [
            Completion(c.messages, _name(m), c.id, c.metadata)
            for c, m in zip(completions, models, strict=True)
        ]
    return Judgement(prompt, tuple(completions), (Opinion("rating", points),))


def rated_row(values: Values) -> Judgement:
    """Converts one row of a completion and its ratings by HelpSteer's aspects."""
    prompt = context(values)
    found = {name: number(values.get(name), name) for name in _ASPECTS if name in values}
    opinions = tuple(Opinion("rating", (points,), name) for name, points in found.items())
    answer = Completion(completion(values.get("response"), "response", prompt))
    return Judgement(prompt, (answer,), opinions, ("helpfulness",))


def rated_alone(values: Values) -> Judgement:
    """Converts one row of a completion and one rating."""
    return _alone(values, Opinion("rating", (number(values.get("rating"), "rating"),)))


def ranked_alone(values: Values) -> Judgement:
    """Converts one row of a completion and its rank among those of its prompt."""
    return _alone(values, Opinion("rank", (number(values.get("rank"), "rank"),)))


def _alone(values: Values, opinion: Opinion) -> Judgement:
    prompt = context(values)
    answer = Completion(
        completion(values.get("completion"), "completion", prompt), model=_name(values.get("model"))
    )
    judge = judge_name(values.get("judge"))
    return Judgement(prompt, (answer,), (opinion,), judge=judge)


def _is_rated(values: Values) -> bool:
    return number(values.get("rating"), "rating") is not None


def is_list_of(value: object, kind: type | tuple[type, ...]) -> bool:
    """Whether a value is a list, not empty, of values of some types, also as text."""
    value = in_text(value, "a list")
    return isinstance(value, list) and bool(value) and all(isinstance(v, kind) for v in value)


def objects_with(name: str, value: object) -> bool:
    """Whether a value is a list, not empty, of objects that all have a field, also as text."""
    value = in_text(value, name)
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(item, Mapping) and name in item for item in value)
    )


def _has_annotations(values: Values) -> bool:
    return objects_with("annotations", values["completions"])


ULTRAFEEDBACK = Dialect(
    name="ultrafeedback",
    summary="UltraFeedback: completions with ratings by aspect",
    polarity="a higher mean of the ratings by aspect is better; overall_score is not used",
    parts=(*PROMPT_PARTS, DialectPart("completions", ("completions",))),
    judge=ultrafeedback,
    fits=_has_annotations,
    without=_SIDES,
)
RATINGS = Dialect(
    name="ratings",
    summary="a prompt, a list of completions and a list of their ratings (distilabel and its kin)",
    polarity="a higher rating is better",
    parts=(
        *PROMPT_PARTS,
        DialectPart("completions", LIST_NAMES),
        DialectPart("ratings", ("ratings", "rating", "scores", "rewards"), held=False),
        DialectPart("models", ("generation_models", "models"), required=False, held=False),
    ),
    judge=rated_list,
    fits=lambda values: isinstance(in_text(values["ratings"], "ratings"), list),
    without=_SIDES,
)
HELPSTEER = Dialect(
    name="helpsteer",
    summary="HelpSteer: one completion a row, with ratings by aspect",
    polarity="a higher helpfulness is better (or the criterion that is chosen)",
    parts=(
        *PROMPT_PARTS,
        DialectPart("response", ("response",)),
        *(DialectPart(name, (name,), required=name == "helpfulness") for name in _ASPECTS),
    ),
    judge=rated_row,
    meets=True,
    without=_SIDES,
)

RATED_ROWS = Dialect(
    name="rated-rows",
    summary="one completion a row, with a rating",
    polarity="a higher rating is better",
    parts=(
        *PROMPT_PARTS,
        COMPLETION_PART,
        DialectPart(
            "rating", ("rating", "score", "reward"), held=False, fallbacks=("评分", "得分")
        ),
        DialectPart("model", ("model", "generator"), required=False, held=False),
        JUDGE_PART,
    ),
    judge=rated_alone,
    meets=True,
    fits=_is_rated,
    without=(*_SIDES, "helpfulness", "label", "kto_tag"),
)

RANKED_ROWS = replace(
    RATED_ROWS,
    name="ranked-rows",
    summary="one completion a row, with a rank",
    polarity="a lower rank is better; the same rank is a tie",
    parts=tuple(_RANK if part.name == "rating" else part for part in RATED_ROWS.parts),
    judge=ranked_alone,
    fits=lambda values: number(values.get("rank"), "rank") is not None,
    without=(*RATED_ROWS.without, "rating", "score", "reward"),
)

RATED = (
    *(directed(each, higher=True) for each in (ULTRAFEEDBACK, RATINGS, HELPSTEER, RATED_ROWS)),
    directed(RANKED_ROWS, higher=False),
)
