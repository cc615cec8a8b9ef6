"""Spelling: British and American variants of English words, and slips of the pen.

A slip is one letter too many, too few, wrong, or two in the wrong order, so that what is written is
no word. If it makes another word (`form` for `from`, `county` for `country`), nobody knows which
was meant, and it is no slip. The words of English are those of SCOWL, size 70, American and British
(http://wordlist.aspell.net; `english_words.LICENSE`).
"""

from __future__ import annotations

import lzma
import re
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files

_SHORTEST = 4
"""Letters of the shortest word in which a slip is told from another word."""

_ENGLISH = 0.6
"""The share (0 to 1) of known words from which a text is English."""

_GRAMMAR = frozenset({"s", "es", "d", "ed", "r", "er", "n", "y", "ly", "t"})
"""Endings that make another form of a word, or another word: no slips."""

_VARIANTS = tuple(
    (re.compile(pattern), american)
    for pattern, american in (
        (
            r"(arb|ard|arm|behavi|cand|clam|col|demean|endeav|fav|ferv|flav|glam|harb|hon|hum|lab"
            r"|neighb|od|parl|ranc|rig|rum|sav|splend|succ|tum|val|vap|vig)our",
            r"\1or",
        ),
        (r"(?<=[a-z]{3})is(e|ed|es|er|ers|ing|able|ation|ations|ational)$", r"iz\1"),
        (r"(?<=[a-z]{3})ys(e|ed|es|er|ers|ing)$", r"yz\1"),
        (r"(cent|theat|met|lit|fib|calib|lust|meag|scept|somb|spect|sab)re(s|d)?$", r"\1er\2"),
        (r"(catal|dial|anal|monol|prol|epil)ogue", r"\1og"),
        (r"(def|lic|off|pret)ence", r"\1ense"),
        (r"practis", "practic"),
        (
            r"([aeiou][a-z]*[b-df-hj-np-tv-z]+(?:[aeou]|(?<=[cv])i))ll(ed|ing|ers?|or|ous)$",
            r"\1l\2",
        ),
        (r"(?<=[a-z]{2})(fil|rol|stal|til)l?(s|ment|ments)?$", r"\1l\2"),
        (r"(?<=[ai]|u)lful(?=l|$)", "llful"),
        (r"(an|encyclop|arch|medi|orthop|p)ae(?=[dmoslt]|$)", r"\1e"),
        (r"^(f|h|l|gyn)ae(m|c|k)", r"\1e\2"),
        (r"leukaem", "leukem"),
        (r"^(f|)oe(t|s)(?=us|al|tr)", r"\1e\2"),
        (r"diarrhoe", "diarrhe"),
        (r"manoeuvr", "maneuver"),
        (r"^grey", "gray"),
        (r"^plough", "plow"),
        (r"^cheque(s|book)?$", r"check\1"),
        (r"^programme(s)?$", r"program\1"),
        (r"^sceptic", "skeptic"),
        (r"^mould", "mold"),
        (r"^pyjama", "pajama"),
        (r"^aluminium", "aluminum"),
        (r"^jewellery", "jewelry"),
        (r"^ageing", "aging"),
        (r"(ackowl|knowl|judg|abridg|lodg)ement", r"\1ment"),
        (r"^cosy$", "cozy"),
        (r"^doughnut", "donut"),
        (r"^mum(s|my)?$", r"mom\1"),
    )
)


@cache
def english_words() -> frozenset[str]:
    """The words of English, with their forms and common names, in lower case without apostrophe."""
    packed = (files("prefdata.transforms.texts") / "english_words.xz").read_bytes()
    return frozenset(lzma.decompress(packed).decode().split("\n"))


def is_english(words: Sequence[str]) -> bool:
    """Whether most of some words in lower case are English; those of other letters do not count."""
    latin = [word for word in words if word.isalpha() and word.isascii()]
    known = english_words()
    return bool(latin) and sum(word in known for word in latin) >= _ENGLISH * len(latin)


def same_spelling(one: str, other: str) -> bool:
    """Whether two English words in lower case are one word, in two spellings or with a slip.

    >>> same_spelling("colour", "color"), same_spelling("receive", "recieve")
    (True, True)
    >>> same_spelling("chaos", "disarray"), same_spelling("county", "country")
    (False, False)
    """
    if not (one.isascii() and other.isascii() and one.isalpha() and other.isalpha()):
        return False
    if min(len(one), len(other)) < _SHORTEST - 1:
        return False
    american = _american(one), _american(other)
    return american[0] == american[1] or _is_slip(one, other) or _is_slip(*american)


@lru_cache(maxsize=1 << 14)
def _american(word: str) -> str:
    for pattern, american in _VARIANTS:
        word = pattern.sub(american, word)
    return word


def _is_slip(one: str, other: str) -> bool:
    known = english_words()
    if (one in known) == (other in known):
        return False
    word, slip = (one, other) if one in known else (other, one)
    if len(word) < _SHORTEST or (slip.startswith(word) and slip[len(word) :] in _GRAMMAR):
        return False
    if slip[0] != word[0] and slip[:2] != word[1::-1]:
        return False
    return one_edit_apart(word, slip)


def one_edit_apart(one: str, other: str) -> bool:
    """Whether one letter more, less or other, or two neighbours that change places, tell two texts
    apart.

    >>> one_edit_apart("their", "thier"), one_edit_apart("cat", "cats"), one_edit_apart("a", "bc")
    (True, True, False)
    """
    short, long = sorted((one, other), key=len)
    if len(long) - len(short) > 1 or short == long:
        return False
    head = next((i for i, letter in enumerate(short) if letter != long[i]), len(short))
    if len(short) < len(long):
        return short[head:] == long[head + 1 :]
    if short[head + 1 :] == long[head + 1 :]:
        return True
    turned = long[head : head + 2][::-1]
    return short[head : head + 2] == turned and short[head + 2 :] == long[head + 2 :]
