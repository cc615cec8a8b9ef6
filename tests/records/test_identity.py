from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.records.columns import RecordColumns, records_of, text_batch
from prefdata.records.identity import keys_of, normalise, record_fingerprints, side_keys
from prefdata.records.record import Message, Record, assistant, system, user
from tests.ways import WAYS, Way

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
messages = st.lists(
    st.builds(
        Message,
        st.sampled_from(["system", "user", "assistant", "tool"]),
        st.none() | texts,
        st.none() | texts,
    ).filter(lambda message: message.content is not None or message.extra is not None),
    max_size=4,
).map(tuple)
records = st.lists(
    st.builds(Record, messages, messages, messages, st.none() | st.floats(0, 5), texts), max_size=6
)


def batch_of(rows: list[Record]) -> pa.RecordBatch:
    columns = RecordColumns()
    for number, record in enumerate(rows):
        columns.append(number, number + 1, record)
    return columns.batch()


def keys(record: Record) -> tuple[bytes, ...]:
    row = keys_of(batch_of([record])).to_pylist()[0]
    return row["prompt"], row["chosen"], row["rejected"]


@given(records)
def test_a_batch_gives_back_its_records(rows: list[Record]) -> None:
    assert records_of(batch_of(rows)) == rows


@given(records, st.integers(0, 5))
def test_keys_do_not_depend_on_the_rows_around(rows: list[Record], start: int) -> None:
    whole = keys_of(batch_of(rows))
    alone = [keys_of(batch_of([row])).to_pylist()[0] for row in rows]
    for together, single in zip(whole.to_pylist(), alone, strict=True):
        assert {**together, "row": 0} == single
    assert keys_of(batch_of(rows).slice(start)).to_pylist() == whole.slice(start).to_pylist()


@given(records)
def test_equal_keys_mean_equal_messages(rows: list[Record]) -> None:
    batch = batch_of(rows)
    found = [
        key
        for name in ("prompt", "chosen", "rejected")
        for key in map(bytes, side_keys(batch[name]))
    ]
    sides = [getattr(row, name) for name in ("prompt", "chosen", "rejected") for row in rows]
    assert len(set(found)) == len(set(map(repr, sides)))


def test_the_fast_batch_is_the_careful_batch() -> None:
    rows = [("怎么样？", "好\n", "坏"), ("", "a", "b")]
    careful = batch_of([Record((user(p),), (assistant(c),), (assistant(r),)) for p, c, r in rows])
    texts = [pa.array(column) for column in zip(*rows, strict=True)]
    fast = text_batch(np.array([0, 1]), np.array([1, 2]), *texts)
    assert fast.equals(careful)
    assert keys_of(fast).equals(keys_of(careful))


@pytest.mark.parametrize(
    "other",
    [
        Record((user("a"), user("b")), (assistant("c"),), (assistant("d"),)),
        Record((system("ab"),), (assistant("c"),), (assistant("d"),)),
        Record((user("ab"),), (assistant("d"),), (assistant("c"),)),
        Record((user("ab"),), (Message("assistant", "c", "{}"),), (assistant("d"),)),
    ],
)
def test_role_order_extra_and_borders_count(other: Record) -> None:
    record = Record((user("ab"),), (assistant("c"),), (assistant("d"),))
    assert keys(record) != keys(other)
    assert record_fingerprints(keys_of(batch_of([record]))) != record_fingerprints(
        keys_of(batch_of([other]))
    )


def test_sizes_margin_and_extra_are_told() -> None:
    tool = Message("assistant", None, '{"tool_calls":[]}')
    row = keys_of(
        batch_of([Record((user("中"),), (tool,), (assistant("b"),), 0.5, "{}")])
    ).to_pylist()
    assert (row[0]["bytes"], row[0]["margin"], row[0]["has_extra"]) == (
        3 + 17 + 1 + 2,
        0.5,
        True,
    )


@given(texts)
def test_normalising_is_idempotent_and_blind_to_case_and_space(text: str) -> None:
    once = normalise(text)
    assert normalise(f"  {text}\n") == once
    assert normalise(once) == normalise(normalise(once))


def test_normalising_an_ascii_prompt_is_the_same_as_the_long_way() -> None:
    assert normalise("What  IS\tThis") == normalise("Ｗhat ＩＳ this")


@pytest.mark.parametrize("way", WAYS)
def test_fingerprints_are_those_of_earlier_versions(way: Way) -> None:
    calls = '{"tool_calls":[]}'
    rows = [
        Record((user("q"),), (assistant("a"),), (assistant("b"),)),
        Record(
            (system("s"), user("问")),
            (assistant("好" * 100), assistant("b")),
            (),
            metadata='{"tools":[{"name":"t"}]}',
        ),
        Record(
            (user("q"),),
            (Message("assistant", None, calls),),
            (Message("assistant", "", calls),),
        ),
        Record(
            (user("look <image>"),),
            (assistant("a" * 300),),
            (assistant("b" * 5),),
            metadata='{"images":["a.png"]}',
        ),
        Record((user("x"),), (Message("tool", "12"),), (assistant(""),)),
    ]
    with way():
        fingerprints = record_fingerprints(keys_of(batch_of(rows)))
    assert fingerprints == [
        "6162c202bca4f95348472813f9b7120a",
        "4fbdc8a252e2aa36a33c7552b8cef450",
        "a4276fb66e534cecf4dcb3898bf04e58",
        "8d7d94a1a63b585d95b04e7b3d57cbc4",
        "9158767731b4c80167410748bb08c4ae",
    ]
