"""Reading the answers of a review sheet.

Rows are identified by their key, wherever they are in the sheet and in the data. A sheet made by
hand needs `source`, `source_row` and `decision`. Words that are not understood are errors with
their line, and nothing is guessed: keep and flip refer to the label, which a person who fills in
`better` does not see, so they are not accepted there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import xxhash

from prefdata.errors import DataError
from prefdata.io.review.key import Key, decode_key
from prefdata.io.review.table import normalise_word, read_sheet, rows_of_sheet
from prefdata.results.review import DECISIONS, Decision, Drawn

Place = tuple[str, int]
"""(source, source row)."""

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
_ALLOWED = "A, B, tie, unsure or drop in `better`; keep, flip, drop or unsure in `decision`"


@dataclass(frozen=True)
class Answer:
    """A row that was decided. `fingerprint`: of its content, None if only its `place` is given.

    `line`: in the sheet, from 1. `drawn`: how the row was sampled for the sheet.
    """

    line: int
    decision: Decision
    note: str
    fingerprint: str | None
    place: Place | None
    drawn: Drawn | None


@dataclass(frozen=True)
class Answers:
    """All decisions of a file, each row once, in file order.

    `undecided`: rows without an answer. `content`: the bytes of the file when it was read;
    `fingerprint`: of `content`.
    """

    file: str
    decided: tuple[Answer, ...]
    undecided: int
    fingerprint: str
    content: bytes = field(default=b"", repr=False)


def read_answers(path: str | Path) -> Answers:
    """Reads a review sheet that was filled in.

    Raises SourceError if the file is no review sheet, and DataError, with the line, for an unknown
    word, a row that cannot be identified, and a row with two different decisions.
    """
    path = Path(path)
    raw = read_sheet(path)
    answers, undecided = list[Answer](), 0
    for line, fields in rows_of_sheet(path, raw):
        answer = _answer(path, line, fields)
        if answer is None:
            undecided += 1
        else:
            answers.append(answer)
    decided = tuple(_unique_answers(path, answers))
    return Answers(str(path), decided, undecided, xxhash.xxh3_128_hexdigest(raw), raw)


def _answer(path: Path, line: int, fields: Mapping[str, str]) -> Answer | None:
    """The answer of a row; None if it has none."""
    words = {name: fields.get(name, "").strip() for name in ("better", "decision")}
    words = {name: word for name, word in words.items() if word}
    if not words:
        return None
    key = _key(path, line, fields)
    decisions = {_decision(path, line, name, word, key) for name, word in words.items()}
    if len(decisions) > 1:
        raise DataError(
            f"{path}, line {line}: `better` and `decision` contradict each other "
            f"({', '.join(words.values())}). Empty one of them."
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
    key = decode_key(text)
    if key is None:
        raise DataError(
            f"{path}, line {line}: the key {text[:80]!r} was changed. Copy it from the sheet that "
            "prefdata wrote."
        )
    return key


def _decision(path: Path, line: int, column: str, word: str, key: Key | None) -> Decision:
    meaning = _MEANING.get(normalise_word(word).rstrip(".。!！"))
    if meaning is None or (column == "better" and meaning in ("keep", "flip")):
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


def _unique_answers(path: Path, answers: list[Answer]) -> Iterator[Answer]:
    """Each row once; raises DataError if two lines decide the same row differently."""
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
