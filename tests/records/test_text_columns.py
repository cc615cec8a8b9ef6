from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import xxhash
from hypothesis import given
from hypothesis import strategies as st

from prefdata.records.columns import RecordColumns
from prefdata.records.record import ROLES, SYSTEM, USER, Message, Record, assistant, system, user
from prefdata.records.text_columns import TEXT_COLUMNS, text_columns, text_keys

TOOLS = Message("assistant", None, '{"tool_calls": []}')


def batch_of(*records: Record) -> pa.RecordBatch:
    columns = RecordColumns()
    for row, record in enumerate(records):
        columns.append(row, row, record)
    return columns.batch()


def texts_of(*records: Record) -> list[tuple[str | None, ...]]:
    found = text_columns(batch_of(*records))
    assert tuple(found) == TEXT_COLUMNS
    return list(zip(*(texts.to_pylist() for texts in found.values()), strict=True))


def slowly(record: Record) -> tuple[str | None, ...]:
    """One row, one text after another."""
    filled = [m for m in record.prompt if m.content is not None]
    prompt = [m for m in filled if m.role != SYSTEM] or filled
    users = [m for m in prompt if m.role == USER] or prompt
    texts = ["\n".join(m.content or "" for m in prompt), (users or [user("")])[-1].content or ""]
    for side in (record.chosen, record.rejected):
        texts.append("\n".join(m.content for m in side if m.content is not None))
    return tuple(None if not text or text.isspace() else text for text in texts)


@pytest.mark.parametrize(
    ("prompt", "texts"),
    [
        ([user("hi")], ("hi", "hi")),
        ([system("be brief"), user("hi")], ("hi", "hi")),
        ([system("be brief")], ("be brief", "be brief")),
        ([user("a"), assistant("b"), user("c")], ("a\nb\nc", "c")),
        ([user("a"), assistant("b"), TOOLS], ("a\nb", "a")),
        ([assistant("你好"), assistant("b")], ("你好\nb", "b")),
        ([], (None, None)),
        ([TOOLS], (None, None)),
        ([user(" \u3000\n\t")], (None, None)),
        ([user("a"), user(" ")], ("a\n ", None)),
        ([user("\x00")], ("\x00", "\x00")),
    ],
)
def test_prompt_and_turn(prompt: list[Message], texts: tuple[str | None, ...]) -> None:
    row = texts_of(Record(tuple(prompt), (assistant("x"),), (assistant("y"), assistant("z"))))
    assert row == [(*texts, "x", "y\nz")]


message = st.builds(
    Message, st.sampled_from(ROLES), st.none() | st.text("a \n\u3000好\x00\x1c", max_size=3)
)
side = st.lists(message, max_size=4).map(tuple)
records = st.lists(st.builds(Record, side, side, side), max_size=6)


@given(records, st.integers(0, 3))
def test_as_row_by_row_in_slices_too(rows: list[Record], start: int) -> None:
    found = text_columns(batch_of(*rows).slice(start))
    assert list(zip(*(t.to_pylist() for t in found.values()), strict=True)) == [
        slowly(record) for record in rows[start:]
    ]


def test_no_rows() -> None:
    assert texts_of() == []
    assert text_keys(pa.array([], pa.string())).shape == (0, 2)


@given(st.lists(st.text()), st.integers(0, 2))
def test_a_key_is_the_digest_of_the_bytes(texts: list[str], start: int) -> None:
    keys = text_keys(pa.array(texts, pa.string()).slice(start))
    assert keys.dtype == np.uint64
    digests = [key.astype(">u8").tobytes() for key in keys]
    assert digests == [xxhash.xxh3_128_digest(text.encode()) for text in texts[start:]]
