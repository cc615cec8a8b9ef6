"""An encoder without weights, for any language: hashed words and n-grams of characters.

Texts that share words and word parts are similar. Each feature is added at the position and with
the sign given by its hash (feature hashing, Weinberger et al., https://arxiv.org/abs/0902.2206); a
feature that occurs n times is weighted by the square root of n. Nothing is learnt from a corpus: a
vector depends on its text alone, and is the same to the last bit on every machine with the same
version of Unicode.

| feature | of |
|---|---|
| word, with its 4-grams of characters, borders included | spaced scripts |
| character, pair of characters | Han, kana, Hangul, Thai, Lao, Khmer, Burmese |
| sign | punctuation (low weight), symbols and emoji |

Function words (English, Chinese) have a low weight: of 300 answers in English, Chinese and HH-RLHF,
0.80, 0.80 and 0.36 retrieve their own prompts with it, and 0.73, 0.72 and 0.22 without.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cache

import numpy as np
import numpy.typing as npt

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Encoder, Vectors
from prefdata.encoders.light import LightEncoder, light_identity
from prefdata.kernels import ngrams as kernel
from prefdata.records.unicode_form import normal_form

LONGEST = 1 << 18
"""Characters that are counted together; longer texts are embedded in parts, which are averaged."""

VERSION = "1"
"""Part of the fingerprint: to be raised with every change of the vectors."""

_FUNCTION_WORDS = (  # "no" and "not" are excluded: they invert the meaning
    "a an the and or but if then than of to in on at by for from with as into about over after "
    "before up down out is are was were be been being am do does did have has had will would can "
    "could should may might must it its this that these those i you he she we they me him "
    "her us them my your his our their what which who whom whose how when where why there here "
    "so too very also just some any all each more most other such only own same s t d ll re ve m "
    "please"
)
_FUNCTION_CHARACTERS = (
    "的了是在我有和人这那就都而及与着或一个们来到说要去你会看好自己么他她它吗呢吧啊把被让给从对为以于"
    "之其所可能也很还又但因并等地得"
)
_WITHOUT_SPACES = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1100, 0x11FF),  # Hangul, in parts
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x4DBF),  # Han
    (0x4E00, 0x9FFF),
    (0xAC00, 0xD7AF),  # Hangul
    (0x20000, 0x323AF),  # Han
)
_CLASS_OF_CATEGORY = {
    "L": kernel.WORD,
    "M": kernel.WORD,
    "N": kernel.WORD,
    "P": kernel.PUNCTUATION,
    "S": kernel.SYMBOL,
    "Z": kernel.SEPARATOR,
    "Cc": kernel.SEPARATOR,
    "Cf": kernel.SEPARATOR,
    "C": kernel.SYMBOL,  # not assigned, private, half a surrogate pair: emoji of later versions
}
_CODE_POINTS = 0x110000
_LETTERS = (kernel.WORD, kernel.CHARACTER, kernel.FUNCTION_CHARACTER)
_MASK = (1 << 64) - 1


def open_ngrams(config: EncoderConfig) -> Encoder:
    """The encoder of hashed n-grams.

    A text of only white space, control and format characters has no embedding. Raises ModelError if
    the config sets a revision, backend, dtype, device or window.
    """
    made_of = (VERSION, unicodedata.unidata_version)
    return LightEncoder(
        identity=light_identity("ngrams", config, kernel.DIMENSION, made_of),
        embed=_embed,
        longest=LONGEST,
        prompt=config.prompt or "",
    )


def _embed(texts: Sequence[str]) -> Vectors:
    folded = [_folded(text) for text in texts]
    points = np.frombuffer("".join(folded).encode("utf-32-le", "surrogatepass"), "<u4")
    bounds = np.zeros(len(folded) + 1, np.int64)
    np.cumsum([len(text) for text in folded], out=bounds[1:])
    vectors = np.empty((len(folded), kernel.DIMENSION), np.float32)
    kernel.sum_ngrams(
        points.astype(np.uint32), bounds, _classes(), _function_word_hashes(), vectors
    )
    return vectors


def _folded(text: str) -> str:
    """Maps variants of the same text to one form: width, ligatures, case."""
    if text.isascii():
        return text.lower()
    return normal_form("NFKC", text).casefold()


@cache
def _classes() -> npt.NDArray[np.uint8]:
    """The character class of every code point (0x110000)."""
    categories = map(unicodedata.category, map(chr, range(_CODE_POINTS)))
    of = _CLASS_OF_CATEGORY
    codes = (of[category] if category in of else of[category[0]] for category in categories)
    classes = np.fromiter(codes, np.uint8, _CODE_POINTS)
    for first, last in _WITHOUT_SPACES:
        block = classes[first : last + 1]
        block[block == kernel.WORD] = kernel.CHARACTER
    classes[[*map(ord, _FUNCTION_CHARACTERS)]] = kernel.FUNCTION_CHARACTER
    return classes


@cache
def _function_word_hashes() -> npt.NDArray[np.uint64]:
    words = _FUNCTION_WORDS.split()
    return np.array(sorted(_hash(kernel.OF_WORD, word) for word in words), np.uint64)


# --- reference in plain Python, one text at a time, which the kernel is tested against ----------


def slow_vector(text: str) -> list[float]:
    """The vector of one text of at most `LONGEST` characters: the reference for the kernel."""
    counts: dict[int, int] = {}
    weights: dict[int, float] = {}
    for key, weight in _features(_folded(text)):
        counts[key] = counts.get(key, 0) + 1
        weights[key] = weight
    total = [0.0] * kernel.DIMENSION
    for key, count in counts.items():
        total[key >> 54] += _sign(key) * math.sqrt(count) * weights[key]
    if counts and not any(total):  # a few n-grams that cancel out: the first is used
        key = next(iter(counts))
        total[key >> 54] = _sign(key)
    square = 0.0
    for component in total:
        square += component * component
    return [component / math.sqrt(square) if square else math.nan for component in total]


def _sign(key: int) -> float:
    return 1.0 if key >> 53 & 1 else -1.0


def _features(text: str) -> Iterator[tuple[int, float]]:
    """Hash and weight of every n-gram of a folded text."""
    at = 0
    while at < len(text):
        kind = _classes()[ord(text[at])]
        stop = at + 1
        if kind == kernel.WORD:
            while stop < len(text) and _classes()[ord(text[stop])] == kernel.WORD:
                stop += 1
            yield from _word_features(text[at:stop])
        elif kind in _LETTERS:
            yield from _character_features(text[at : at + 2])
        elif kind != kernel.SEPARATOR:
            light = kind == kernel.PUNCTUATION
            weight = kernel.PUNCTUATION_WEIGHT if light else kernel.SYMBOL_WEIGHT
            yield _hash(kernel.OF_SIGN, text[at]), weight
        at = stop


def _word_features(word: str) -> Iterator[tuple[int, float]]:
    if word in _FUNCTION_WORDS.split():
        yield _hash(kernel.OF_WORD, word), kernel.FUNCTION_WORD_WEIGHT
        return
    yield _hash(kernel.OF_WORD, word), kernel.WORD_WEIGHT
    bordered = f"\0{word}\0"
    for start in range(len(bordered) - kernel.GRAM + 1):
        gram = bordered[start : start + kernel.GRAM]
        yield _hash(kernel.OF_GRAM, gram), kernel.GRAM_WEIGHT


def _character_features(pair: str) -> Iterator[tuple[int, float]]:
    """Features of the first character, and of the pair if the second is of an unspaced script."""
    kinds = [_classes()[ord(character)] for character in pair]
    damped = [kernel.DAMPING if kind == kernel.FUNCTION_CHARACTER else 1.0 for kind in kinds]
    yield _hash(kernel.OF_CHARACTER, pair[0]), kernel.CHARACTER_WEIGHT * damped[0]
    if len(pair) == 2 and kinds[1] in _LETTERS[1:]:
        yield _hash(kernel.OF_PAIR, pair), kernel.PAIR_WEIGHT * (damped[0] * damped[1])


def _hash(kind: int, text: str) -> int:
    """A 64-bit hash of an n-gram of a kind, mixing in each character by splitmix64's finaliser."""
    value = kind
    for character in text:
        value = (value * 0x9E3779B97F4A7C15 & _MASK) ^ ord(character)
        value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        value = (value ^ (value >> 27)) * 0x94D049BB133111EB & _MASK
        value ^= value >> 31
    return value
