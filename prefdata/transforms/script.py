"""The script of every row: which writing most of the letters that its messages begin with are in.

Scripts are told by code point ranges (Unicode 16 blocks, https://www.unicode.org/Public/): what
matters is which writing a row is in, not the exact script property of every character.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.records.columns import MESSAGE, MESSAGES, SIDES
from prefdata.records.record import Record
from prefdata.records.texts import Bytes, Ints, SideTexts, TextView, code_points, lead_positions

Codes = npt.NDArray[np.int8]

SCRIPTS = (
    "Latin",
    "Han",
    "Japanese",
    "Hangul",
    "Thai",
    "Arabic",
    "Hebrew",
    "Cyrillic",
    "Greek",
    "Devanagari",
    "Symbols",
    "Other",
    "None",
)
"""What `script_codes` points into. Symbols: no letter, but emoji or other signs. None: neither."""

_LATIN, _HAN, _KANA = SCRIPTS.index("Latin"), SCRIPTS.index("Han"), SCRIPTS.index("Japanese")
_SYMBOLS, _NONE = SCRIPTS.index("Symbols"), SCRIPTS.index("None")
_MIXED = -1
_LETTERS = [code for code in range(len(SCRIPTS)) if code not in (_SYMBOLS, _NONE)]

KANA_RATIO = 0.05
"""Kana among Han and kana from which a text is Japanese: above a loan such as の in Chinese, far
below the third or more that Japanese has."""

LOOKED_AT = 64
"""Characters of a message that are looked at: enough to tell, and a cost that has a bound."""

_RANGES: dict[str, str] = {
    "Other": "0530-058F 0700-08FF 0980-0DFF 0E80-10FF 1200-1DBF 2C00-2C5F 2C80-2DDF"
    " A000-A63F A6A0-A71F A800-ABFF 10000-1CFFF 1E000-1EFFF",
    "Latin": "0041-005A 0061-007A 00AA-00AA 00BA-00BA 00C0-00D6 00D8-00F6 00F8-02AF 1E00-1EFF"
    " 2C60-2C7F A720-A7FF AB30-AB6F FB00-FB06 FF21-FF3A FF41-FF5A",
    "Greek": "0370-0373 0376-037D 037F-03FF 1F00-1FFF",
    "Cyrillic": "0400-052F 1C80-1C8F 2DE0-2DFF A640-A69F",
    "Hebrew": "0590-05FF FB1D-FB4F",
    "Arabic": "0600-06FF 0750-077F 0870-08FF FB50-FDFF FE70-FEFE",
    "Devanagari": "0900-097F A8E0-A8FF",
    "Thai": "0E01-0E3A 0E40-0E7F",
    "Hangul": "1100-11FF 3131-318E A960-A97F AC00-D7FF FFA1-FFDC",
    "Japanese": "3041-3096 309D-309F 30A1-30FA 30FC-30FF 31F0-31FF FF66-FF9D 1B000-1B16F",
    "Han": "2E80-2FDF 3005-3007 3021-3029 3400-4DBF 4E00-9FFF F900-FAFF 20000-323AF",
    "Symbols": "00A9-00A9 00AE-00AE 2100-214F 2190-23FF 2460-24FF 2500-27BF 2900-297F 2B00-2BFF"
    " 3200-33FF 1F000-1FAFF",
}
"""Script to its ranges of code points; a later one overrules an earlier one."""


def script_codes(batch: pa.RecordBatch) -> Codes:
    """The script of every row of a batch of `RECORD_SCHEMA`, as positions in `SCRIPTS`.

    Counted are the first `LOOKED_AT` characters of every message of prompt, chosen and rejected
    together; the script with the most letters wins, the earlier of `SCRIPTS` when there are as
    many.
    """
    view = TextView.of(_beginnings(batch))
    counts = np.zeros((view.rows, len(SCRIPTS)), np.int64)
    ascii_bytes = sum((_count_foreign(side, counts) for side in view.sides), np.int64(0))
    rivals = counts[:, _LETTERS].sum(axis=1) - counts[:, _LATIN]
    close = (rivals > 0) & (counts[:, _LATIN] + ascii_bytes >= counts[:, _LETTERS].max(axis=1))
    for row in np.flatnonzero(close).tolist():
        counts[row, _LATIN] += sum(_ascii_letters(_row(side, row)) for side in view.sides)
    codes = _dominant(counts)
    unclear = np.flatnonzero((codes == _SYMBOLS) | (codes == _NONE))
    codes[unclear[_has_ascii_letter(view, unclear)]] = _LATIN
    return codes


def _beginnings(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with every message cut after `LOOKED_AT` characters."""
    for side in SIDES:
        messages = batch.column(side)
        roles, contents, extras = messages.values.flatten()
        cut = [roles, pc.utf8_slice_codeunits(contents, 0, LOOKED_AT), extras]
        values = pa.StructArray.from_arrays(cut, fields=list(MESSAGE))
        short = pa.ListArray.from_arrays(messages.offsets, values, type=MESSAGES)
        batch = batch.set_column(batch.schema.get_field_index(side), side, short)
    return batch


