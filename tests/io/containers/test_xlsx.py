"""Excel workbooks: values of the one sheet with rows; nothing that spans or expands too much."""

from __future__ import annotations

import datetime
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from reading import SMALL, read, source_of, values

from prefdata.config.model import ReadConfig
from prefdata.errors import MissingExtraError, SourceError

openpyxl = pytest.importorskip("openpyxl")

HEADER = ["prompt", "chosen", "rejected", None, "n"]


def workbook(path: Path, rows: list[list[Any]], **others: list[list[Any]]) -> Path:
    book = openpyxl.Workbook()
    book.active.title = "pairs"
    for title, content in {"pairs": rows, **others}.items():
        sheet = book["pairs"] if title == "pairs" else book.create_sheet(title)
        for row in content:
            sheet.append(row)
    book.save(path)
    return path


def test_rows_have_the_names_of_the_first_one(tmp_path: Path) -> None:
    day = datetime.date(2026, 12, 1)
    path = workbook(
        tmp_path / "a.xlsx",
        [[], HEADER, ["问一", "答", "坏", day, 1], [], ["q", "a\nb", "", True, 2.5]],
        empty=[],
    )
    assert source_of(path).container == "xlsx"
    rows = read(path)
    assert values(rows) == [
        {
            "prompt": "问一",
            "chosen": "答",
            "rejected": "坏",
            "column_4": "2026-12-01T00:00:00",
            "n": 1,
        },
        {"prompt": "q", "chosen": "a\nb", "rejected": None, "column_4": True, "n": 2.5},
    ]
    assert [row.source_row for row in rows] == [3, 5]


def test_formulas_are_the_values_that_were_computed(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["prompt", "chosen"], ["=1+1", "a"]])
    [row] = values(read(path))
    assert row["prompt"] is None  # openpyxl computes nothing, and wrote no value


def test_a_row_that_is_wider_than_the_header_is_ragged(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["prompt", "chosen"], ["q", "a", None, "x"], ["q"]])
    rows = read(path)
    assert rows[0].fault is not None and rows[0].fault[0] == "ragged-row"
    assert values(rows)[1] == {"prompt": "q", "chosen": None}


def test_one_sheet_holds_the_rows(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["prompt"], ["q"]], notes=[["read me"]])
    with pytest.raises(SourceError, match=r"2 sheets with rows \(pairs, notes\)"):
        read(path)
    assert values(read(workbook(path, [], later=[["prompt"], ["q"]]))) == [{"prompt": "q"}]
    assert read(workbook(path, [])) == []


def test_cells_far_away_are_refused_at_once(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["prompt"], ["q"]])
    book = openpyxl.load_workbook(path)
    book.active["CZ900000"] = "far"
    book.save(path)
    with pytest.raises(SourceError, match="span 900,000 rows and 104 columns"):
        read(path)


def test_a_bomb_is_refused_before_it_expands(tmp_path: Path) -> None:
    path = workbook(tmp_path / "a.xlsx", [["prompt"], ["q"]])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bin", bytes(300 << 20))
    with pytest.raises(SourceError, match="decompression bomb"):
        read(path, ReadConfig(max_expansion_ratio=2.0))


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/workbook.xml"])
def test_a_damaged_workbook_is_a_fault(tmp_path: Path, name: str) -> None:
    whole = workbook(tmp_path / "a.xlsx", [["prompt"], *([f"q{n}"] for n in range(50))])
    path = tmp_path / "b.xlsx"
    with zipfile.ZipFile(whole) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.infolist():
            content = old.read(member)
            new.writestr(
                member, content[: len(content) // 2] if member.filename == name else content
            )
    rows = read(path, SMALL)
    assert rows[-1].fault is not None and rows[-1].fault[0] == "truncated-file"


def test_a_file_that_is_no_workbook_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    for content in (b"PK\x03\x04" + bytes(60), b"prompt,chosen\n"):
        path.write_bytes(content)
        with pytest.raises(SourceError, match=r"ZIP|is none"):
            read(path)


def test_what_to_install_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = workbook(tmp_path / "a.xlsx", [["prompt"], ["q"]])
    monkeypatch.setitem(sys.modules, "openpyxl", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'prefdata\[excel\]'"):
        read(path)
