"""One better completion and a list of worse ones: ms-swift's `rejected_response`, and its kin.

Fields: messages (the last one is chosen) and rejected_response, a list of texts; or a prompt,
chosen, and rejected, a list of texts or of conversations. Polarity: by field name. A row is a
judgement: chosen has rank 1, each of the others rank 2, so nothing is said of these among
themselves.
"""

from __future__ import annotations

from prefdata.dialects.assembly import completion, context, conversation, pair
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS, REJECTED_NAMES
from prefdata.dialects.judgements.rankings import better_and_worse
from prefdata.dialects.messages import Messages
from prefdata.dialects.swift import SWIFT_PARTS, listed_responses, with_system
from prefdata.dialects.swift import convert as convert_swift
from prefdata.dialects.values import describe
from prefdata.errors import RowFault
from prefdata.records.judgement import Judgement
from prefdata.records.record import Record


def judge_swift(values: Values) -> Judgement:
    """The judgement in one row of ms-swift."""
    whole = conversation(values, "messages")
    prompt = with_system(values.get("system"), whole[:-1])
    return better_and_worse(prompt, [whole[-1:]], _alternatives(values, whole[:-1]))


def judge_pairs(values: Values) -> Judgement:
    """The judgement in one row of a prompt, chosen, and a list of rejected."""
    prompt = context(values)
    chosen = completion(values.get("chosen"), "chosen", prompt)
    return better_and_worse(prompt, [chosen], _alternatives(values, prompt))


def _alternatives(values: Values, prompt: Messages) -> list[Messages]:
    listed = listed_responses(values.get("rejected"))
    if listed is None:
        listed = [values.get("rejected")]
    return [completion(item, f"rejected[{index}]", prompt) for index, item in enumerate(listed)]


def convert_pairs(values: Values) -> Record:
    """Converts a row with a single rejected completion to a record."""
    listed = listed_responses(values.get("rejected"))
    if listed is None or len(listed) != 1:
        raise RowFault("wrong-type", f"rejected is {describe(listed)}, not a list of one")
    return pair({**values, "rejected": listed[0]}, "chosen", "rejected")


def _has_list(values: Values) -> bool:
    chosen = values.get("chosen")
    if isinstance(chosen, str) and listed_responses(chosen) is not None:
        return False  # both are texts that happen to be lists
    return listed_responses(values["rejected"]) is not None


SWIFT_LIST = Dialect(
    name="swift-list",
    summary="ms-swift: messages, and a list of rejected responses",
    polarity="the last of messages is better than every rejected response",
    parts=SWIFT_PARTS,
    convert=convert_swift,
    fits=_has_list,
    by_values=True,
    without=CHOSEN_NAMES,
    judge=judge_swift,
)
REJECTED_LIST = Dialect(
    name="rejected-list",
    summary="a prompt, a chosen completion, and a list of rejected ones",
    polarity="the field named chosen is better than every one of rejected",
    parts=(
        *PROMPT_PARTS,
        DialectPart("chosen", CHOSEN_NAMES),
        DialectPart("rejected", REJECTED_NAMES),
    ),
    convert=convert_pairs,
    fits=_has_list,
    by_values=True,
    judge=judge_pairs,
)
