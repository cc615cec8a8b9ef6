"""Differences of wording that change the meaning but hardly change an embedding.

Sentences that differ in one number, a name, a negation or an antonym have nearly the same
embedding. Numbers, signs and names are recognised in any language, negations and antonyms in
English and Chinese. In doubt, texts count as different.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from prefdata.records.unicode_form import normal_form

DifferenceKind = Literal["numbers", "signs", "negation", "opposites", "names", "order", "case"]
"""What distinguishes two texts."""

UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\uf900-\ufaff"
)
_PIECES = re.compile(rf"[{UNSPACED}]|\d+|[^\W\d_{UNSPACED}]+|\n|[^\S\n]+|[^\w\s]|_")
_LIST_MARKER = re.compile(r"^[^\S\n]*(?:\d{1,3}[.)、]|[-*•+])[^\S\n]+", re.MULTILINE)
_NEGATED = re.compile(r"\b(can|won|shan|ain)(?:n?['’]t|not)\b|n['’]t\b", re.IGNORECASE)
_NEGATING = "not no never none nothing nobody nowhere neither nor without hardly nope"
NEGATIONS = frozenset([*_NEGATING.split(), *"不没沒无無非未别別勿否"])
_NOT_NEGATING = re.compile(
    "非常|不[仅但过断久]|未来|无论|特别|[区分类级性个各派告辨]别|别[人的名墅]|[特區分類級性個]別"
)
_COUNTING = (
    "two three four five six seven eight nine ten eleven twelve twenty thirty fifty hundred "
    "thousand million billion third fourth fifth sixth seventh eighth ninth tenth"
)
# without one and 一, which serve as articles
NUMBER_WORDS = frozenset([*_COUNTING.split(), *"二两三四五六七八九十百千万亿"])
_OPPOSED = (
    "yes/no yes/nope yeah/no true/false right/wrong right/left more/less more/fewer most/least "
    "increase/decrease increases/decreases increased/decreased increasing/decreasing "
    "higher/lower high/low highest/lowest before/after always/never all/none all/some good/bad "
    "better/worse best/worst hot/cold positive/negative safe/dangerous start/stop up/down "
    "first/second first/last he/she his/her him/her man/woman boy/girl buy/sell with/without "
    "above/below win/lose open/closed alive/dead big/small large/small morning/evening day/night "
    "是/否 是/不 对/错 真/假 有/没 有/无 大/小 多/少 高/低 增/减 升/降 上/下 前/后 好/坏 冷/热 "
    "快/慢 买/卖 左/右 男/女 他/她 早/晚 长/短 强/弱 胜/负 赢/输 开/关"
)
_PAIRS = [pair.split("/") for pair in _OPPOSED.split()]
_OPPOSITES_OF = {
    word: [other for pair in _PAIRS if word in pair for other in pair if other != word]
    for pair in _PAIRS
    for word in pair
}
_PREFIXES = ("un", "in", "im", "il", "ir", "dis", "non", "mis")
_SIGNS = frozenset("+=<>^%|~$€£¥\\/{}[]×÷≤≥≠°")
_BETWEEN = frozenset("-*")  # a sign only between blanks or numbers, else a hyphen or emphasis
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_BETWEEN_WORDS = re.compile(r"\W+")
_OTHER_CASE = 1 / 3  # of the words: more than some missing capitals
_ENDS = frozenset(".!?:;。！？：；\n")
_ITEM, _ITEM_WORDS = "•", 3


@dataclass(frozen=True)
class Wording:
    """The words of a text: letters and numbers, without list markers and punctuation."""

    text: str

    @cached_property
    def pieces(self) -> list[str]:
        """The words, blanks and signs, as written."""
        plain = normal_form("NFKC", _LIST_MARKER.sub(f"{_ITEM} ", self.text))
        return _PIECES.findall(_NEGATED.sub(r"\1 not", plain))

    @cached_property
    def written(self) -> list[str]:
        """The words as written, in order."""
        return [piece for piece in self.pieces if _is_said(piece)]

    @cached_property
    def words(self) -> list[str]:
        """The words in lower case, in order."""
        return [word.casefold() for word in self.written]

    @cached_property
    def counts(self) -> Counter[str]:
        """How often each word occurs."""
        return Counter(self.words)

    @cached_property
    def numbers(self) -> list[str]:
        """The distinct numbers, in order of first occurrence."""
        held = (w for w in self.words if w[0].isdigit() or w in NUMBER_WORDS)
        return list(dict.fromkeys(held))

    @cached_property
    def signs(self) -> Counter[str]:
        """Counts of the signs of formulas, code and money."""
        return Counter(_signs(self.pieces))

    @cached_property
    def names(self) -> set[str]:
        """Capitalised words that do not begin a sentence; Latin words in Chinese text."""
        if _HAN.search(self.text):
            return {w for w in self.words if w[0].isalpha() and not _HAN.match(w)}
        return set(_names(self.pieces))


def wording_difference(left: Wording, right: Wording) -> DifferenceKind | None:
    """The first kind of difference in meaning between two texts; None for a mere rewording.

    >>> wording_difference(Wording("It costs $5."), Wording("It costs $7!"))
    'numbers'
    >>> wording_difference(Wording("You can't eat it."), Wording("You can eat it."))
    'negation'
    >>> wording_difference(Wording("It is published."), Wording("It has been published"))
    """
    if left.numbers != right.numbers:
        return "numbers"
    if left.signs != right.signs:
        return "signs"
    if _negations(left) != _negations(right):
        return "negation"
    if are_opposites(left.counts - right.counts, right.counts - left.counts):
        return "opposites"
    if left.names - right.counts.keys() or right.names - left.counts.keys():
        return "names"
    if left.words != right.words and left.counts == right.counts:
        return "order"
    if left.words == right.words and _case_ratio(left, right) > _OTHER_CASE:
        return "case"
    return None


def same_words(left: str, right: str) -> bool:
    """Whether texts are equal except for blanks, single capitals and sentence punctuation.

    >>> same_words("You're welcome!", "you're welcome."), same_words("a + b", "a - b")
    (True, False)
    """
    if left == right:
        return True
    if _BETWEEN_WORDS.sub("", left).casefold() != _BETWEEN_WORDS.sub("", right).casefold():
        return False  # cheap test: cutting texts into words takes a hundred times as long
    one, other = Wording(left), Wording(right)
    return bool(one.words) and one.words == other.words and wording_difference(one, other) is None


def shared_ratio(left: Wording, right: Wording) -> float:
    """The share of common words (Dice's coefficient, 0 to 1); 1 for texts without words."""
    both = sum((left.counts & right.counts).values())
    either = len(left.words) + len(right.words)
    return 2 * both / either if either else 1.0


def _is_said(piece: str) -> bool:
    """Whether a piece is a word, a number, or a mark such as a vowel sign."""
    return piece[0].isalnum() or (piece > "\u02ff" and unicodedata.category(piece[0])[0] == "M")


def _case_ratio(left: Wording, right: Wording) -> float:
    """For texts with the same words, the share (0 to 1) of words that differ in case."""
    pairs = [(a, b) for a, b in zip(left.written, right.written, strict=True) if a != b]
    return len(pairs) / max(len(left.words), 1)


def _negations(wording: Wording) -> int:
    count = sum(wording.counts[word] for word in NEGATIONS)
    return count - len(_NOT_NEGATING.findall(wording.text)) if count else 0


def are_opposites(ours: Collection[str], theirs: Collection[str]) -> bool:
    """Whether words that only one text has are the opposites of words that only the other has.

    `ours`, `theirs`: collections that are quick to look into.

    >>> are_opposites({"safe"}, {"unsafe"}), are_opposites({"low"}, {"high", "up"})
    (True, True)
    """
    for few, many in ((ours, theirs), (theirs, ours)):
        for word in few:
            if any(other in many for other in _OPPOSITES_OF.get(word, ())):
                return True
            if word.startswith(_PREFIXES) and _without_prefix(word) in many:
                return True
    return False


def _without_prefix(word: str) -> str:
    """A word without the one of `_PREFIXES` that it begins with."""
    return next(word[len(prefix) :] for prefix in _PREFIXES if word.startswith(prefix))


def _signs(pieces: list[str]) -> Iterator[str]:
    for at, piece in enumerate(pieces):
        if piece in _SIGNS:
            yield piece
        elif piece in _BETWEEN:
            around = [*pieces[max(at - 1, 0) : at], *pieces[at + 1 : at + 2]]
            if all(other.isspace() or other.isdigit() for other in around):
                yield piece


def _names(pieces: list[str]) -> Iterator[str]:
    begins = True
    for at, piece in enumerate(pieces):
        if piece[0].isalnum():
            if piece[0].isupper() and piece != "I" and not begins:
                yield piece.casefold()
            begins = False
        elif piece == _ITEM:
            begins = not _is_short_item(pieces, at)
        elif piece in _ENDS:
            begins = True


def _is_short_item(pieces: list[str], at: int) -> bool:
    """Whether the list item at a position is too short to be a sentence, so that its capital may
    be a name."""
    count = 0
    for place in range(at, len(pieces)):
        piece = pieces[place]
        if piece == "\n" or count > _ITEM_WORDS:
            break
        count += piece[0].isalnum()
    return count <= _ITEM_WORDS
