"""Unpaired preferences (KTO): one completion a row, and whether it is wanted.

Fields: prompt | question | ...; completion | response (or output, answer); label | kto_tag: true
says that the completion is wanted. Conversations: messages, of which the last is the completion.
Rows on one prompt meet: each wanted one makes a pair with each that is not.

Stepwise labels (`completions` and `labels` as lists, one a step) are no preferences between
completions, and are not read.
"""

from __future__ import annotations

from prefdata.dialects.assembly import completion, context, text_or_messages
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS, REJECTED_NAMES
from prefdata.dialects.judgements.ratings import in_text
from prefdata.dialects.values import describe
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion
from prefdata.records.record import ASSISTANT

_TRUTH = {"1": True, "true": True, "1.0": True, "0": False, "false": False, "0.0": False}
_SIDES = (*CHOSEN_NAMES, *REJECTED_NAMES)
_LABELS = DialectPart("label", ("label", "kto_tag", "accepted", "desirable"), held=False)


def unpaired(values: Values) -> Judgement:
    """Converts one row of a prompt, a completion and a label."""
    prompt = context(values)
    answer = Completion(completion(values.get("completion"), "completion", prompt))
    return Judgement(prompt, (answer,), (_accepted(values),))


def unpaired_conversation(values: Values) -> Judgement:
    """Converts one row of a conversation, whose last message is the completion, and a label."""
    turns = text_or_messages(values.get("messages"), "messages")
    if isinstance(turns, str) or turns[-1].role != ASSISTANT:
        raise RowFault("wrong-type", "messages does not end with a message of the assistant")
    return Judgement(turns[:-1], (Completion(turns[-1:]),), (_accepted(values),))


def _accepted(values: Values) -> Opinion:
    label = values.get("label")
    wanted = _TRUTH.get(str(label).strip().casefold()) if label is not None else None
    if wanted is None:
        raise RowFault("unknown-label", f"label is {describe(label)}, neither true nor false")
    return Opinion("accepted", (float(wanted),), graded=False)


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
    fits=lambda values: not isinstance(in_text(values["label"], "label"), list),
    without=_SIDES,
)
UNPAIRED_MESSAGES = Dialect(
    name="unpaired-conversations",
    summary="unpaired (KTO): a conversation a row, whose end is wanted or not",
    polarity="a true label says that the end is wanted; both kinds of a prompt make pairs",
    parts=(DialectPart("messages", ("messages", "conversations")), _LABELS),
    judge=unpaired_conversation,
    meets=True,
    fits=lambda values: not isinstance(in_text(values["label"], "label"), list),
    without=(*_SIDES, "rejected_messages"),
)

ACCEPTED = (UNPAIRED_TEXT, UNPAIRED_MESSAGES)
