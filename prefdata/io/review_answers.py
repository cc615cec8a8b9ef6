"""What a person wrote into a review sheet, whatever program saved it.

Spreadsheets change what they save: the delimiter, the encoding, the order of columns, the case of a
header, empty rows and columns around. None of that matters here; the columns are told by their
names and the rows by their key. A sheet made by hand needs `source`, `source_row` and `decision`.
What cannot be understood is named with its line, and nothing is guessed.
"""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import xxhash

from prefdata.errors import DataError, SourceError
from prefdata.io.csv_fields import any_field_size
from prefdata.io.review_cells import unguarded
from prefdata.io.review_key import Key, unlocked
from prefdata.io.sniff import sniff
from prefdata.io.sniff_text import DELIMITERS
from prefdata.verdicts.review import DECISIONS, Decision, Drawn

Place = tuple[str, int]
"""Source and row in it."""

_WORDS: dict[str, tuple[str, ...]] = {
    "a": ("a", "左", "甲"),
    "b": ("b", "右", "乙"),
    "keep": ("keep", "保留", "对", "正确"),
    "flip": ("flip", "翻转", "反", "反了", "标反", "标反了"),
    "drop": ("drop", "bad", "删除", "丢弃", "剔除"),
    "unsure": (
        *("unsure", "tie", "equal", "same", "skip", "?", "？"),
        *("不确定", "跳过", "平", "平局", "一样", "相同", "不知道"),
    ),
}
_MEANING = {word: meaning for meaning, words in _WORDS.items() for word in words}
_HEADERS = {
    "better": ("better", "更好", "哪个更好"),
    "decision": ("decision", "决定", "判断"),
    "note": ("note", "notes", "comment", "备注", "说明"),
    "key": ("key",),
    "fingerprint": ("fingerprint",),
    "source": ("source",),
    "source_row": ("source_row", "source row"),
}
_COLUMN = {header: column for column, headers in _HEADERS.items() for header in headers}
_ALLOWED = "A, B, tie, unsure or drop in `better`; keep, flip, drop or unsure in `decision`"
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


@dataclass(frozen=True)
class Answer:
    """A row that was decided. `fingerprint`: of its content; None where only its `place` is told.

    `line`: where it stands in the sheet, from 1. `drawn`: how the row came into the sheet.
    """

    line: int
    decision: Decision
    note: str
    fingerprint: str | None
    place: Place | None
    drawn: Drawn | None


@dataclass(frozen=True)
class Answers:
    """All that was decided in a file, each row once, in the order of the file.

    `undecided`: rows that nothing was written for. `content`: the file as it was when it was read;
    `fingerprint`: of that.
    """

    file: str
    decided: tuple[Answer, ...]
    undecided: int
    fingerprint: str
    content: bytes = field(default=b"", repr=False)


def read_answers(path: str | Path) -> Answers:
    """Reads a review sheet that was filled in.

    Raises SourceError where the file is none, and DataError, naming the line, for a word that is
    not understood, a row that cannot be identified, and a row that is decided in two ways.
    """
    path = Path(path)
    raw = _bytes(path)
    answers, undecided = list[Answer](), 0
    for line, fields in _rows(path, raw):
        answer = _answer(path, line, fields)
        if answer is None:
            undecided += 1
        else:
            answers.append(answer)
    decided = tuple(_each_once(path, answers))
    return Answers(str(path), decided, undecided, xxhash.xxh3_128_hexdigest(raw), raw)


def _bytes(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise SourceError(f"{path}: the review sheet cannot be read ({error.strerror})") from error
    if raw.startswith(_WORKBOOKS):
        raise SourceError(
            f"{path} is a workbook. Save the sheet as CSV (in Excel: CSV UTF-8) and give that file."
        )
    return raw


def _rows(path: Path, raw: bytes) -> Iterator[tuple[int, dict[str, str]]]:
    """Line and cells, by name of the column, of every row with something in it."""
    if not raw.strip():
        raise SourceError(f"{path} is empty: no review sheet")
    text = _decoded(raw, sniff(path).encoding).removeprefix("\ufeff")
    if text.lstrip().startswith("{"):
        yield from _json_rows(path, text)
    else:
        yield from _csv_rows(path, text)


def _decoded(raw: bytes, sniffed: str) -> str:
    """Text, whatever a spreadsheet made of it; none of these encodings hides a delimiter."""
    for encoding in () if sniffed.startswith(("utf-16", "utf-32")) else ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode(
        sniffed if sniffed.startswith("utf-") and sniffed != "utf-8" else "cp1252", "replace"
    )


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    for line, content in enumerate(text.split("\n"), start=1):
        if not content.strip():
            continue
        try:
            fields = msgspec.json.decode(content.encode(), type=dict)
        except msgspec.DecodeError as error:
            raise DataError(f"{path}, line {line}: not a JSON object ({error})") from error
        cells = {str(name): "" if value is None else str(value) for name, value in fields.items()}
        named = {name: column for name in cells if (column := _column_of(name))}
        if not named:
            raise _not_a_sheet(path, line, list(cells))
        yield line, {column: cells[name] for name, column in named.items()}


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, dict[str, str]]]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(path, text), strict=True)
    names: list[str | None] = []
    with any_field_size():
        while True:
            line = lines.line_num + 1
            try:
                cells = next(lines, None)
            except csv.Error as error:
                raise DataError(
                    f"{path}, line {line}: the quotes do not match ({error}). Save the sheet again "
                    "as CSV, from the program it was filled in with."
                ) from error
            if cells is None:
                return
            if not names:
                names = _header(cells)
            elif any(cell.strip() for cell in cells):
                named = zip(names, cells, strict=False)  # a program may leave empty cells away
                yield line, {name: unguarded(cell) for name, cell in named if name}


