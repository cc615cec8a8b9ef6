from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.io.bytes.source import MOST_FIELDS
from prefdata.io.containers.json_rows import RowParser, careful_row, decode_value, error_position


def parsed(raw: bytes) -> dict[str, Any] | str:
    row = RowParser().row(1, raw)
    if row.fields is None:
        assert row.fault is not None
        return row.fault[0]
    return {name: decode_value(value) for name, value in row.fields.items()}


def test_a_string_that_does_not_end_is_told_with_its_place_once() -> None:
    row = RowParser().row(1, b'{"a": "b')
    assert row.fault == ("invalid-json", "Unterminated string starting at character 7")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a": 1}', {"a": 1}),
        (b' {"a": 1} \r', {"a": 1}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b'{"a": 1},', {"a": 1}),
        (b'"{\\"a\\": 1}"', {"a": 1}),
        (b'{"a": "\\ud83d"}', {"a": "\ud83d"}),
        (b'{"a": 9007199254740993}', {"a": 9007199254740993}),
        (b'{"a": 1e999, "b": -Infinity}', {"a": math.inf, "b": -math.inf}),
        (b'{"a": 1e999}', {"a": math.inf}),
        (b'{"a": "null"}', {"a": "null"}),
        (b"{}", {}),
        (b'{"a": "\xff"}', "invalid-utf8"),
        (b'{"\xff": 1}', "invalid-utf8"),
        (b'{"a": ', "invalid-json"),
        (b'{"a": 1,}', "invalid-json"),
        (b'{"a": 1} x', "invalid-json"),
        (b'{"a": "\x00"}', "invalid-json"),
        (b"hello", "invalid-json"),
        (b'{"a": %s}' % (b"1" * 5000), {"a": math.inf}),
        (b'{"a": ' + b"[" * 90_000 + b"]" * 90_000 + b"}", "invalid-json"),
        (b"1", "not-an-object"),
        (b"null", "not-an-object"),
        (b"[1, 2]", "not-an-object"),
        (b'"text"', "not-an-object"),
        (b'"\\"{}\\""', "not-an-object"),
    ],
)
def test_rows(raw: bytes, expected: Any) -> None:
    assert parsed(raw) == expected


def test_nan_is_a_number() -> None:
    found = parsed(b'{"a": NaN}')
    assert isinstance(found, dict) and math.isnan(found["a"])


@pytest.mark.parametrize(
    ("raw", "names"),
    [
        (b'{"a": 1, "b": 2, "a": 3}', ("a",)),
        (b'{"a": {"c": 1, "c": 2}}', ()),
        (b'{"a": 1, "b": {"a": 1}}', ()),
        (b'{"a": NaN, "a": 1}', ("a",)),
        (b'{"a": 1, "\\u0061": 2}', ("a",)),
    ],
)
def test_names_given_twice_are_noted(raw: bytes, names: tuple[str, ...]) -> None:
    parser = RowParser()
    for _ in range(2):
        assert parser.row(1, raw).duplicates == names


@given(
    st.lists(
        st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99)), max_size=5), max_size=30
    ),
    st.sampled_from([(", ", ": "), (",", ":")]),
)
def test_a_layout_seen_before_hides_no_name_given_twice(
    rows: list[list[tuple[str, int]]], separators: tuple[str, str]
) -> None:
    parser = RowParser()
    for pairs in rows:
        text = separators[0].join(f'"{name}"{separators[1]}{value}' for name, value in pairs)
        row = parser.row(1, b"{%s}" % text.encode())
        names = [name for name, _ in pairs]
        assert set(row.duplicates) == {name for name in names if names.count(name) > 1}


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_fast_and_careful_agree(value: Any) -> None:
    raw = json.dumps({"a": value, "b": value}).encode()
    fast, careful = RowParser().row(1, raw), careful_row(1, raw)
    assert fast.fields is not None and careful.fields is not None
    assert {name: decode_value(v) for name, v in fast.fields.items()} == dict(careful.fields)


def test_error_position() -> None:
    assert error_position('{"a": 1} and more') is None
    assert error_position('{"a": tru}') == ("Expecting value", 6)
    assert (error_position("[" * 90_000) or ("", 0))[1] is None


def test_a_row_with_more_fields_than_can_be_compared_has_a_fault() -> None:
    many = {f"c{number}": number for number in range(MOST_FIELDS + 1)}
    for text in (json.dumps(many), json.dumps(many | {"c0": math.nan})):
        row = RowParser().row(1, text.encode())
        assert row.fields is None
        assert row.fault == (
            "record-too-large",
            "the record has 10,001 fields, at most 10,000 are read",
        )
    del many["c0"]
    assert RowParser().row(1, json.dumps(many).encode()).fault is None


def test_many_duplicate_names_take_linear_time() -> None:
    text = "{" + ", ".join(f'"c{number % 9000}": 1' for number in range(200_000)) + "}"
    assert len(RowParser().row(1, text.encode()).duplicates) == 9000
