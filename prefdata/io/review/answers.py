"""Reading the answers of a review sheet.

Rows are identified by their key, wherever they are in the sheet and in the data. A sheet made by
hand needs `source`, `source_row` and `decision`. Words that are not understood are errors with
their line, and nothing is guessed: keep and flip refer to the label, which a person who fills in
`better` does not see, so they are not accepted there.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import xxhash

from prefdata.errors import DataError
from prefdata.io.review.key import Key, decode_key
from prefdata.io.review.table import normalise_word, read_sheet, rows_of_sheet
from prefdata.results.review import DECISIONS, Decision, Drawn

Place = tuple[str, int]
"""(source, source row)."""

_TIE = ("tie", "equal", "same", "平", "平局", "一样", "相同")
_UNSURE = ("unsure", "skip", "?", "？", "不确定", "跳过", "不知道")
_WORDS: dict[str, tuple[str, ...]] = {
    "a": ("a", "甲", "左"),
    "b": ("b", "乙", "右"),
    "keep": ("keep", "保留", "对", "正确"),
    "flip": ("flip", "翻转", "反", "反了", "标反", "标反了"),
    "drop": ("drop", "bad", "删除", "丢弃", "剔除"),
    "unsure": (*_UNSURE, *_TIE),
}
_MEANING = {word: meaning for meaning, words in _WORDS.items() for word in words}


def _shown(word: str, accepted: tuple[str, ...]) -> str:
    """An English word and the Chinese ones that are accepted for it."""
    return f"{word} ({', '.join(other for other in accepted if _CHINESE.match(other))})"


_CHINESE = re.compile("[\u4e00-\u9fff]")
_ALLOWED = (
    f"{_shown('A', _WORDS['a'])}, {_shown('B', _WORDS['b'])}, {_shown('tie', _TIE)}, "
    f"{_shown('unsure', _UNSURE)} or {_shown('drop', _WORDS['drop'])} in `better`; "
    f"{_shown('keep', _WORDS['keep'])}, {_shown('flip', _WORDS['flip'])}, drop or unsure in "
    "`decision`"
)


@dataclass(frozen=True)
class Answer:
    """A row that was decided. `fingerprint`: of its content, None if only its `place` is given.

    `line`: in the sheet, from 1. `readings`: what was said of it, in order; `drawn`: how the row
    was sampled for the sheet.
    """

    line: int
    readings: tuple[Decision, ...]
    note: str
    fingerprint: str | None
    place: Place | None
    drawn: Drawn | None

    @property
    def decision(self) -> Decision:
        """What most readings say, those that are unsure aside; unsure where none does."""
        votes = Counter(reading for reading in self.readings if reading != "unsure")
        if not votes:
            return "unsure"
        (most, count), *others = votes.most_common()
        return "unsure" if others and others[0][1] == count else most


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

    Several lines about a row are several readings of it. Raises SourceError if the file is no
    review sheet, and DataError, with the line, for an unknown word and a row that cannot be
    identified.
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
    decided = tuple(_each_once(answers))
    return Answers(str(path), decided, undecided, xxhash.xxh3_128_hexdigest(raw), raw)


def _answer(path: Path, line: int, fields: Mapping[str, str]) -> Answer | None:
    """The answer of a row; None if it has none."""
    words = {name: fields.get(name, "").strip() for name in ("better", "decision")}
    words = {name: word for name, word in words.items() if word}
    key = _key(path, line, fields)
    before = key.before if key else ()
    if not words and not before:
        return None
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
    readings = (*before, *decisions)
    return Answer(line, readings, note, fingerprint, place, key.drawn if key else None)


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


def _each_once(answers: list[Answer]) -> Iterator[Answer]:
    """Each row once, with the readings of all its lines."""
    lines: dict[str | Place | None, list[Answer]] = {}
    for answer in answers:
        lines.setdefault(answer.fingerprint or answer.place, []).append(answer)
    for first, *others in lines.values():
        readings = tuple(chain(first.readings, *(other.readings for other in others)))
        yield replace(first, readings=readings)
