r"""The differences of two texts by word; by character in scripts without spaces between words.

Original texts are compared, so case, width and white space count as differences. The cost is
bounded: the common beginning and end are removed first; short stretches are compared by word
(`difflib`); longer ones are first aligned at sentences and runs of words that are unique in both
(the idea of patience diff, https://bramcohen.livejournal.com/73318.html). Stretches that are still
too long are marked as different as a whole, and counted in `uncompared`.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from itertools import groupby
from operator import itemgetter
from typing import Literal

from prefdata.dialects.implicit import shared_length
from prefdata.records.identity import normalise

Kind = Literal["same", "left", "right"]

PAIRS_AT_ONCE = 250_000
"""Words of one stretch times words of the other up to which all pairs are compared."""

BY_WORDS = 1_000_000
"""Up to this many characters of both texts, without common beginning and end, are compared by word;
longer texts are compared by sentence first, and by word only where sentences differ."""

_DEPTH = 6  # how often a stretch is aligned again before it counts as too long
_RUN = 8  # pieces in a row that align: a single word may be unique by chance
_AROUND = 256  # characters of the common beginning and end that are compared again, by word

_SENTENCES = re.compile(r"[^\n.!?。！？]*(?:[\n.!?。！？]+|\Z)")
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fdf\u3005-\u30ff\u3130-\u318f\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff66-\uff9d\U00020000-\U000323af"
)
_JOINER = "\u200d"


@dataclass(frozen=True)
class Span:
    """A piece of text that is in both texts, or only in the left or the right one."""

    kind: Kind
    text: str


@dataclass(frozen=True)
class Difference:
    """Two texts as one sequence of spans; without the spans of one side it is the other text.

    `only_form`: they differ only in Unicode form, case or white space. `uncompared`: characters
    that are marked as different because they were too long to compare.
    """

    spans: tuple[Span, ...]
    only_form: bool = False
    uncompared: int = 0

    @property
    def is_same(self) -> bool:
        """Whether the texts are identical."""
        return all(span.kind == "same" for span in self.spans)


@dataclass(frozen=True)
class _Stretch:
    """A run of the left text and its counterpart in the right one."""

    left: str
    right: str
    is_known: bool = True

    @property
    def is_same(self) -> bool:
        return self.left == self.right


def differences(left: str, right: str) -> Difference:
    """Compares two texts.

    >>> [(s.kind, s.text) for s in differences("I like tea.", "I like black tea.").spans]
    [('same', 'I like '), ('right', 'black '), ('same', 'tea.')]
    >>> [(s.kind, s.text) for s in differences("今天很热", "今天很冷").spans]
    [('same', '今天很'), ('left', '热'), ('right', '冷')]
    """
    if left == right:
        return Difference((Span("same", left),) if left else ())
    head = max(0, shared_length(left, right) - _AROUND)
    tail = max(0, _common_end(left[head:], right[head:]) - _AROUND)
    ends = len(left) - tail, len(right) - tail
    stretches = [
        _Stretch(left[:head], right[:head]),
        *_compared(left[head : ends[0]], right[head : ends[1]]),
        _Stretch(left[ends[0] :], right[ends[1] :]),
    ]
    return Difference(
        tuple(_spans(stretches)),
        only_form=normalise(left) == normalise(right),
        uncompared=sum(len(s.left) + len(s.right) for s in stretches if not s.is_known),
    )


def words_of(text: str) -> list[str]:
    """Cuts a text into words, runs of blanks and single characters; joined they give the text.

    >>> words_of("It's 20 °C，很热。")
    ['It', "'", 's', ' ', '20', ' ', '°', 'C', '，', '很', '热', '。']
    """
    return _word_pattern().findall(text)


@cache
def _word_pattern() -> re.Pattern[str]:
    """A pattern of words that never cuts a letter from its marks, or an emoji into its parts."""
    planes = (*range(0x300, 0x20000), *range(0xE0100, 0xE01F0))
    marks = "".join(re.escape(c) for c in map(chr, planes) if unicodedata.category(c)[0] == "M")
    more = rf"[{marks}\u200c{_JOINER}\U0001f3fb-\U0001f3ff]"
    return re.compile(
        rf"(?:[^\W{_UNSPACED}]{more}*)+"
        r"|\n|[^\S\n]+"
        r"|[\U0001f1e6-\U0001f1ff]{2}"
        rf"|.(?:{more}|(?<={_JOINER})[^\w\s])*",
        re.DOTALL,
    )


def _compared(left: str, right: str) -> Iterator[_Stretch]:
    if len(left) + len(right) <= BY_WORDS:
        yield from _aligned(words_of(left), words_of(right), _RUN)
        return
    budget = BY_WORDS
    for stretch in _aligned(_SENTENCES.findall(left), _SENTENCES.findall(right), 1):
        size = len(stretch.left) + len(stretch.right)
        if stretch.is_same or not (stretch.left and stretch.right):
            yield stretch
        elif size <= budget:
            budget -= size
            yield from _aligned(words_of(stretch.left), words_of(stretch.right), _RUN)
        else:
            yield _Stretch(stretch.left, stretch.right, is_known=False)


def _aligned(
    left: Sequence[str], right: Sequence[str], run: int, depth: int = 0
) -> Iterator[_Stretch]:
    """The stretches of two sequences of pieces, in order, aligned at common runs of `run`
    pieces."""
    shortest = min(len(left), len(right))
    head = next((at for at in range(shortest) if left[at] != right[at]), shortest)
    longest = shortest - head
    tail = next((at for at in range(longest) if left[-1 - at] != right[-1 - at]), longest)
    left_end, right_end = len(left) - tail, len(right) - tail
    yield _stretch(left[:head], right[:head])
    yield from _middle(left[head:left_end], right[head:right_end], run, depth)
    yield _stretch(left[left_end:], right[right_end:])


def _middle(left: Sequence[str], right: Sequence[str], run: int, depth: int) -> Iterator[_Stretch]:
    """The stretches of two sequences that neither begin nor end with the same piece."""
    if not (left and right):
        yield _stretch(left, right)
    elif len(left) * len(right) <= PAIRS_AT_ONCE:
        matcher = SequenceMatcher(str.isspace, left, right, autojunk=False)
        for _, i, i_stop, j, j_stop in matcher.get_opcodes():
            yield _stretch(left[i:i_stop], right[j:j_stop])
    elif depth < _DEPTH and (ties := _ties(left, right, run)):
        starts, stops = [(0, 0), *ties], [*ties, (len(left), len(right))]
        for (i, j), (i_stop, j_stop) in zip(starts, stops, strict=True):
            yield from _aligned(left[i:i_stop], right[j:j_stop], run, depth + 1)
    else:
        yield _stretch(left, right, is_known=False)


def _stretch(left: Sequence[str], right: Sequence[str], *, is_known: bool = True) -> _Stretch:
    return _Stretch("".join(left), "".join(right), is_known)


def _ties(left: Sequence[str], right: Sequence[str], run: int) -> list[tuple[int, int]]:
    """Start positions of runs of pieces that are unique in both: the longest common order."""
    left_runs, right_runs = _runs(left, run), _runs(right, run)
    once = {piece for piece, count in Counter(right_runs).items() if count == 1}
    once &= {piece for piece, count in Counter(left_runs).items() if count == 1}
    places = {piece: j for j, piece in enumerate(right_runs) if piece in once}
    return _longest_rising([(i, places[p]) for i, p in enumerate(left_runs) if p in once])


def _runs(pieces: Sequence[str], run: int) -> list[tuple[str, ...]]:
    return list(zip(*(pieces[at:] for at in range(run)), strict=False))


def _longest_rising(pairs: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The longest subsequence with rising second numbers; first numbers rise already.

    >>> _longest_rising([(0, 5), (1, 2), (2, 3), (3, 1)])
    [(1, 2), (2, 3)]
    """
    ends: list[int] = []  # the smallest end of a rising subsequence of each length,
    last: list[int] = []  # the position of that end,
    before: list[int] = []  # and for each pair its predecessor in the subsequence
    for at, (_, j) in enumerate(pairs):
        length = bisect_left(ends, j)
        before.append(last[length - 1] if length else -1)
        ends[length : length + 1] = [j]
        last[length : length + 1] = [at]
    subsequence = []
    at = last[-1] if last else -1
    while at >= 0:
        subsequence.append(pairs[at])
        at = before[at]
    return subsequence[::-1]


