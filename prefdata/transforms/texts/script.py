"""The script of every row: that of most letters at the beginning of its messages.

Scripts are determined by code point ranges (Unicode 16 blocks, https://www.unicode.org/Public/),
not by the exact script property of every character, since only the script of a whole row is needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import numpy as np
import numpy.typing as npt

from prefdata.kernels.compiled import pays
from prefdata.records.arrays import Ints
from prefdata.records.record import Record
from prefdata.records.texts import SideTexts, TextView, window

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
"""The scripts of `script_codes`. Symbols: no letter, but emoji or other signs. None: neither."""

_LATIN, _HAN, _KANA = SCRIPTS.index("Latin"), SCRIPTS.index("Han"), SCRIPTS.index("Japanese")
_SYMBOLS, _NONE = SCRIPTS.index("Symbols"), SCRIPTS.index("None")

KANA_RATIO = 0.05
"""The share (0 to 1) of kana among Han and kana from which a text is Japanese: above that of loans
such as の in Chinese, far below the third or more of Japanese."""

_TOGETHER = 512
"""Messages whose beginnings are looked at together: they fit into the second-level cache."""

_CASE, _A, _LETTERS = np.uint8(0x20), np.uint8(ord("a")), np.uint8(26)
_WIDE = 0xC0

_SECONDS_A_BYTE = 1e-8

LOOKED_AT = 192
"""Bytes at the beginning of a message that are used: sufficient, and a bounded cost."""

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


def script_codes(view: TextView) -> Codes:
    """The script of every row (n), as positions in `SCRIPTS`.

    Whole characters within the first `LOOKED_AT` bytes of every message of prompt, chosen and
    rejected are counted. The script with the most letters wins, the earlier in `SCRIPTS` at a tie.
    """
    counts = np.zeros((view.rows, len(SCRIPTS)), np.int64)
    for side in view.sides:
        if side.raw.size:
            _count(side, counts)
    return dominant(counts)


def script_of(texts: Iterable[str]) -> str:
    """The script of several texts together (reference, slow).

    >>> script_of(["Привет, Bob"])
    'Cyrillic'
    """
    counts = np.zeros((1, len(SCRIPTS)), np.int64)
    for text in texts:
        for character in text:
            counts[0, script_table()[ord(character)]] += 1
    return SCRIPTS[dominant(counts)[0]]


def record_script(record: Record) -> str:
    """The script of a record, equal to that of `script_codes`."""
    messages = (*record.prompt, *record.chosen, *record.rejected)
    begins = ((message.content or "").encode()[:LOOKED_AT] for message in messages)
    return script_of(begin.decode(errors="ignore") for begin in begins)


def dominant(counts: Ints) -> Codes:
    """The script (n) of each row of counts (n, scripts); scripts without letters come last."""
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


def _count(side: SideTexts, counts: Ints) -> None:
    """Adds the characters at the beginning of messages to `counts` (n, scripts)."""
    looked_at = min(side.raw.size, LOOKED_AT * (len(side.bounds) - 1))
    if not pays(looked_at * _SECONDS_A_BYTE):
        _count_plainly(side, counts)
        return
    from prefdata.kernels.characters import count_scripts

    rows = side.rows_of_messages(np.arange(len(side.bounds) - 1))
    count_scripts(side.raw, side.bounds, rows, LOOKED_AT, script_table(), _LATIN, counts)


def _count_plainly(side: SideTexts, counts: Ints) -> None:
    """The same without a kernel, for few texts.

    Of ASCII only letters count. A character is known by its first byte, which is above 191 and
    tells its width; the code point is put together from six bits of each of the others.
    """
    lengths = np.minimum(np.diff(side.bounds), LOOKED_AT)
    rows = side.rows_of_messages(np.arange(len(lengths)))
    for first in range(0, len(lengths), _TOGETHER):
        part = slice(first, first + _TOGETHER)
        begins = window(side.raw, side.bounds[:-1][part], lengths[part], LOOKED_AT)
        letters = ((begins | _CASE) - _A < _LETTERS).sum(axis=1)
        np.add.at(counts[:, _LATIN], rows[part], letters)
        leads = np.flatnonzero(begins.ravel() >= _WIDE)
        messages, places = leads // LOOKED_AT, leads % LOOKED_AT
        lead = begins[messages, places].astype(np.int64)
        width = 2 + (lead >= 0xE0) + (lead >= 0xF0)
        whole = places + width <= lengths[part][messages]
        messages, places, lead, width = (each[whole] for each in (messages, places, lead, width))
        points = lead & (0x7F >> width)
        for more in range(1, 4):
            goes_on = np.flatnonzero(width > more)
            byte = begins[messages[goes_on], places[goes_on] + more]
            points[goes_on] = points[goes_on] << 6 | byte & 0x3F
        np.add.at(counts, (rows[part][messages], script_table()[points]), 1)


@cache
def script_table() -> Codes:
    """Code point to script; None for digits, punctuation and marks."""
    table = np.full(0x110000, _NONE, np.int8)
    for script, ranges in _RANGES.items():
        for first, last in (pair.split("-") for pair in ranges.split()):
            table[int(first, 16) : int(last, 16) + 1] = SCRIPTS.index(script)
    return table
