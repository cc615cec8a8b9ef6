"""OpenAI's preference fine-tuning: an input with messages, a preferred and another output.

Fields: input, an object with messages and optionally tools; preferred_output and
non_preferred_output, each a list of messages. Polarity: by field name. `tools` of the input are
kept in metadata as `tools`, everything else of it as `input`.
"""

from __future__ import annotations

from prefdata.dialects.assembly import pair
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.values import decode_json, encode_json_object
from prefdata.errors import RowFault
from prefdata.records.record import Record


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    given = values.get("input")
    if isinstance(given, str) and given[:1] == "{":
        given = decode_json(given, "input")
    if not isinstance(given, dict) or "messages" not in given:
        raise RowFault("wrong-type", "input is not an object with messages")
    record = pair({**values, "input": None, "messages": given["messages"]}, *_SIDES, asked=_ASKED)
    kept: dict[str, object] = {}
    if given.get("tools"):
        kept["tools"] = given["tools"]
    rest = {name: value for name, value in given.items() if name not in ("messages", "tools")}
    if rest:
        kept["input"] = rest
    metadata = encode_json_object(kept) if kept else record.metadata
    return Record(record.prompt, record.chosen, record.rejected, None, metadata)


_SIDES = ("chosen", "rejected")
_ASKED = "messages"


OPENAI = Dialect(
    name="openai",
    summary="OpenAI preference data: input.messages, a preferred and a non-preferred output",
    polarity="preferred_output is the better one",
    parts=(
        DialectPart("input", ("input",)),
        DialectPart("chosen", ("preferred_output",)),
        DialectPart("rejected", ("non_preferred_output",)),
    ),
    convert=convert,
)
