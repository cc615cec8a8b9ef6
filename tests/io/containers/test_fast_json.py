from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.model import ReadConfig
from prefdata.dialects.dialect import Match
from prefdata.dialects.messages import holds_messages
from prefdata.io.bytes.source import Segment, Source
from prefdata.io.containers.fast_json import text_reader
from prefdata.steps.read.entries import Piece
from prefdata.steps.read.records_or_quarantine import pieces
from tests.ways import by_kernels, plainly

FIELDS = ("prompt", "chosen", "rejected")
STRUCTURED = (
    "[]",
    "{",
    "[1, 2]",
    '[{"role": "user", "content": "q"}]',
    '{"from": "gpt", "value": "a"}',
)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
written = st.one_of(
    texts, st.text(st.characters(codec=None), max_size=6), st.sampled_from(STRUCTURED)
)
row = st.fixed_dictionaries(dict.fromkeys(FIELDS, texts))
odd_row = st.fixed_dictionaries(
    dict.fromkeys(FIELDS, st.one_of(written, st.none(), st.integers(), st.booleans())),
    optional={
        "id": st.one_of(st.integers(), texts, st.lists(st.floats())),
        "x": st.recursive(texts, lambda inner: st.dictionaries(texts, inner), max_leaves=3),
    },
)


def lines_of(rows: list[dict[str, object]], *, is_ascii: bool) -> bytes:
    lines = [json.dumps(row, ensure_ascii=is_ascii) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def read(data: bytes, folder: Path) -> list[Piece]:
    path = folder / "a"
    path.write_bytes(data)
    source = Source("a", path, "jsonl", "none", "utf-8", len(data), 0)
    return list(pieces(Segment(source), Match("pairs"), ReadConfig(block_bytes=16 * 1024)))


def check_agreement(data: bytes, folder: Path) -> None:
    with by_kernels():
        fast_pieces = read(data, folder)
    with plainly():
        slow_pieces = read(data, folder)
    for fast, slow in zip(fast_pieces, slow_pieces, strict=True):
        assert fast.batch.to_pylist() == slow.batch.to_pylist()
        assert fast.quarantined == slow.quarantined
        assert fast.remarks == slow.remarks
        assert (fast.rows, fast.lines, fast.read) == (slow.rows, slow.lines, slow.read)
        assert fast.content == slow.content


@given(st.lists(row, min_size=1, max_size=5), st.booleans())
def test_the_fast_reader_takes_what_is_ordinary(
    rows: list[dict[str, object]], is_ascii: bool
) -> None:
    lines = text_reader(FIELDS, FIELDS).read(lines_of(rows, is_ascii=is_ascii), lambda text: False)
    for name, column in zip(FIELDS, lines.texts, strict=True):
        assert column.to_pylist() == [row[name] for row in rows]
    assert not len(lines.others)


@given(st.lists(st.one_of(row, row, row, odd_row), min_size=1, max_size=9), st.booleans())
def test_both_readers_agree_on_odd_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], is_ascii: bool
) -> None:
    check_agreement(lines_of(rows, is_ascii=is_ascii), tmp_path_factory.mktemp("odd"))


@given(
    st.lists(odd_row, min_size=2, max_size=4),
    st.integers(0, 400),
    st.sampled_from(
        [
            *(b"\x00", b"\t", b"\xff", b"\\", b'"', b"\n", b"\r\n", b",", b"\\ud800", b"}{", b" "),
            *(b"0", b"-", b".", b"e", b"[", b"]", b":", b"\xef\xbb\xbf", b"\\u00e9", b"1e999"),
        ]
    ),
)
def test_both_readers_agree_on_damaged_bytes(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[dict[str, object]],
    place: int,
    damage: bytes,
) -> None:
    data = lines_of(rows, is_ascii=False)
    at = place % len(data)
    sound = lines_of([dict.fromkeys(FIELDS, "a")] * 7, is_ascii=True)
    damaged = sound + data[:at] + damage + data[at:]
    check_agreement(damaged, tmp_path_factory.mktemp("damaged"))


def test_a_blank_line_that_hides_in_the_accounts_is_seen(tmp_path: Path) -> None:
    rows = lines_of([dict.fromkeys(FIELDS, "a")] * 2, is_ascii=True).splitlines()
    check_agreement(rows[0] + b"\r\n\n" + rows[1] + b"\n", tmp_path)


GOOD = b'{"prompt": "p", "chosen": "c", "rejected": "r"}\n'
MANY = GOOD * 9


