"""Pairs without a prompt field: the prompt is what both sides begin with (TRL's implicit prompt).

Fields: chosen | chosen_response; rejected | rejected_response. Polarity: the field names say it.

Messages: the shared first messages are the prompt; no message is ever cut, and the last one of
each side always belongs to the completion.

Texts: the shared first characters, cut back to the last white space or the last end of a CJK
sentence, so that "... is Paris" and "... is Pluto" part before the P. The white space stands at
the beginning of the completions, where TRL leaves it too; a CJK full stop, with the closing
quotes after it, stays with the prompt. Prompt + completion is the original text to the letter.
"""

from __future__ import annotations

from prefdata.dialects.assembly import parted, shared_beginning, spoken
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import (
    CHOSEN_NAMES,
    CONVERSATION_NAMES,
    PROMPT_NAMES,
    REJECTED_NAMES,
)
from prefdata.dialects.pairs import SCORE_PARTS, margin_of
from prefdata.errors import RowFault
from prefdata.records.record import Record, assistant, user

SIDE_PARTS = (
    DialectPart("chosen", CHOSEN_NAMES),
    DialectPart("rejected", REJECTED_NAMES),
    *SCORE_PARTS,
)
PROMPT_ELSEWHERE = (*PROMPT_NAMES, *CONVERSATION_NAMES, "input", "context")
"""Fields that hold the prompt in other dialects: where they speak, the prompt is not implicit."""

_SENTENCE_ENDS = "。！？｡"
_CLOSERS = "」』”’）】》"
_MOST_CLOSERS = 8


def convert(values: Values) -> Record:
    """One row as a record."""
    chosen = spoken(values.get("chosen"), "chosen")
    rejected = spoken(values.get("rejected"), "rejected")
    if isinstance(chosen, str) and isinstance(rejected, str):
        prompt, better, worse = part_texts(chosen, rejected)
        record = Record((user(prompt),), (assistant(better),), (assistant(worse),))
    elif isinstance(chosen, str) or isinstance(rejected, str):
        raise RowFault("wrong-type", "one side is a text, the other messages; no prompt beside")
    else:
        record = parted(chosen, rejected)
    return Record(record.prompt, record.chosen, record.rejected, margin_of(values))


def part_texts(chosen: str, rejected: str) -> tuple[str, str, str]:
    """Prompt and completions of two texts; raises RowFault where they share no beginning.

    >>> part_texts("The capital is Paris", "The capital is Pluto")
    ('The capital is', ' Paris', ' Pluto')
    """
    cut = _boundary(chosen, rejected, shared_length(chosen, rejected))
    if cut == 0:
        raise RowFault(
            "no-shared-prompt", "there is no prompt field, and the sides share no beginning"
        )
    return chosen[:cut], chosen[cut:], rejected[cut:]


def shared_length(left: str, right: str) -> int:
    """How many characters both begin with: halving, so that comparing is done by memcmp."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _boundary(chosen: str, rejected: str, end: int) -> int:
    """The last place at or before `end` to cut at, with text on either side of it; 0: none."""
    while end > 0:
        if chosen[end - 1].isspace():
            end = len(chosen[:end].rstrip())
        elif not _ends_sentence(chosen, end):
            end -= 1
            continue
        if not _is_empty(chosen, end) and not _is_empty(rejected, end):
            return end
        end -= 1
    return 0


def _ends_sentence(text: str, end: int) -> bool:
    opening = max(end - _MOST_CLOSERS, 1)
    while end > opening and text[end - 1] in _CLOSERS:
        end -= 1
    return text[end - 1] in _SENTENCE_ENDS


def _is_empty(text: str, start: int) -> bool:
    return start >= len(text) or text[start:].isspace()


def is_transcript(text: str) -> bool:
    """Is this a dialogue written as HH-RLHF writes it: turns marked Human: and Assistant:?"""
    return text.lstrip()[:6] == "Human:" and "\n\nAssistant:" in text


def _fits(values: Values) -> bool:
    chosen = spoken(values["chosen"], "chosen")
    rejected = spoken(values["rejected"], "rejected")
    if isinstance(chosen, str) and isinstance(rejected, str):
        return not (is_transcript(chosen) and is_transcript(rejected))
    assert not isinstance(chosen, str) and not isinstance(rejected, str)  # it was converted
    return shared_beginning(chosen, rejected) > 0


IMPLICIT = Dialect(
    name="implicit",
    summary="a chosen and a rejected side that begin with the same prompt; no prompt field",
    polarity="the field named chosen is the better one",
    parts=SIDE_PARTS,
    convert=convert,
    fits=_fits,
    without=PROMPT_ELSEWHERE,
    quorum=0.5,  # fewer would be chance: "Sure, here" begins many answers
)