def script_of(texts: Iterable[str]) -> str:
    """The script of a few texts together: slow and obviously right.

    >>> script_of(["Привет, Bob"])
    'Cyrillic'
    """
    counts = np.zeros((1, len(SCRIPTS)), np.int64)
    for text in texts:
        for character in text:
            counts[0, _script_table()[ord(character)]] += 1
    return SCRIPTS[_dominant(counts)[0]]


def record_script(record: Record) -> str:
    """The script of a record, as `script_codes` gives it."""
    messages = (*record.prompt, *record.chosen, *record.rejected)
    return script_of((message.content or "")[:LOOKED_AT] for message in messages)


def _dominant(counts: Ints) -> Codes:
    """The script of each row of counts (rows x scripts); those without letters come last."""
    letters = counts.copy()
    han, kana = counts[:, _HAN], counts[:, _KANA]
    japanese = (kana > 0) & (kana >= KANA_RATIO * (han + kana))
    letters[:, _KANA] = np.where(japanese, han + kana, 0)
    letters[:, _HAN] = np.where(japanese, 0, han + kana)
    letters[:, [_SYMBOLS, _NONE]] = 0
    codes: Codes = letters.argmax(axis=1).astype(np.int8)
    without = np.flatnonzero(~letters.any(axis=1))
    codes[without] = np.where(counts[without, _SYMBOLS] > 0, _SYMBOLS, _NONE)
    return codes


def _count_foreign(side: SideTexts, counts: Ints) -> Ints:
    """Counts the characters beyond ASCII of each script; gives each row's ASCII bytes at most."""
    borders = side.bounds[side.firsts]
    if side.is_ascii:
        return np.diff(borders)
    positions = lead_positions(side.raw)
    codes = _codes_at(side.raw, positions)
    telling = np.flatnonzero(codes != _NONE)
    if not telling.size:
        return np.diff(borders)
    places = positions[telling]
    ends = np.searchsorted(places, borders)
    keys = np.repeat(np.arange(len(counts)) * len(SCRIPTS), np.diff(ends))
    keys += codes[telling[ends[0] : ends[-1]]]
    counts += np.bincount(keys, minlength=counts.size).reshape(counts.shape)
    characters = pl.Series(side.contents).str.len_chars().fill_null(0).to_numpy()
    return side.row_sums(characters) - np.diff(np.searchsorted(positions, borders))


def _codes_at(raw: Bytes, positions: Ints) -> Codes:
    """The script of the characters that start at some positions.

    Two bytes fix a character but for its last 6 bits, and most runs of 64 are of one script: only
    the characters of mixed runs are decoded.
    """
    pairs = raw.take(positions).astype(np.uint16) << 8
    pairs |= raw.take(positions + 1)
    codes = _pair_table().take(pairs)
    mixed = np.flatnonzero(codes == _MIXED)
    codes[mixed] = _script_table()[code_points(raw, positions[mixed])]
    return codes


def _row(side: SideTexts, row: int) -> Bytes:
    start, stop = side.bounds[side.firsts[row : row + 2]]
    return side.raw[start:stop]


def _ascii_letters(raw: Bytes) -> int:
    return int(np.count_nonzero(((raw | 0x20) - np.uint8(97)) < 26))


def _has_ascii_letter(view: TextView, rows: Ints) -> npt.NDArray[np.bool_]:
    """Whether rows hold an ASCII letter anywhere: most do in their very first bytes."""
    found = np.zeros(len(rows), np.bool_)
    for side in view.sides:
        left = np.flatnonzero(~found)
        if left.size:
            begin = side.openings[rows[left]]
            found[left] = (((begin | 0x20) - np.uint8(97)) < 26).any(axis=1)
    for index in np.flatnonzero(~found).tolist():
        found[index] = any(_ascii_letters(_row(side, rows[index])) for side in view.sides)
    return found


@cache
def _script_table() -> Codes:
    """Code point to script; what belongs to none (digits, punctuation, marks) is None."""
    table = np.full(0x110000, _NONE, np.int8)
    for script, ranges in _RANGES.items():
        for first, last in (pair.split("-") for pair in ranges.split()):
            table[int(first, 16) : int(last, 16) + 1] = SCRIPTS.index(script)
    return table


@cache
def _pair_table() -> Codes:
    """First two bytes of a character, as a number, to its script, or to `_MIXED`."""
    table = np.full(0x10000, _MIXED, np.int8)
    scripts = _script_table()
    for point in range(0x80, 0x800):
        table[int.from_bytes(chr(point).encode(), "big")] = scripts[point]
    for first in range(0x800, 0x10000, 64):
        run = scripts[first : first + 64]
        if (run == run[0]).all():
            lead, middle = 0xE0 | first >> 12, 0x80 | (first >> 6) & 0x3F
            table[lead << 8 | middle] = run[0]
    return table
