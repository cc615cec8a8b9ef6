"""Judgements as prefdata writes them: the contract with what collects and annotates.

Fields: prompt, completions[{messages or text, model, id}], opinions[{kind, values, criterion}],
judge, at, confidence, shown, comment, final (`prefdata schema judgement`). Rows on the same
completions are votes, and meet. Nobody has judged those whose opinions are empty.
"""

from __future__ import annotations

from collections.abc import Mapping

from prefdata.dialects.assembly import completion, context
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.judgements.ratings import in_text, listed, objects_with
from prefdata.dialects.messages import Messages
from prefdata.dialects.values import describe, encode_json_object, number, text
from prefdata.errors import RowFault
from prefdata.records.judgement import OVERALL, Completion, Judgement, Opinion

_KINDS = ("rating", "rank", "verdict", "accepted")
_OF_A_COMPLETION = ("messages", "text", "model", "id")


def convert(values: Values) -> Judgement:
    """Converts one row."""
    prompt = context(values)
    completions = tuple(_completion(item, prompt) for item in listed(values, "completions"))
    said = listed(values, "opinions") if values.get("opinions") is not None else []
    opinions = tuple(_opinion(item, len(completions)) for item in said)
    names = [opinion.criterion for opinion in opinions]
    if len(set(names)) < len(names):
        raise RowFault("wrong-type", f"a criterion stands twice in opinions: {', '.join(names)}")
    return Judgement(
        prompt,
        completions,
        opinions,
        _overall(values.get("overall"), names),
        judge=_optional(values, "judge"),
        at=_optional(values, "at"),
        confidence=number(values.get("confidence"), "confidence"),
        shown=_shown(values.get("shown"), len(completions)),
        comment=_optional(values, "comment"),
        final=_final(values.get("final")),
    )


def _final(given: object) -> bool:
    if given is None or isinstance(given, bool):
        return bool(given)
    raise RowFault("wrong-type", f"final is {describe(given)}, neither true nor false")


def _completion(item: object, prompt: Messages) -> Completion:
    if not isinstance(item, Mapping):
        raise RowFault("wrong-type", f"completions holds {describe(item)}, not objects")
    said = item.get("messages") if item.get("messages") is not None else item.get("text")
    beside = {k: v for k, v in item.items() if k not in _OF_A_COMPLETION and v is not None}
    return Completion(
        completion(said, "a completion", prompt),
        model=_optional(item, "model"),
        id=_optional(item, "id"),
        metadata=encode_json_object(beside) if beside else None,
    )


def _opinion(item: object, count: int) -> Opinion:
    if not isinstance(item, Mapping) or item.get("kind") not in _KINDS:
        raise RowFault("unknown-label", f"an opinion has no kind of {', '.join(_KINDS)}")
    given = item.get("values")
    if not isinstance(given, list) or len(given) != count:
        raise RowFault(
            "unknown-label", f"an opinion has {describe(given)}, not {count} values in a list"
        )
    values = tuple(number(value, "a value of an opinion") for value in given)
    kind = str(item["kind"])
    if kind == "verdict" and (count != 2 or None in values or min(values) != 0.0):  # type: ignore[type-var]
        raise RowFault(
            "unknown-label", "a verdict is of two completions, and the one that is no better has 0"
        )
    return Opinion(
        kind,  # type: ignore[arg-type]
        values,
        _optional(item, "criterion") or OVERALL,
        graded=item.get("graded") is not False and kind != "accepted",
    )


def _overall(given: object, names: list[str]) -> tuple[str, ...]:
    if isinstance(given, list):
        return tuple(map(str, given))
    if OVERALL in names:
        return (OVERALL,)
    return tuple(names) if len(names) == 1 else ()


def _shown(given: object, count: int) -> tuple[int, ...] | None:
    if given is None:
        return None
    if not isinstance(given, list) or sorted(map(str, given)) != sorted(map(str, range(count))):
        raise RowFault(
            "wrong-type", f"shown is {describe(given)}, not the positions 0 to {count - 1}"
        )
    return tuple(map(int, given))


def _optional(values: Mapping[str, object], name: str) -> str | None:
    value = values.get(name)
    return None if value is None else text(value, name)


def _are_opinions(value: object) -> bool:
    return value is None or in_text(value, "opinions") == [] or objects_with("kind", value)


JUDGEMENT = Dialect(
    name="judgement",
    summary="judgements as prefdata writes them: a prompt, completions, opinions",
    polarity="by kind: a higher rating or verdict, a lower rank, an accepted completion is better",
    parts=(
        DialectPart("prompt", ("prompt",)),
        DialectPart("completions", ("completions",)),
        DialectPart("opinions", ("opinions",), required=False, held=False),  # may be empty
        *(
            DialectPart(name, (name,), required=False, held=False)
            for name in ("overall", "judge", "at", "confidence", "shown", "comment", "final")
        ),
    ),
    judge=convert,
    meets=True,
    fits=lambda values: _are_opinions(values.get("opinions")),
    is_elsewhere=lambda row, taken: row.get("opinions") is None,
)
