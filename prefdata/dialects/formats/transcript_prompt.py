"""A prompt that is a transcript of turns, and two texts that go on from it (rm-static).

Fields: prompt, a text with turns marked Human: and Assistant:, which ends with an empty Assistant:;
chosen and rejected. Polarity: by field name. As in `hh`, one space after a marker belongs to the
marker, also where it stands at the beginning of a completion. A prompt without any turn is one user
message, as in `pairs`.
"""

from __future__ import annotations

from prefdata.dialects.assembly import pair, with_margin
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_NAMES, REJECTED_NAMES
from prefdata.dialects.hh import transcript
from prefdata.dialects.pairs import SCORE_PARTS, is_transcript_prompt, margin_of
from prefdata.dialects.values import text
from prefdata.records.record import Record, assistant


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    prompt = values.get("prompt")
    if not is_transcript_prompt(prompt):
        return with_margin(pair(values, "chosen", "rejected"), margin_of(values))
    turns = transcript(text(prompt, "prompt").rstrip(), "prompt")[:-1]
    chosen, rejected = _reply(values, "chosen"), _reply(values, "rejected")
    return Record(turns, (assistant(chosen),), (assistant(rejected),), margin_of(values))


def _reply(values: Values, name: str) -> str:
    return text(values.get(name), name).removeprefix(" ")


def _fits(values: Values) -> bool:
    return is_transcript_prompt(values["prompt"])


TRANSCRIPT_PROMPT = Dialect(
    name="transcript-prompt",
    summary="a prompt of Human: and Assistant: turns, and a chosen and a rejected text after it",
    polarity="the field named chosen is the better one",
    parts=(
        DialectPart("prompt", PROMPT_NAMES),
        DialectPart("chosen", CHOSEN_NAMES),
        DialectPart("rejected", REJECTED_NAMES),
        *SCORE_PARTS,
    ),
    convert=convert,
    fits=_fits,
    by_values=True,
)
