from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reading import SMALL, read, read_bytes, source_of, values

from prefdata.errors import SourceError
from prefdata.io.bytes.blocks import line_blocks
from prefdata.io.bytes.source import MOST_FIELDS, RawRow, Segment
from prefdata.io.containers import delimited
from prefdata.io.containers.csv_header import named_columns
from prefdata.io.containers.delimited import columns_of, read_delimited


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("a,b\n1,2\n", [{"a": "1", "b": "2"}]),
        ("a,b\r\n1,2\r\n3,4", [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]),
        ("a;b\n1;2,5\n", [{"a": "1", "b": "2,5"}]),
        ("a\tb\n1\t2\n", [{"a": "1", "b": "2"}]),
        ("\ufeffa,b\n1,2\n", [{"a": "1", "b": "2"}]),
        ("a,b\n\n1,2\n  \n", [{"a": "1", "b": "2"}]),
        ("a,b\n", []),
        ('a,b\n"x\r\ny","p\nq"\n', [{"a": "x\r\ny", "b": "p\nq"}]),
        ('a,b\n"say ""hi""",""\n', [{"a": 'say "hi"', "b": ""}]),
        ("a,b\nNA,None\nnull,NaN\n", [{"a": "NA", "b": "None"}, {"a": "null", "b": "NaN"}]),
        ('a,b\n5" pipe,2\n', [{"a": '5" pipe', "b": "2"}]),
        ("a,b\nx\u2028y,z\u0085\n", [{"a": "x\u2028y", "b": "z\u0085"}]),
        ("a,b\n1\n1,2\n1,2,3\n", ["ragged-row", {"a": "1", "b": "2"}, "ragged-row"]),
        ('a,b\n"1,2\n3,4\n', ["unbalanced-quote", {"a": "3", "b": "4"}]),
        ('a,b\n1,"2\n3,"4"\n', ["unbalanced-quote", {"a": "3", "b": "4"}]),
        ('a,b\n"1"x,2\n3,4\n', ["unbalanced-quote", {"a": "3", "b": "4"}]),
        ("a,b\n1\r2,3\n4,5\n", ["unbalanced-quote", {"a": "4", "b": "5"}]),
        ('"a\nb",c\n1,2\n', [{"a\nb": "1", "c": "2"}]),
        ("a\r\b\r1\r2\r", [{"a": "\b"}, {"a": "1"}, {"a": "2"}]),
    ],
)
def test_records(tmp_path: Path, content: str, expected: list[object]) -> None:
    assert values(read_bytes(tmp_path, content.encode(), "a.csv")) == expected


def test_names_are_made_whole_and_said(tmp_path: Path) -> None:
    [row] = read_bytes(tmp_path, b"id,,id,id_2\n1,2,3,4\n", "a.csv")
    assert values([row]) == [{"id": "1", "column_2": "2", "id_3": "3", "id_2": "4"}]
    columns = columns_of(source_of(tmp_path / "a.csv"), SMALL)
    assert columns.renamed == (("", "column_2"), ("id", "id_3"))


def test_rows_know_their_line_and_their_bytes(tmp_path: Path) -> None:
    rows = read_bytes(tmp_path, b'\na,b\n"x\ny",1\n\nbad\n"p\n\nq",2\r\n', "a.csv")
    assert [(row.source_row, row.raw) for row in rows] == [
        (3, b'"x\ny",1'),
        (6, b"bad"),
        (7, b'"p\n\nq",2'),
    ]


def test_invalid_utf8_costs_one_row(tmp_path: Path) -> None:
    rows = read_bytes(tmp_path, b'a,b\n1,2\n"\xff\n",2\n3,4\n', "a.csv")
    assert values(rows)[1] == "invalid-utf8"
    assert [row.raw for row in rows] == [b"1,2", b'"\xff\n",2', b"3,4"]


def test_large_fields_leave_the_limit_of_the_module_alone(tmp_path: Path) -> None:
    before = csv.field_size_limit()
    text = "x" * 300_000 + "\n" * 300_000
    rows = read_bytes(tmp_path, f'a,b\n"{text}",1\nx"y,2\n'.encode(), "a.csv")
    assert values(rows) == [{"a": text, "b": "1"}, {"a": 'x"y', "b": "2"}]
    assert csv.field_size_limit() == before


