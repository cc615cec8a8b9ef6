"""Differences of two texts beyond their form, in any language.

Form is what can change without changing what is said: case, white space, punctuation, quotes,
Markdown, and in English the spelling. Everything else counts: words, numbers, the signs of formulas
and code, the order of words, and the lines of a code block to the letter. In doubt, texts differ.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache, cached_property, lru_cache
from typing import Literal

from prefdata.records.unicode_form import normal_form, without_format
from prefdata.transforms.texts.spelling import is_english, same_spelling
from prefdata.transforms.texts.wording import (
    NEGATIONS,
    NUMBER_WORDS,
    UNSPACED,
    Wording,
    are_opposites,
)

ChangeKind = Literal["numbers", "negation", "opposites", "signs", "code", "order", "words"]


@dataclass(frozen=True)
class TextChange:
    """What distinguishes two texts: its kind, and the words that only one of them has, shortened.

    "" if a text only lacks words of the other.
    """

    kind: ChangeKind
    left: str
    right: str


def change_of(left: str, right: str, *, courtesies: bool = False) -> TextChange | None:
    """What distinguishes two texts beyond their form; None for nothing.

    `courtesies`: a greeting, a please and a thank-you count as form.

    >>> change_of("**Water** it weekly.", "water it weekly!")
    >>> change_of("She rides 36 km.", "She rides 39 km.")
    TextChange(kind='numbers', left='36', right='39')
    """
    apart = _apart(left, right, courtesies=courtesies)
    if apart is None:
        return None
    one, other = apart.one, apart.other
    return TextChange(_kind(apart), _shown(one, apart.ours), _shown(other, apart.theirs))


def is_same_but_form(left: str, right: str) -> bool:
    """Whether nothing but form distinguishes two texts: `change_of` tells no difference."""
    return _apart(left, right, courtesies=False) is None


@lru_cache(maxsize=1024)
def form_tokens(text: str) -> tuple[str, ...]:
    """The words, numbers and signs of a text, folded, in order; each line of a code block is one.

    >>> form_tokens("# Costs\\n- **$1,200**, “roughly”")
    ('costs', '$', '1200', 'roughly')
    """
    if _FENCE not in text:
        return tuple(_prose_tokens(text))
    tokens = []
    for number, part in enumerate(text.split(_FENCE)):
        if number % 2:
            lines = _LANGUAGE.sub("", part).split("\n")
            tokens += [_CODE + line.rstrip() for line in lines if line.strip()]
        else:
            tokens += _prose_tokens(part)
    return tuple(tokens)


_FENCE, _CODE = "```", "\n"
_LANGUAGE = re.compile(r"\A[^\s`]*[^\S\n]*(?=\n)")
_MOST_ALIGNED = 600  # tokens up to which two stretches are aligned
_FEW, _MOST_RESPELLED = 3, 0.4  # words, and their share (0 to 1), that are respelled at most
_SHOWN = 60  # characters of a difference that are shown

_RAISED = {c: f"^{d}" for c, d in zip("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789", strict=True)}
_APOSTROPHES = dict.fromkeys("’‘ʼ＇´", "'") | dict.fromkeys("\ufe0f\ufe0e", "")
_IN_WORD = re.compile(r"(?<=[^\W\d_])'(?=[^\W\d_])")
_MARKER = re.compile(
    r"^(?:[^\S\n]*(?:>(?!\s*\d)|#{1,6}(?=\s)|[-*+•](?=\s)))+[^\S\n]*", re.MULTILINE
)
_ORDINAL = re.compile(r"^[^\S\n]*(?:\*\*|__)?(\d{1,3})(?:[.)](?!\d)|、)", re.MULTILINE)
_ASCII_SIGNS, _IN_FORMULAS = "+=<>^%|~$\\/{}[]#@&", "()!"
_DASHED = r"\-‐-―−"
_DASH = f"[{_DASHED}]"
_TOKEN = re.compile(
    rf"[a-z]+[^\W\d_{UNSPACED}]*|[^\W\d_{UNSPACED}]+"  # most are of ASCII: a faster test of each
    rf"|[{UNSPACED}]"
    r"|\d+(?:[.,:]\d+)*"
    rf"|{_DASH}(?=\d)|(?<=\b\w\s){_DASH}(?=\s(?:\d|\w\b))|(?<=\d\s){_DASH}(?=\s(?:\d|\w\b))"
    r"|(?<=[^\W_])\*+(?=[^\W_])|(?<=[^\S\n])\*{1,2}(?=[^\S\n])"
    r"|(?<=[^\W_])_+(?=[^\W_])|_{3,}"
    rf"|[{re.escape(_ASCII_SIGNS + _IN_FORMULAS)}]|[^\x00-\x7f\w\s{_DASHED}]"
)
"""Words, numbers and signs; no ASCII punctuation, and of all others too much: see `_counts`."""
_CAMEL = re.compile(r"\b\w*[a-z][A-Z]\w*[a-z]\w*")  # iPhone, JavaScript; not sHIFTED
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_DASHES = frozenset("-‐‑‒–—―−")
_FORMULA, _MARKS_IN_FORMULAS = frozenset("=+*^×÷"), frozenset(_IN_FORMULAS)
_GREETING = re.compile(r"\A\W*(?:hi|hello|hey)(?: there)?\b[\s,.!]*", re.IGNORECASE)
_COURTESY = re.compile(
    rf"{_GREETING.pattern}|\b(?:please|kindly)\b"
    r"|\b(?:many )?thanks(?: in advance| a lot| so much)?\W*\Z"
    r"|\bthank you(?: in advance| very much| so much)?\W*\Z"
    r"|\A\W*(?:您好|你好)[\s,，!！。]*|(?<![申邀聘敬])请问?(?![求假客教])|(?:多谢|谢谢)[你您]?\W*\Z|麻烦[你您]",
    re.IGNORECASE,
)
_HINTS_OF_COURTESY = ("please", "ndly", "thank", "好", "请", "谢", "麻")
"""One of them is in every text, in lower case, with a courtesy that is no greeting."""
_CONTRACTED = (
    "im=i am/ive=i have/youre=you are/youve=you have/youll=you will/theyre=they are"
    "/theyve=they have/theyll=they will/weve=we have/its=it is/thats=that is/whats=what is"
    "/heres=here is/theres=there is/itll=it will/isnt=is not/arent=are not/wasnt=was not"
    "/werent=were not/dont=do not/doesnt=does not/didnt=did not/havent=have not"
    "/hasnt=has not/hadnt=had not/cant=can not/cannot=can not/couldnt=could not/wont=will not"
    "/wouldnt=would not/shouldnt=should not/mustnt=must not/neednt=need not"
)
_SHORT_FORMS = dict(re.findall(r"(\w+)=([a-z ]+)", _CONTRACTED))
_NOT = frozenset(short for short, full in _SHORT_FORMS.items() if full.endswith(" not"))


def _prose_tokens(text: str) -> list[str]:
    plain = _plain(text)
    if "'" in plain:
        plain = _IN_WORD.sub("", plain)
    plain = _without_ordinals(_MARKER.sub("", plain))
    pieces = _TOKEN.findall(plain)
    if not plain.isascii():
        pieces = [piece for piece in pieces if piece.isalpha() or _counts(piece[0])]
    tokens = [piece if piece.isalpha() else _token(piece) for piece in pieces]
    if _MARKS_IN_FORMULAS.isdisjoint(tokens) or not _FORMULA.isdisjoint(tokens):
        return tokens
    return [token for token in tokens if token not in _MARKS_IN_FORMULAS]


def _plain(text: str) -> str:
    """The text with its letters folded, and one kind of apostrophe."""
    if text.isascii():
        return text.lower()
    text = normal_form("NFKC", _replaced(_RAISED, text))
    return without_format(_replaced(_APOSTROPHES, text).casefold())


def _replaced(characters: Mapping[str, str], text: str) -> str:
    for character, other in characters.items():
        if character in text:
            text = text.replace(character, other)
    return text


def _without_ordinals(text: str) -> str:
    """The text without the numbers of its lists, if they count from 1 and up."""
    numbers = [int(number) for number in _ORDINAL.findall(text)]
    steps = zip([0, *numbers], numbers, strict=False)
    if len(numbers) < 2 or not all(b in (1, a + 1) for a, b in steps):
        return text
    return _ORDINAL.sub("", text)


def _token(piece: str) -> str:
    first = piece[0]
    if first.isdigit() and "," in piece and _THOUSANDS.fullmatch(piece):
        return piece.replace(",", "")
    if first in _DASHES:
        return "-"
    return "_" if first == "_" else piece


@cache
def _counts(character: str) -> bool:
    """Whether a piece that begins with a character is no punctuation; none of ASCII is."""
    if character < "\x80" or character.isalnum() or character in _DASHES:
        return True
    return unicodedata.category(character)[0] in "SMC"


@dataclass(frozen=True)
class _Apart:
    """Two lists of tokens without their common beginning and end."""

    one: Sequence[str]
    other: Sequence[str]

    @cached_property
    def ours(self) -> dict[str, int]:
        """The tokens that `one` has more often than `other`, and how much."""
        return _more(self._counts[0], self._counts[1])

    @cached_property
    def theirs(self) -> dict[str, int]:
        """The tokens that `other` has more often than `one`, and how much."""
        return _more(self._counts[1], self._counts[0])

    @cached_property
    def _counts(self) -> tuple[Counter[str], Counter[str]]:
        return Counter(self.one), Counter(self.other)


def _more(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {token: n - m for token, n in one.items() if n > (m := other.get(token, 0))}


def _apart(left: str, right: str, *, courtesies: bool) -> _Apart | None:
    """The tokens between which two texts differ; None if nothing but form does."""
    if left == right:
        return None
    ours, theirs = form_tokens(left), form_tokens(right)
    if ours == theirs:
        return None
    if courtesies and (_may_be_courteous(left) or _may_be_courteous(right)):
        ours, theirs = form_tokens(_COURTESY.sub(" ", left)), form_tokens(_COURTESY.sub(" ", right))
        if ours == theirs:
            return None
    apart = _middles(ours, theirs)
    if _is_respelled(apart) and _is_plain_english(apart, left, right):
        return None
    return apart


def _may_be_courteous(text: str) -> bool:
    folded = text.casefold()
    return any(hint in folded for hint in _HINTS_OF_COURTESY) or bool(_GREETING.match(text))


def _middles(one: tuple[str, ...], other: tuple[str, ...]) -> _Apart:
    shortest = min(len(one), len(other))
    head = next((i for i in range(shortest) if one[i] != other[i]), shortest)
    tail = next(
        (i for i in range(shortest - head) if one[-1 - i] != other[-1 - i]), shortest - head
    )
    return _Apart(one[head : len(one) - tail], other[head : len(other) - tail])


def _is_respelled(apart: _Apart) -> bool:
    """Whether two stretches are the same words, some of them spelled otherwise."""
    one, other = apart.one, apart.other
    longest = max(len(one), len(other))
    most = max(_FEW, _MOST_RESPELLED * longest)
    if not (one and other) or longest > _MOST_ALIGNED or len(one) - len(other) > most:
        return False
    if sum(apart.ours.values()) > most:
        return False  # alignment takes a hundred times as long as this test
    if not all(word.isalpha() and word.isascii() for word in (*apart.ours, *apart.theirs)):
        return False
    if len(one) == len(other) and all(map(_same_word, one, other)):
        return True
    if set(one).isdisjoint(other):  # nothing to align by
        return _same_words(one, other)
    return all(
        tag == "equal" or _same_words(one[i:i_stop], other[j:j_stop])
        for tag, i, i_stop, j, j_stop in SequenceMatcher(
            None, one, other, autojunk=False
        ).get_opcodes()
    )


def _same_words(one: Sequence[str], other: Sequence[str]) -> bool:
    if not (one and other and all(w.isalpha() and w.isascii() for w in (*one, *other))):
        return False
    if "".join(one) == "".join(other) or _in_full(one) == _in_full(other):
        return True
    return len(one) == len(other) and all(map(_same_word, one, other))


def _same_word(one: str, other: str) -> bool:
    return one == other or same_spelling(one, other)


def _in_full(words: Sequence[str]) -> str:
    return " ".join(_SHORT_FORMS.get(word, word) for word in words)


def _is_plain_english(apart: _Apart, left: str, right: str) -> bool:
    """Whether both texts are English, and the words that differ are no names in them."""
    if not (is_english(form_tokens(left)) and is_english(form_tokens(right))):
        return False
    ours, theirs = _names(left), _names(right)
    if ours is None and theirs is None:
        return True
    one, other = set(apart.one), set(apart.other)
    is_name = ours is None or not ours.isdisjoint(one - other)
    return not (is_name and (theirs is None or not theirs.isdisjoint(other - one)))


def _names(text: str) -> set[str] | None:
    """Words with a capital that is not that of a sentence; None for a text of one case only."""
    if text.isupper() or text.islower():
        return None
    return Wording(text).names | {word.casefold() for word in _CAMEL.findall(text)}


def _kind(apart: _Apart) -> ChangeKind:
    changed = [*apart.ours, *apart.theirs]
    if not changed:
        return "order"
    if any(token[0] == _CODE for token in changed):
        return "code"
    if any(token[0].isdigit() or token in NUMBER_WORDS for token in changed):
        return "numbers"
    if not NEGATIONS.isdisjoint(changed) or not _NOT.isdisjoint(changed):
        return "negation"
    if are_opposites(apart.ours, apart.theirs):
        return "opposites"
    return "words" if any(token[0].isalpha() for token in changed) else "signs"


def _shown(words: Sequence[str], more: Mapping[str, int]) -> str:
    """The words of a stretch; of a long one, those of which it has `more` than the other."""
    if len(words) > _SHOWN // 4:
        words = [word for word in words if word in more] or words
    text = ""
    for word in (word.strip() for word in words):
        is_apart = text and word and not (text[-1] > "\u0e00" and word[0] > "\u0e00")
        text += f" {word}" if is_apart else word
        if len(text) > _SHOWN:
            return f"{text[:_SHOWN]}…"
    return text
