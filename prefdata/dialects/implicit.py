"""Pairs without a prompt field: the prompt is the common beginning (TRL's implicit prompt).

Fields: chosen | chosen_response; rejected | rejected_response. Polarity: by field name.

Messages: the common first messages are the prompt; no message is ever cut, and the last one of each
side always belongs to the completion.

Texts: the common first characters, cut back to the last white space or the last end of a CJK
sentence, so that "... is Paris" and "... is Pluto" are cut before the P. The white space belongs to
the completions, as in TRL; a CJK full stop, with closing quotes after it, belongs to the prompt.
Prompt + completion is exactly the original text.
"""

from __future__ import annotations

from prefdata.dialects.assembly import (
    shared_beginning,
    split_conversations,
    text_or_messages,
    with_margin,
    with_tools,
)
from prefdata.dialects.dialect import Dialect, DialectPart, Row, Values
from prefdata.dialects.fields import (
    CHOSEN_NAMES,
    CONVERSATION_NAMES,
    PROMPT_NAMES,
    REJECTED_NAMES,
    is_blank,
    plain,
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
"""Fields that hold the prompt in other dialects: with a value in one, it is not implicit."""

_SENTENCE_ENDS = "。！？｡"
_CLOSERS = "」』”’）】》"
_MOST_CLOSERS = 8


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    chosen = text_or_messages(values.get("chosen"), "chosen")
    rejected = text_or_messages(values.get("rejected"), "rejected")
    if isinstance(chosen, str) and isinstance(rejected, str):
        prompt, better, worse = part_texts(chosen, rejected)
        record = Record((user(prompt),), (assistant(better),), (assistant(worse),))
    elif isinstance(chosen, str) or isinstance(rejected, str):
        raise RowFault("wrong-type", "one side is a text, the other messages; no prompt beside")
    else:
        record = split_conversations(chosen, rejected)
        record = with_tools(record, values, ("chosen", "rejected"))
    return with_margin(record, margin_of(values))


def part_texts(chosen: str, rejected: str) -> tuple[str, str, str]:
    """Prompt and completions of two texts. Raises RowFault if they have no common beginning.

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
    """The length of the common beginning in characters, by bisection with slice comparisons."""
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _boundary(chosen: str, rejected: str, end: int) -> int:
    """The last position up to `end` to cut at, with text on both sides of it; 0 for none."""
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
    """Whether a text is a transcript in HH-RLHF's format: turns marked Human: and Assistant:."""
    return text.lstrip()[:6] == "Human:" and "\n\nAssistant:" in text


def share_messages(chosen: object, rejected: object) -> bool:
    """Whether two sides are conversations with a common beginning."""
    sides = [text_or_messages(chosen, "chosen"), text_or_messages(rejected, "rejected")]
    if any(isinstance(side, str) for side in sides):
        return False
    return shared_beginning(*(side for side in sides if not isinstance(side, str))) > 0


def _fits(values: Values) -> bool:
    chosen = text_or_messages(values["chosen"], "chosen")
    rejected = text_or_messages(values["rejected"], "rejected")
    if isinstance(chosen, str) and isinstance(rejected, str):
        has_prompt = not is_blank(values.get("beside"))
        return not has_prompt and not (is_transcript(chosen) and is_transcript(rejected))
    assert not isinstance(chosen, str) and not isinstance(rejected, str)  # it was converted
    return shared_beginning(chosen, rejected) > 0


_PROMPT_WORDS = frozenset(
    (*PROMPT_NAMES, "input", "context", "query", "user", "request", "post", "conversation")
)
_FEW_WORDS = 5
"""Common words up to which a text beside is rather the prompt than the beginning of answers."""


def _is_asked_elsewhere(row: Row, claimed: frozenset[str]) -> bool:
    """Whether a field beside two texts holds the prompt: by its name, or since the common beginning
    is a few words that open an answer, and the text beside is longer."""
    sides = [row[name] for name in row if name in claimed and plain(name) in _SIDE_NAMES]
    texts = [side for side in sides if isinstance(side, str)]
    if len(texts) != 2:
        return False
    common = texts[0][: shared_length(*texts)].strip()
    if is_transcript(texts[0]) or "\n" in common:
        return False
    beside = {
        name: value
        for name, value in row.items()
        if name not in claimed and isinstance(value, str) and len(value.split()) > 2
    }
    if any(_PROMPT_WORDS & set(plain(name).split("_")) for name in beside):
        return True
    opens = len(common.split()) <= _FEW_WORDS and not common.endswith(("?", "？"))
    return opens and any(len(value) > len(common) for value in beside.values())


_SIDE_NAMES = frozenset((*CHOSEN_NAMES, *REJECTED_NAMES))

IMPLICIT = Dialect(
    name="implicit",
    summary="a chosen and a rejected side that begin with the same prompt; no prompt field",
    polarity="the field named chosen is the better one",
    parts=(*SIDE_PARTS, DialectPart("beside", ("messages",), required=False, held=False)),
    convert=convert,
    fits=_fits,
    without=PROMPT_ELSEWHERE,
    is_elsewhere=_is_asked_elsewhere,
    quorum=0.5,  # fewer may be chance: "Sure, here" begins many answers
)