def test_a_record_that_is_too_long(tmp_path: Path) -> None:
    tight = SMALL.model_copy(update={"max_record_bytes": 50_000})
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n1,2\n%s,3\n4,5\n" % (b"x" * 60_000))
    assert values(read(path, tight))[1:] == ["record-too-large", {"a": "4", "b": "5"}]
    path.write_bytes(b'a,b\n1,2\n"%s,3\n4,5\n' % (b"x,y\n" * 20_000))
    rows = values(read(path, tight))
    assert rows[1] == "unbalanced-quote" and len(rows) == 20_003


def test_one_stray_quote_costs_one_row_of_a_long_file(tmp_path: Path) -> None:
    good = b'plain,"quoted, ""twice""\nand long"\n'
    rows = read_bytes(tmp_path, b"a,b\n" + good * 3000 + b'1,"2\n' + good * 3000, "a.csv")
    assert [row.source_row for row in rows if row.fault] == [6002]
    assert len(rows) == 6001


PIECES = st.sampled_from(
    [
        *('"', '""', ",", "\n", "\r\n", "\r", "a", " ", '"a"', '"x\ny"', '"x,""y"', "é"),
        *("1,2\n", '"1","2"\n', 'a","b\n'),
    ]
)


def reference(text: str) -> list[tuple[int, str | dict[str, str]]]:
    """Every record from scratch, a line at a time."""
    lines = io.StringIO(text, newline="\n").readlines()
    found: list[tuple[int, str | dict[str, str]]] = []
    at = 1
    while at < len(lines):
        record, used = first_record(lines[at:])
        if record is None or len(record) == 2:
            row = "unbalanced-quote" if record is None else dict(zip("ab", record, strict=True))
            found.append((at + 1, row))
        elif lines[at].strip():
            found.append((at + 1, "ragged-row"))
            used = 1
        at += used
    return found


def first_record(lines: list[str]) -> tuple[list[str] | None, int]:
    edges = 0
    for count in range(1, len(lines) + 1):
        edges += count > 1 and '"' in lines[count - 1].replace('""', "")
        if edges > 2:
            return None, 1
        try:
            return next(csv.reader(lines[:count], strict=True)), count
        except csv.Error as error:
            if "unexpected end" not in str(error):
                return None, 1
    return None, 1


@given(st.lists(PIECES, max_size=30).map("".join), st.booleans())
def test_fast_and_careful_reader_agree_with_the_reference(
    tmp_path_factory: pytest.TempPathFactory, body: str, fast: bool
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    text = "a,b\n" + body
    path.write_bytes(text.encode())
    source = source_of(path)
    if source.container != "csv" or source.delimiter != ",":
        return
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(delimited, "regular_records", lambda *_: None)
        rows = [row for block in read_delimited(Segment(source), SMALL) for row in block.rows]
    found = [(row.source_row, *values([row])) for row in rows]
    assert found == reference(text)


@given(
    st.lists(
        st.tuples(st.text('ab",\n\r é', max_size=30), st.text('ab",\n\r é', max_size=30)),
        max_size=60,
    ),
    st.sampled_from(["\n", "\r\n"]),
)
def test_what_the_csv_module_writes_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str]],
    end: str,
) -> None:
    path = tmp_path_factory.mktemp("csv") / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *rows])
    found: list[RawRow] = [
        row for block in read_delimited(Segment(source_of(path)), SMALL) for row in block.rows
    ]
    assert values(found) == [{"a": a, "b": b} for a, b in rows]


def test_passed_lines_never_go_back(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"a,b\n" + b'1,"2\n3"\n' * 20_000)
    source = source_of(path)
    passed = [block.lines for block in read_delimited(Segment(source), SMALL)]
    assert passed == sorted(passed)
    assert passed[-1] == list(line_blocks(Segment(source), SMALL))[-1].last_line


def test_more_columns_than_can_be_compared_are_refused(tmp_path: Path) -> None:
    names = ",".join(f"c{number}" for number in range(MOST_FIELDS + 1))
    with pytest.raises(SourceError, match=r"a\.csv has 10,001 columns"):
        read_bytes(tmp_path, f"{names}\n{names}\n".encode(), "a.csv")


def test_names_of_many_columns_take_linear_time() -> None:
    assert named_columns(["a"] * 300_000).names[-1] == "a_300000"
    assert named_columns([""] * 300_000).names[-1] == "column_300000"
    assert named_columns(["a_2", "a", "a", " ", "column_4"]).names == (
        *("a_2", "a", "a_3", "column_4_2", "column_4"),
    )
