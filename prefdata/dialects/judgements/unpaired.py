"""Unpaired preferences (KTO): one completion a row, and whether it is wanted.

Fields: prompt | question | ...; completion | response (or output, answer); label | kto_tag: true
says that the completion is wanted. What a number or a word under the name `label` says is stated
with --label (`1=wanted,0=unwanted`). Conversations: messages, of which the last is the completion.
Rows on one prompt meet: each wanted one makes a pair with each that is not.

Stepwise labels (`completions` and `labels` as lists, one a step) are no preferences between
completions, and are not read.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from prefdata.dialects.assembly import completion, context, text_or_messages
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS, REJECTED_NAMES, plain
from prefdata.dialects.judgements.ratings import in_text
from prefdata.dialects.labels.preference import FIRST, SECOND, TIE, number_in
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.worse_names import measures_harm
from prefdata.dialects.values import describe
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion
from prefdata.records.record import ASSISTANT

_TRUTH = {"1": True, "true": True, "1.0": True, "0": False, "false": False, "0.0": False}
_PLAIN_NAMES = ("kto_tag", "accepted", "desirable")
"""Fields whose 1 can only mean wanted."""

_SIDES = (*CHOSEN_NAMES, *REJECTED_NAMES)
_LABELS = DialectPart("label", ("label", "kto_tag", "accepted", "desirable"), held=False)


_Accept = Callable[[Values], Opinion]


def unpaired(values: Values) -> Judgement:
    """Converts one row of a prompt, a completion and a label."""
    return _of_text(_accepted, values)


def _of_text(accept: _Accept, values: Values) -> Judgement:
    prompt = context(values)
    answer = Completion(completion(values.get("completion"), "completion", prompt))
    return Judgement(prompt, (answer,), (accept(values),))


def unpaired_conversation(values: Values) -> Judgement:
    """Converts one row of a conversation, whose last message is the completion, and a label."""
    return _of_conversation(_accepted, values)


def _of_conversation(accept: _Accept, values: Values) -> Judgement:
    turns = text_or_messages(values.get("messages"), "messages")
    if isinstance(turns, str) or turns[-1].role != ASSISTANT:
        raise RowFault("wrong-type", "messages does not end with a message of the assistant")
    return Judgement(turns[:-1], (Completion(turns[-1:]),), (accept(values),))


def _accepted(values: Values) -> Opinion:
    """What a label says that needs no statement: true or false, and 1 or 0 under a name of its own.

    A number under the name `label` may as well be a class, such as harmful; so may any word, and
    any value under a name that speaks of harm.
    """
    label, name = values.get("label"), plain(str(values.get("label_name", "")))
    wanted = _TRUTH.get(str(label).strip().casefold()) if label is not None else None
    if wanted is None:
        raise RowFault("unknown-label", f"label is {describe(label)}, neither true nor false")
    if measures_harm(name) or (number_in(label) is not None and name not in _PLAIN_NAMES):
        raise RowFault(
            "unknown-label", f"label is {describe(label)}; whether that is wanted is not stated"
        )
    return _opinion(wanted=wanted)


def _opinion(*, wanted: bool) -> Opinion:
    return Opinion("accepted", (float(wanted),), graded=False)


def _stated(reading: LabelReading, values: Values) -> Opinion:
    """What a label says as the user states it."""
    side = reading.read(values.get("label")).side
    if side == TIE:
        raise RowFault("unknown-label", f"label is {describe(values.get('label'))}, stated a tie")
    return _opinion(wanted=side == FIRST)


def _restated(dialect: Dialect, label: str) -> Dialect | None:
    reading = LabelReading.parse(label)
    if reading.kind == "scores":
        return None
    judge = _of_text if dialect.name == UNPAIRED_TEXT.name else _of_conversation
    return replace(
        dialect,
        polarity=_meaning(reading),
        judge=partial(judge, partial(_stated, reading)),
    )


def _meaning(reading: LabelReading) -> str:
    if reading.kind != "values":
        return f"first is wanted: {reading.meaning}"
    by_side = {side: [v for v, s in reading.sides if s == side] for side in (FIRST, SECOND)}
    return (
        f"label {', '.join(by_side[FIRST]) or 'nothing'} says that the completion is wanted, "
        f"{', '.join(by_side[SECOND]) or 'nothing'} that it is not, as stated"
    )


def _is_single(values: Values) -> bool:
    return not isinstance(in_text(values["label"], "label"), list)


UNPAIRED_TEXT = Dialect(
    name="unpaired",
    summary="unpaired (KTO): one completion a row, wanted or not",
    polarity="a true label says that the completion is wanted; both kinds of a prompt make pairs",
    parts=(
        *PROMPT_PARTS,
        DialectPart("completion", ("completion", "response"), fallbacks=("output", "answer")),
        _LABELS,
    ),
    judge=unpaired,
    meets=True,
    fits=_is_single,
    without=_SIDES,
)
UNPAIRED_MESSAGES = Dialect(
    name="unpaired-conversations",
    summary="unpaired (KTO): a conversation a row, whose end is wanted or not",
    polarity="a true label says that the end is wanted; both kinds of a prompt make pairs",
    parts=(DialectPart("messages", ("messages", "conversations")), _LABELS),
    judge=unpaired_conversation,
    meets=True,
    fits=_is_single,
    without=(*_SIDES, "rejected_messages"),
)

ACCEPTED = tuple(
    replace(each, restate=partial(_restated, each)) for each in (UNPAIRED_TEXT, UNPAIRED_MESSAGES)
)
