"""Lengths of texts in characters and words, and their quantiles in fixed memory."""

from __future__ import annotations

import re
import unicodedata

import msgspec
import numpy as np
import pyarrow.compute as pc

from prefdata.kernels.compiled import pays
from prefdata.records.arrays import Ints
from prefdata.records.texts import SideTexts
from prefdata.records.unicode_form import normal_form

_SECONDS_A_BYTE = 1e-9
_EXACT_BITS = 9
_EXACT = 1 << _EXACT_BITS
"""Lengths below this have a bin of their own."""
_STEPS_BITS = 6
_STEPS = 1 << _STEPS_BITS
"""Bins per doubling above: the width of a bin is at most 1/64 of its length."""

_CJK = "\u2e80-\u2fdf\u3005-\u3007\u3021-\u3029\u3041-\u3096\u309d-\u309f\u30a1-\u30fa\u30fc-\u30ff"
_CJK += "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\uff66-\uff9d\U00020000-\U000323af"
_SINGLE = re.compile(f"[{_CJK}\u0e01-\u0e46]")
_JOINED = "'’\u00b7"  # within a word: don't, l’été, col·lecció
_WORD = re.compile(rf"[^\W_](?:[^\W_]|[{_JOINED}](?=[^\W_]))*")


def character_lengths(side: SideTexts) -> Ints:
    """The characters (code points) of the contents of a side, for every row (n)."""
    if side.is_ascii:
        return side.row_sums(np.diff(side.bounds))
    if not pays(side.raw.size * _SECONDS_A_BYTE):
        characters = pc.fill_null(pc.utf8_length(side.contents), 0)
        return side.row_sums(characters.to_numpy())
    from prefdata.kernels.characters import count_characters

    counts = np.empty(len(side.bounds) - 1, np.int64)
    count_characters(side.raw, side.bounds, counts)
    return side.row_sums(counts)


def words(text: str) -> int:
    """The number of words of a text, by the rules of its script.

    Spaced scripts (Latin, Cyrillic, Arabic, Hangul, ...): runs of letters and digits, with marks
    and inner apostrophes. Han characters and kana: one each. Thai, which has no spaces and needs a
    dictionary to be cut: one per character, marks not counted.

    >>> words("I don't know 汉字")
    5
    """
    if text.isascii():
        return sum(1 for _ in _WORD.finditer(text))
    composed = normal_form("NFC", text)
    bare = "".join(c for c in composed if not unicodedata.category(c).startswith("M"))
    spaced, singles = _SINGLE.subn(" ", bare)
    return singles + sum(1 for _ in _WORD.finditer(spaced))


class Lengths(msgspec.Struct, frozen=True):
    """A histogram of lengths whose size does not grow with the rows.

    `bins`: bin number to rows. Exact below 512, then 64 bins per doubling, so that a quantile is at
    most 1.6% too low. Histograms are merged by addition, so the order of parts does not matter.
    """

    rows: int = 0
    total: int = 0
    longest: int = 0
    bins: dict[int, int] = {}

    @classmethod
    def of(cls, lengths: Ints) -> Lengths:
        """The histogram of some lengths."""
        if not len(lengths):
            return cls()
        numbers, rows = np.unique(_bins(np.asarray(lengths, np.int64)), return_counts=True)
        bins = dict(zip(numbers.tolist(), rows.tolist(), strict=True))
        return cls(len(lengths), int(lengths.sum()), int(lengths.max()), bins)

    def merge(self, other: Lengths) -> Lengths:
        """The sum of both histograms."""
        bins = {**self.bins}
        for number, rows in other.bins.items():
            bins[number] = bins.get(number, 0) + rows
        return Lengths(
            self.rows + other.rows, self.total + other.total, max(self.longest, other.longest), bins
        )

    @property
    def mean(self) -> float:
        """The mean length; 0 without rows."""
        return self.total / self.rows if self.rows else 0.0

    def quantile(self, ratio: float) -> int:
        """The quantile at `ratio` (0 to 1): the least length of its bin."""
        if ratio >= 1.0:
            return self.longest
        below = 0
        for number in sorted(self.bins):
            below += self.bins[number]
            if below >= ratio * self.rows:
                return _lowest(number)
        return self.longest

    def summary(self) -> dict[str, float]:
        """Mean, p50, p90, p99 and max."""
        return {
            "mean": self.mean,
            "p50": self.quantile(0.5),
            "p90": self.quantile(0.9),
            "p99": self.quantile(0.99),
            "max": self.longest,
        }


def _bins(lengths: Ints) -> Ints:
    """The bin of each length (n): its leading bits, as in a floating-point number."""
    bits = np.frexp(np.maximum(lengths, 1).astype(np.float64))[1] - 1
    shift = np.maximum(bits - _STEPS_BITS, 0)
    coarse = _EXACT + (bits - _EXACT_BITS) * _STEPS + (lengths >> shift) - _STEPS
    return np.where(lengths < _EXACT, lengths, coarse)


def _lowest(number: int) -> int:
    """The least length in a bin."""
    if number < _EXACT:
        return number
    doublings, step = divmod(number - _EXACT, _STEPS)
    return (_STEPS + step) << (_EXACT_BITS + doublings - _STEPS_BITS)