def _delimiter(path: Path, text: str) -> str:
    """The delimiter that shows the header; a line before it, such as `sep=;`, does not matter."""
    lines = [line for line in text.splitlines()[:10] if line.strip()]
    for line in lines:
        for delimiter in DELIMITERS:
            if _header(next(csv.reader([line], delimiter=delimiter))):
                return delimiter
    raise _not_a_sheet(path, 1, lines[:1])


def _header(cells: list[str]) -> list[str | None]:
    """The column behind each cell; nothing unless they are the header of a sheet."""
    names = [_column_of(cell) for cell in cells]
    is_header = {"better", "decision"} & {*names} and {"key", "fingerprint", "source"} & {*names}
    return names if is_header else []


def _column_of(header: str) -> str | None:
    return _COLUMN.get(_folded(header))


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _not_a_sheet(path: Path, line: int, found: list[str]) -> DataError:
    return DataError(
        f"{path}, line {line}: not a review sheet; it begins with {', '.join(found)[:100]!r}. It "
        "needs a column `better` and the column `key` that was in the sheet, or `decision`, "
        "`source` and `source_row`."
    )


def _answer(path: Path, line: int, fields: Mapping[str, str]) -> Answer | None:
    """What a row says; None where nothing was written for it."""
    words = {fields.get(name, "").strip() for name in ("better", "decision")} - {""}
    if not words:
        return None
    key = _key(path, line, fields)
    decisions = {_decision(path, line, word, key) for word in words}
    if len(decisions) > 1:
        raise DataError(
            f"{path}, line {line}: `better` and `decision` contradict each other "
            f"({', '.join(sorted(words))}). Empty one of them."
        )
    place = _place(path, line, fields)
    fingerprint = key.fingerprint if key else fields.get("fingerprint", "").strip().lower() or None
    if fingerprint is None and place is None:
        raise DataError(
            f"{path}, line {line}: nothing says which row this is. Restore the column `key`, or "
            "give `source` and `source_row`."
        )
    note = fields.get("note", "").strip()
    [decision] = decisions
    return Answer(line, decision, note, fingerprint, place, key.drawn if key else None)


def _key(path: Path, line: int, fields: Mapping[str, str]) -> Key | None:
    text = fields.get("key", "").strip()
    if not text:
        return None
    key = unlocked(text)
    if key is None:
        raise DataError(
            f"{path}, line {line}: the key {text[:80]!r} was changed. Copy it from the sheet that "
            "prefdata wrote."
        )
    return key


def _decision(path: Path, line: int, word: str, key: Key | None) -> Decision:
    meaning = _MEANING.get(_folded(word).rstrip(".。!！"))
    if meaning is None:
        raise DataError(f"{path}, line {line}: {word[:80]!r} is no decision. Write {_ALLOWED}.")
    for decision in DECISIONS:
        if decision == meaning:
            return decision
    if key is None:
        raise DataError(
            f"{path}, line {line}: {word!r} says nothing without the key of the row, which knows "
            "which side is A. Restore the column `key`, or write keep or flip."
        )
    return "keep" if (meaning == "b") == key.chosen_is_b else "flip"


def _place(path: Path, line: int, fields: Mapping[str, str]) -> Place | None:
    source, row = fields.get("source", "").strip(), fields.get("source_row", "").strip()
    if not source or not row:
        return None
    number = row.replace(",", "").removesuffix(".0")  # as spreadsheets write numbers
    if not (number.isascii() and number.isdigit()):
        raise DataError(f"{path}, line {line}: source_row is {row[:80]!r}, not a number")
    return source, int(number)


def _each_once(path: Path, answers: list[Answer]) -> Iterator[Answer]:
    """Each row once; raises DataError where two lines decide the same row in different ways."""
    first: dict[str | Place | None, Answer] = {}
    for answer in answers:
        before = first.setdefault(answer.fingerprint or answer.place, answer)
        if before is answer:
            yield answer
        elif before.decision != answer.decision:
            raise DataError(
                f"{path}, line {answer.line}: the row is decided differently in line {before.line} "
                f"({before.decision}; here {answer.decision}). Leave one of the two."
            )