@pytest.mark.parametrize(
    "line",
    [
        b'{"prompt": "x", "prompt": "p", "chosen": "c", "rejected": "r"}\n',
        b'{"prompt": "p", "chosen": "c"}\n',
        b'{"prompt": "p", "chosen": "c", "rejected": "r", "more": 1}\n',
        b'{"prompt": "p", "chosen": "c", "rejected": null}\n',
        b'{"prompt": "p", "chosen": "c", "rejected": 12}\n',
        b'{"prompt": "p", "chosen": "c", "rejected": "\xff"}\n',
        b'{"prompt": "p", "chosen": "c", "rejected": "\\ud83d"}\n',
        b'{"prompt": "p", "chosen": "c", "rejected": "a\tb"}\n',
        b'{"prompt": "p", "chosen": "c", "rejected": "r"},\n',
        GOOD.replace(b'"p"', b'"[{\\"role\\": \\"user\\", \\"content\\": \\"q\\"}]"'),
        b"[]\n",
        GOOD[:-1] + GOOD,
    ],
)
def test_the_fast_reader_leaves_a_line_to_the_careful_one(line: bytes, tmp_path: Path) -> None:
    lines = text_reader(FIELDS, FIELDS).read(MANY + line + MANY, holds_messages)
    assert (lines.lines, lines.others.tolist()) == (
        19,
        [[9, len(MANY), len(MANY) + len(line) - 1]],
    )
    assert lines.texts[0].to_pylist() == ["p"] * 18
    check_agreement(MANY + line + MANY, tmp_path)
    check_agreement(MANY + line * 2 + MANY + line, tmp_path)


@pytest.mark.parametrize(
    "line",
    [
        b'{"rejected":"r",\t"chosen" : "c","prompt":"p"}\r\n',
        b'  {"prompt": "p", "chosen": "\\u0063", "rejected": "\\u0072"}\n',
        b" \n",
        b"\n",
    ],
)
def test_order_and_white_space_do_not_slow_a_line_down(line: bytes, tmp_path: Path) -> None:
    lines = text_reader(FIELDS, FIELDS).read(GOOD + line + GOOD, holds_messages)
    assert not len(lines.others)
    assert set(lines.texts[1].to_pylist()) == {"c"}
    check_agreement(GOOD + line + GOOD, tmp_path)
    check_agreement(line + GOOD[:-1], tmp_path)


@pytest.mark.parametrize("depth", [1, 59, 60, 61, 500])
def test_values_of_any_depth_are_read(depth: int, tmp_path: Path) -> None:
    nested = b"[" * depth + b"]" * depth
    row = GOOD.replace(b"}", b', "x": ' + nested + b"}")
    reader = text_reader(FIELDS, (*FIELDS, "x"))
    assert len(reader.read(row * 9, holds_messages).others) == (9 if depth > 60 else 0)
    check_agreement(row * 9, tmp_path)


def test_other_fields_are_kept_to_the_letter() -> None:
    block = (
        b'{"id": 12345678901234567890123, "prompt": "p\\n", "chosen": "c", "rejected": "r",'
        b' "x": {"a": "\\u4e2d\\\\", "b": [1.0]}}\n'
    )
    without = GOOD.replace(b"}", b', "x": 1}')
    lines = text_reader(FIELDS, (*FIELDS, "id", "x")).read(block * 2 + without, holds_messages)
    assert lines.metadata is not None
    kept = '{"id":12345678901234567890123,"x":{"a": "\\u4e2d\\\\", "b": [1.0]}}'
    assert lines.metadata.to_pylist() == [kept, kept, '{"x":1}']


def test_a_field_that_only_later_rows_have_is_no_reason_to_be_slow(tmp_path: Path) -> None:
    rows = MANY + GOOD.replace(b"}", b', "x": 1}') * 9
    with by_kernels():
        [piece] = read(rows, tmp_path)
    assert [text for text in piece.batch.column("metadata").to_pylist() if text != "{}"] == (
        ['{"x":1}'] * 9
    )
    check_agreement(rows, tmp_path)


def test_an_answer_that_is_json_does_not_slow_its_line_down(tmp_path: Path) -> None:
    answer = b'{"prompt": "p", "chosen": "{\\"a\\": [1]}", "rejected": "[1, 2"}\n'
    lines = text_reader(FIELDS, FIELDS).read(GOOD + answer, holds_messages)
    assert len(lines.rows) == 2
    check_agreement(GOOD + answer, tmp_path)


@pytest.mark.parametrize("line", [b'{"a":"","b":"","c":""}\n', b"\n", b"{}\n", b"x\n"])
def test_blocks_of_the_shortest_lines_are_read(line: bytes) -> None:
    lines = text_reader(tuple("abc"), tuple("abc")).read(line * 5000, holds_messages)
    rows = 5000 if b"a" in line else 0
    assert (len(lines.rows), lines.lines) == (rows, 5000)
    assert len(lines.others) == (0 if rows or line == b"\n" else 5000)
    assert lines.texts[2].to_pylist() == [""] * rows
