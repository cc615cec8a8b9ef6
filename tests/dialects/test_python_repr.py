"""Messages as Python and NumPy print them: read as what they are, or said to be unreadable."""

from __future__ import annotations

import ast
import random
import time
from typing import Any

import pytest

from prefdata.dialects.conversations.python_repr import printed_messages
from prefdata.dialects.convert import convert_row
from prefdata.dialects.dialect import Match
from prefdata.dialects.messages import written_messages
from prefdata.errors import RowFault
from prefdata.records.record import assistant, user

TALK = [{"role": "user", "content": '它\'s "好"\n吗？'}, {"role": "assistant", "content": "好\t\\"}]


def numpy_printed(items: list[Any]) -> str:
    return "[" + "\n ".join(map(repr, items)) + "]"


@pytest.mark.parametrize("written", [repr(TALK), numpy_printed(TALK), f" {TALK!r}\n".strip()])
def test_a_printed_list_is_its_messages(written: str) -> None:
    assert written_messages(written, "chosen") == TALK
    row = {"prompt": TALK[0]["content"], "chosen": written, "rejected": "不好"}
    record = convert_row(row, Match("pairs"))
    assert (record.prompt, record.chosen) == ((user(TALK[0]["content"]),), (assistant("好\t\\"),))


def test_inner_arrays_and_other_values() -> None:
    written = (
        "[{'content': 'a', 'role': 'user', 'tags': array(['x', 'y'], dtype=object), 'n': -1.5,\n"
        "  'missing': None, 'weight': nan, 'seen': True}\n {'role': 'assistant', 'content': 'b'}]"
    )
    value: Any = printed_messages(written, "chosen")
    assert value[0]["tags"] == ["x", "y"] and value[0]["n"] == -1.5 and value[0]["seen"] is True
    assert value[0]["missing"] is None and value[0]["weight"] != value[0]["weight"]
    assert len(value) == 2


@pytest.mark.parametrize(
    "written",
    [
        "[{'role': 'user', 'content': 'cut",
        "[{'role': 'user', 'content': 'a'}",
        "[{'role': 'user', 'content': ask()}]",
        "[{'role': 'user', 'content': 'a'} ...]",
        "[{'role': 'user', 'content': '\\q'}]",
        "{'role': 'user', 'content': __import__('os')}",
        "[{'role': 'user', 'content': " + "[" * 200 + "]" * 200 + "}]",
    ],
)
def test_what_cannot_be_read_is_said_and_never_text(written: str) -> None:
    with pytest.raises(RowFault, match="as Python or NumPy prints") as caught:
        written_messages(written, "chosen")
    assert caught.value.reason == "unreadable-messages"


@pytest.mark.parametrize(
    "text",
    [
        "['role', 'from'] are the keys.",
        "{'colour': 'red', 'role': 'cook'}",
        "[{'role': 'user', 'content': 'a'}] is a list of messages.",
        "[1] says 'role'",
    ],
)
def test_an_answer_about_python_stays_text(text: str) -> None:
    assert written_messages(text, "chosen") is None


def test_half_a_character_is_its_own_fault() -> None:
    with pytest.raises(RowFault, match="surrogate"):
        written_messages("[{'role': 'user', 'content': '\\ud83d'}]", "chosen")


def test_it_agrees_with_python() -> None:
    dice = random.Random(11)
    alphabet = "ab'\"\\\n\r\t\x07\x80é你🙂\u2028{}[],: "
    for _ in range(400):
        items = [
            {"role": "user", "content": "".join(dice.choices(alphabet, k=dice.randrange(9))),
             "n": dice.choice([None, True, 7, -2.5, 1e300, [1, "x"], {"a": []}])}
            for _ in range(dice.randrange(1, 4))
        ]  # fmt: skip
        assert printed_messages(repr(items), "x") == ast.literal_eval(repr(items)) == items
        assert printed_messages(numpy_printed(items), "x") == items


def test_long_texts_take_linear_time() -> None:
    text = "[{'role': 'user', 'content': '" + "a\\n" * 1_000_000
    began = time.perf_counter()
    with pytest.raises(RowFault):
        written_messages(text, "chosen")
    assert written_messages(text + "'}]", "chosen") is not None
    assert time.perf_counter() - began < 10
