"""LLaMA-Factory's older comparison files: `output` is a list of the better and the worse answer.

Fields: instruction or another name of the prompt, optional input, system and history; output, a
list of two texts. Polarity: the first of them is the better one.
"""

from __future__ import annotations

from prefdata.dialects.assembly import pair
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS
from prefdata.dialects.values import decode_json, describe, text
from prefdata.errors import RowFault
from prefdata.records.record import Record


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    better, worse = _two(values.get("output"))
    return pair({**values, "chosen": better, "rejected": worse}, "chosen", "rejected")


def _two(value: object) -> tuple[str, str]:
    listed = value
    if isinstance(value, str) and value[:1] == "[":
        listed = decode_json(value, "output")
    if not isinstance(listed, list):
        raise RowFault("wrong-type", f"output is {describe(value)}, not a list of two answers")
    if len(listed) != 2:
        raise RowFault(
            "wrong-type", f"output lists {len(listed)} answers, not a better and a worse"
        )
    return text(listed[0], "output[0]"), text(listed[1], "output[1]")


OUTPUT_LIST = Dialect(
    name="output-list",
    summary="LLaMA-Factory's older form: output lists the better and the worse answer",
    polarity="the first of output is the better one",
    parts=(*PROMPT_PARTS, DialectPart("output", ("output",))),
    convert=convert,
    without=CHOSEN_NAMES,
)
