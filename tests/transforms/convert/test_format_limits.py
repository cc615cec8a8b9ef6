"""Why a format cannot hold a row; that it is right about all others: see test_formats."""

from __future__ import annotations

import pyarrow as pa
import pytest

from prefdata.config.section import RecordFormat
from prefdata.records.columns import RecordColumns
from prefdata.records.record import Message, Record, assistant, system, user
from prefdata.transforms.convert.format_limits import beyond_format, function_call_value

CALLS = '{"tool_calls":[{"type":"function","function":{"name":"add","arguments":{"a":1.50}}}]}'
WITH_ID = '{"tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]}'
PAIR = Record((user("q"),), (assistant("a"),), (assistant("b"),))


def batch_of(records: list[Record]) -> pa.RecordBatch:
    columns = RecordColumns()
    for number, record in enumerate(records):
        columns.append(number, number + 1, record)
    return columns.batch()


@pytest.mark.parametrize(
    ("record_format", "record", "why"),
    [
        ("standard", Record((system("s"), user("q")), PAIR.chosen, PAIR.rejected), "2 messages"),
        ("standard", Record(PAIR.prompt, PAIR.chosen, (user("b"),)), "of the role user"),
        ("standard", Record(PAIR.prompt, (Message("assistant", None, CALLS),), ()), "tool calls"),
        ("question", Record(PAIR.prompt, (), PAIR.rejected), "0 messages"),
        (
            "question",
            Record((user('[{"role":"user","content":"a"}]'),), PAIR.chosen, PAIR.rejected),
            "looks like messages in JSON",
        ),
        ("implicit", Record((), PAIR.chosen, PAIR.rejected), "no prompt"),
        (
            "implicit",
            Record(PAIR.prompt, (assistant("a"), user("x")), (assistant("a"), user("y"))),
            "begin with the same message",
        ),
        ("conversational", Record(PAIR.prompt, (*PAIR.prompt, assistant("a")), ()), "no message"),
        (
            "conversational",
            Record(PAIR.prompt, (*PAIR.prompt, assistant("a")), PAIR.rejected),
            "begins with the messages of the prompt",
        ),
        ("llamafactory", Record(PAIR.prompt, PAIR.chosen * 2, PAIR.rejected), "exactly one"),
        (
            "llamafactory",
            Record((user("q"), system("late"), user("q")), PAIR.chosen, PAIR.rejected),
            "turn 2 is of the role system",
        ),
        ("llamafactory", Record((*PAIR.prompt, *PAIR.chosen), PAIR.chosen, PAIR.rejected), "skips"),
        (
            "llamafactory",
            Record(PAIR.prompt, (Message("assistant", None, WITH_ID),), PAIR.rejected),
            "arguments that are an object",
        ),
    ],
)
def test_why_a_row_cannot_be_held(record_format: RecordFormat, record: Record, why: str) -> None:
    ((index, reason),) = beyond_format(batch_of([PAIR, record, PAIR]), record_format)
    assert index == 1
    assert why in reason


@pytest.mark.parametrize(
    "extra",
    ['{"name":"a"}', '{"tool_calls":[]}', WITH_ID, CALLS.replace("function", "tool"), '{"x":1}'],
)
def test_calls_that_llamafactory_would_lose(extra: str) -> None:
    assert function_call_value(extra) is None


def test_several_calls_are_a_list() -> None:
    call = '{"type":"function","function":{"name":"a","arguments":{}}}'
    value = function_call_value(f'{{"tool_calls":[{call},{call}]}}')
    assert value == '[{"name":"a","arguments":{}},{"name":"a","arguments":{}}]'
