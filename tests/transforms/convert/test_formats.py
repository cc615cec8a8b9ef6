"""Every format against a literal reference, and back through the dialects that read it."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from prefdata.config.section import RecordFormat
from prefdata.dialects.dialect import Dialect
from prefdata.dialects.implicit import IMPLICIT
from prefdata.dialects.pairs import PAIRS
from prefdata.dialects.sharegpt import SHAREGPT
from prefdata.errors import DataError, RowFault
from prefdata.records.columns import RecordColumns, records_of, text_batch
from prefdata.records.record import Message, Record, assistant, system, user
from prefdata.transforms.convert.format_limits import beyond_format
from prefdata.transforms.convert.formats import format_schema, has_extra, to_format

FORMATS: list[RecordFormat] = [
    "conversational",
    "standard",
    "implicit",
    "question",
    "llamafactory",
]
CALLS = '{"tool_calls":[{"type":"function","function":{"name":"add","arguments":{"a":1.50}}}]}'
CALL = '{"name":"add","arguments":{"a":1.50}}'
WITH_ID = '{"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}'

TEXT = st.sampled_from(["", "a", "b", "中文", 'x "y"\n', '[{"role":"user","content":"a"}]', "[1]"])
SPOKEN = st.builds(Message, st.sampled_from(["user", "assistant", "tool", "system"]), TEXT)
UNUSUAL = st.sampled_from(
    [
        Message("assistant", None, CALLS),
        Message("assistant", None, WITH_ID),
        Message("assistant", "and", CALLS),
        Message("tool", "4", '{"name":"add"}'),
    ]
)
COMMON = st.builds(
    Record,
    TEXT.map(lambda text: (user(text),)),
    TEXT.map(lambda text: (assistant(text),)),
    TEXT.map(lambda text: (assistant(text),)),
    st.none() | st.sampled_from([0.0, 1.5, float("inf")]),
    st.sampled_from(["{}", '{"id":12345678901234567890123}', '{"margin":1,"x":[ 1.50 ]}']),
)
SIDE = st.lists(SPOKEN | UNUSUAL, max_size=3).map(tuple)
SPOKEN_SIDE = st.lists(SPOKEN, max_size=3).map(tuple)
TURNS = st.lists(st.tuples(st.just(user("q")), SPOKEN.map(lambda m: assistant(m.content or ""))))
DIALOGUE = st.builds(
    lambda opening, turns, last: (*opening, *(m for turn in turns for m in turn), last),
    st.sampled_from([(), (system("be brief"),)]),
    TURNS,
    st.sampled_from([user("q"), Message("tool", "4")]),
)
REPLY = (SPOKEN | UNUSUAL).map(lambda message: (message,))
ODD = st.builds(Record, SIDE, SIDE, SIDE) | st.builds(Record, SPOKEN_SIDE, SPOKEN_SIDE, SPOKEN_SIDE)
RECORDS = st.lists(COMMON | ODD | st.builds(Record, DIALOGUE, REPLY, REPLY), max_size=6)


def batch_of(records: list[Record]) -> pa.RecordBatch:
    columns = RecordColumns()
    for number, record in enumerate(records):
        columns.append(number, number + 1, record)
    return columns.batch().append_column("source", pa.array(["a.jsonl"] * len(records)))


def converted(records: list[Record], record_format: RecordFormat, **options: bool) -> list[Any]:
    batch = batch_of(records)
    options = {"has_extra": has_extra(batch), "margin": False, "provenance": False} | options
    return to_format(batch, record_format, **options).to_pylist()


# --- the reference: one record, dicts, no columns --------------------------------------------


def message_dict(message: Message) -> dict[str, Any]:
    more = {} if message.extra is None else json.loads(message.extra)
    return {"role": message.role, "content": message.content} | more


def turn_dict(message: Message) -> dict[str, Any]:
    names = {"user": "human", "assistant": "gpt", "tool": "observation", "system": "system"}
    if message.extra is None:
        return {"from": names[message.role], "value": message.content}
    functions = [call["function"] for call in json.loads(message.extra)["tool_calls"]]
    return {"from": "function_call", "value": functions[0] if len(functions) == 1 else functions}


def reference(record: Record, record_format: RecordFormat) -> dict[str, Any]:
    sides = {"prompt": record.prompt, "chosen": record.chosen, "rejected": record.rejected}
    if record_format == "conversational":
        return {name: [message_dict(m) for m in side] for name, side in sides.items()}
    if record_format == "implicit":
        return {
            name: [message_dict(m) for m in record.prompt + sides[name]]
            for name in ("chosen", "rejected")
        }
    if record_format == "llamafactory":
        return {
            "conversations": [turn_dict(m) for m in record.prompt],
            "chosen": turn_dict(record.chosen[0]),
            "rejected": turn_dict(record.rejected[0]),
        }
    prompt = "question" if record_format == "question" else "prompt"
    return {prompt: record.prompt[0].content} | {
        name: sides[name][0].content for name in ("chosen", "rejected")
    }


def decoded(value: Any) -> Any:
    """What `datasets` hands out: JSON messages as dicts; and function calls as what they say."""
    if isinstance(value, dict):
        if value.get("from") == "function_call":
            return value | {"value": json.loads(value["value"])}
        return {name: decoded(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [json.loads(item) if isinstance(item, str) else decoded(item) for item in value]
    return value


def reference_metadata(record: Record) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(record.metadata)
    if record.margin is not None:
        name = "margin_" if "margin" in fields else "margin"
        fields[name] = "inf" if record.margin == float("inf") else record.margin
    return fields


# --- agreement -------------------------------------------------------------------------------


@pytest.mark.parametrize("record_format", FORMATS)
@given(records=RECORDS, declared=st.booleans(), cut=st.integers(0, 3))
def test_columns_agree_with_the_reference(
    record_format: RecordFormat, records: list[Record], *, declared: bool, cut: int
) -> None:
    if record_format != "conversational":
        lost = {index for index, _ in beyond_format(batch_of(records), record_format)}
        records = [record for n, record in enumerate(records) if n not in lost]
    batch = batch_of(records).slice(cut)  # a slice: its buffers begin elsewhere
    options = {"has_extra": declared or has_extra(batch_of(records)), "margin": False}
    made = to_format(batch, record_format, **options)
    assert made.schema == format_schema(record_format, **options)
    made.validate(full=True)
    rows = made.to_pylist()
    for number, (row, record) in enumerate(zip(rows, records[cut:], strict=True), cut + 1):
        assert (row.pop("source"), row.pop("source_row")) == ("a.jsonl", number)
        assert json.loads(row.pop("metadata")) == reference_metadata(record)
        assert decoded(row) == reference(record, record_format)


@pytest.mark.parametrize("record_format", FORMATS)
@given(records=RECORDS)
def test_rows_are_judged_alone(record_format: RecordFormat, records: list[Record]) -> None:
    together = dict(beyond_format(batch_of(records), record_format))
    for number, record in enumerate(records):
        alone = beyond_format(batch_of([record]), record_format)
        assert [why for _, why in alone] == ([together[number]] if number in together else [])


def read_back(row: dict[str, Any], dialect: Dialect) -> Record:
    values = {"prompt": row["question"]} if "question" in row else row
    return dialect.convert({**row, **values})


@pytest.mark.parametrize(
    ("record_format", "dialect"),
    [
        ("conversational", PAIRS),
        ("standard", PAIRS),
        ("question", PAIRS),
        ("implicit", IMPLICIT),
        ("llamafactory", SHAREGPT),
    ],
)
@given(record=COMMON | ODD | st.builds(Record, DIALOGUE, REPLY, REPLY))
def test_what_can_be_held_is_read_again_as_the_same_record(
    record_format: RecordFormat, dialect: Dialect, record: Record
) -> None:
    lost = beyond_format(batch_of([record]), record_format)
    if lost and record_format in ("standard", "question", "llamafactory"):
        with pytest.raises(DataError, match="cannot be written as"):
            converted([record], record_format)
        return
    assume(not lost)
    (row,) = converted([record], record_format)
    if record_format != "llamafactory":  # there JSON is text, as its reader expects
        row = decoded(row)
    row.pop("metadata")
    again = read_back(row, dialect)
    assert [
        [message_dict(m) for m in side] for side in (again.prompt, again.chosen, again.rejected)
    ] == [
        [message_dict(m) for m in side] for side in (record.prompt, record.chosen, record.rejected)
    ]


@given(record=ODD)
def test_what_implicit_cannot_hold_would_be_read_as_another_record(record: Record) -> None:
    assume(beyond_format(batch_of([record]), "implicit"))
    assume(record.prompt)
    batch = batch_of([record])
    (row,) = [reference(records_of(batch)[0], "implicit")]
    try:
        again = read_back(row, IMPLICIT)
    except RowFault:
        return
    assert (again.prompt, again.chosen, again.rejected) != (
        record.prompt,
        record.chosen,
        record.rejected,
    )


# --- single facts ----------------------------------------------------------------------------

PAIR = Record((user("q"),), (assistant("a"),), (assistant("b"),))


def test_common_rows_are_written_without_a_copy() -> None:
    count = 10
    rows = np.arange(count)
    batch = text_batch(rows, rows + 1, ["q"] * count, ["a"] * count, ["b"] * count)
    options = {"has_extra": False, "margin": False, "provenance": False}
    made = to_format(batch, "conversational", **options)
    contents = [b.column("chosen").values.field("content") for b in (batch, made)]
    assert contents[0].buffers()[2].address == contents[1].buffers()[2].address


def test_a_margin_of_every_row_is_a_column_and_leaves_metadata_alone() -> None:
    record = Record(PAIR.prompt, PAIR.chosen, PAIR.rejected, 2.5, '{"id": 1}')
    (row,) = converted([record], "standard", margin=True)
    assert (row["margin"], row["metadata"]) == (2.5, '{"id": 1}')


def test_extra_fields_that_were_not_declared_are_refused() -> None:
    record = Record(PAIR.prompt, (Message("assistant", None, CALLS),), PAIR.rejected)
    with pytest.raises(DataError, match="has_extra=True"):
        converted([record], "conversational", has_extra=False)


def test_the_sources_may_come_dictionary_encoded() -> None:
    batch = batch_of([PAIR])
    encoded = batch.set_column(7, "source", batch.column("source").dictionary_encode())
    made = to_format(encoded, "standard", has_extra=False, margin=False)
    assert made.column("source").to_pylist() == ["a.jsonl"]


def test_numbers_of_tool_calls_keep_their_letters() -> None:
    record = Record((user("q"),), (Message("assistant", None, CALLS),), PAIR.rejected)
    (row,) = converted([record], "conversational")
    assert row["chosen"] == [f'{{"role":"assistant","content":null,{CALLS[1:]}']
    (row,) = converted([record], "llamafactory")
    assert row["chosen"] == {"from": "function_call", "value": CALL}


@pytest.mark.parametrize("record_format", FORMATS)
def test_no_rows(record_format: RecordFormat) -> None:
    assert converted([], record_format) == []