def _common_end(left: str, right: str) -> int:
    low, high = 0, min(len(left), len(right))
    while low < high:
        middle = (low + high + 1) // 2
        if (
            left[len(left) - middle : len(left) - low]
            == (right[len(right) - middle : len(right) - low])
        ):
            low = middle
        else:
            high = middle - 1
    return low


def _spans(stretches: Iterable[_Stretch]) -> Iterator[Span]:
    """Merges stretches of the same kind into spans; left before right."""
    filled = [s for s in stretches if s.left or s.right]
    kinds = [s.is_same and not _is_bridge(filled, at) for at, s in enumerate(filled)]
    for is_same, run in groupby(zip(kinds, filled, strict=True), key=itemgetter(0)):
        stretches_of_kind = [stretch for _, stretch in run]
        left = "".join(stretch.left for stretch in stretches_of_kind)
        right = "".join(stretch.right for stretch in stretches_of_kind)
        if is_same:
            yield Span("same", left)
            continue
        if left:
            yield Span("left", left)
        if right:
            yield Span("right", right)


def _is_bridge(stretches: Sequence[_Stretch], at: int) -> bool:
    """Whether the stretch is a blank or punctuation between two replacements, which are merged."""
    around = stretches[max(at - 1, 0) : at + 2]
    text = stretches[at].left
    return (
        len(around) == 3
        and all(s.left and s.right and not s.is_same for s in (around[0], around[2]))
        and len(text) <= 3
        and "\n" not in text
        and not any(map(str.isalnum, text))
    )
