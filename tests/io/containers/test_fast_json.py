from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from prefdata.config.model import ReadConfig
from prefdata.dialects.dialect import Match
from prefdata.io.bytes.blocks import LineBlock
from prefdata.io.bytes.source import Segment, Source
from prefdata.io.containers.fast_json import escape_surplus, text_reader
from prefdata.steps.read import records_or_quarantine as steps
from prefdata.steps.read.entries import Piece
from prefdata.steps.read.records_or_quarantine import pieces

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
    optional={"id": st.one_of(st.integers(), texts, st.lists(st.floats(allow_nan=False)))},
)


def lines_of(rows: list[dict[str, object]], *, is_ascii: bool) -> bytes:
    lines = [json.dumps(row, ensure_ascii=is_ascii) for row in rows]
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogatepass")


def read(data: bytes, folder: Path) -> list[Piece]:
    path = folder / "a"
    path.write_bytes(data)
    source = Source("a", path, "jsonl", "none", "utf-8", len(data), 0)
    return list(pieces(Segment(source), Match("pairs"), ReadConfig(block_bytes=16 * 1024)))


def careful(data: bytes, folder: Path) -> list[Piece]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "fast_reader", lambda block, match: None)
        return read(data, folder)


def check_agreement(data: bytes, folder: Path) -> None:
    pieces = read(data, folder), careful(data, folder)
    for fast, slow in zip(*pieces, strict=True):
        assert fast.batch.to_pylist() == slow.batch.to_pylist()
        assert fast.quarantined == slow.quarantined
        assert fast.remarks == slow.remarks
        assert (fast.rows, fast.lines) == (slow.rows, slow.lines)


@given(st.lists(row, min_size=1, max_size=5), st.booleans())
def test_the_fast_reader_takes_what_is_ordinary(
    rows: list[dict[str, object]], is_ascii: bool
) -> None:
    lines = text_reader(FIELDS, FIELDS).read(lines_of(rows, is_ascii=is_ascii), lambda text: False)
    assert lines is not None
    assert lines.prompts.to_pylist() == [row["prompt"] for row in rows]
    assert lines.rejected.to_pylist() == [row["rejected"] for row in rows]


@given(st.lists(odd_row, min_size=1, max_size=5), st.booleans())
def test_both_readers_agree_on_odd_rows(
    tmp_path_factory: pytest.TempPathFactory, rows: list[dict[str, object]], is_ascii: bool
) -> None:
    check_agreement(lines_of(rows, is_ascii=is_ascii), tmp_path_factory.mktemp("odd"))


@given(
    st.lists(row, min_size=2, max_size=4),
    st.integers(0, 400),
    st.sampled_from(
        [b"\x00", b"\t", b"\xff", b"\\", b'"', b"\n", b"\r\n", b",", b"\\ud800", b"}{"]
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
    check_agreement(data[:at] + damage + data[at:], tmp_path_factory.mktemp("damaged"))


def test_a_blank_line_that_hides_in_the_accounts_is_seen(tmp_path: Path) -> None:
    rows = lines_of([dict.fromkeys(FIELDS, "a")] * 2, is_ascii=True).splitlines()
    check_agreement(rows[0] + b"\r\n\n" + rows[1] + b"\n", tmp_path)


GOOD = b'{"prompt": "p", "chosen": "c", "rejected": "r"}\n'


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
        b'{"prompt":"p","chosen":"c","rejected":"r"}\n',
        b"\n",
        b"[]\n",
        GOOD[:-1] + GOOD,
    ],
)
def test_the_fast_reader_leaves_the_unusual_to_the_careful_one(line: bytes, tmp_path: Path) -> None:
    assert text_reader(FIELDS, FIELDS).read(GOOD + GOOD, lambda text: False) is not None
    assert text_reader(FIELDS, FIELDS).read(GOOD + line + GOOD, lambda text: False) is None
    check_agreement(GOOD + line + GOOD, tmp_path)


def test_other_fields_are_kept_to_the_letter() -> None:
    block = (
        b'{"id": 12345678901234567890123, "prompt": "p\\n", "chosen": "c", "rejected": "r",'
        b' "x": {"a": "\\u4e2d\\\\", "b": [1.0]}}\n'
    )
    reader = text_reader(FIELDS, (*FIELDS, "id", "x"))
    lines = reader.read(block * 3, lambda text: False)
    assert lines is not None
    assert (
        lines.metadata
        == ['{"id":12345678901234567890123,"x":{"a": "\\u4e2d\\\\", "b": [1.0]}}'] * 3
    )
    twice = block.replace(b'"id": 12345678901234567890123', b'"id": 1, "id": 2')
    assert reader.read(block + twice, lambda text: False) is None


@given(st.text(max_size=30), st.booleans())
@example("\\\\\\n\\u4e2d\\", True)
@example("\U0001f600", True)
def test_surplus_is_what_json_adds_to_utf8(text: str, is_ascii: bool) -> None:
    text = text.encode("utf-8", "replace").decode()
    coded = json.dumps(text, ensure_ascii=is_ascii).encode()[1:-1]
    assert escape_surplus(coded) == len(coded) - len(text.encode())


def test_an_answer_that_is_json_does_not_slow_its_block_down(tmp_path: Path) -> None:
    answer = b'{"prompt": "p", "chosen": "{\\"a\\": [1]}", "rejected": "[1, 2"}\n'
    fast = steps.fast_piece(LineBlock(1, GOOD + answer, 2), text_reader(FIELDS, FIELDS), 0)
    assert fast is not None
    assert len(fast.batch) == 2
    check_agreement(GOOD + answer, tmp_path)
