"""The languages of whole columns of texts, equal to `language_of` for each.

Letters are counted, and the model's automaton is walked, by compiled loops. `language_of` itself
decides where two languages are so near that rounding matters, and does all the work for a few
texts, which are not worth loading the compiler.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.records.arrays import Bytes, Flags, Ints
from prefdata.records.texts import flat
from prefdata.records.unicode_form import JOINER, normal_form
from prefdata.transforms.texts.language import (
    LEAST_CJK,
    LEAST_LETTERS,
    OF_SCRIPT,
    READ_CHARACTERS,
    SILENT,
    UNDETERMINED,
    identifier,
    language_of,
    most_probable,
    prose_of,
)
from prefdata.transforms.texts.script import SCRIPTS, dominant, script_table

FEW = 100
"""Texts below this number are left to `language_of`."""

_Columns = tuple[npt.NDArray[np.uint16], npt.NDArray[np.float32], Ints]
"""A table (features, columns), the prior and the language of each column."""

_BLOCK = 1_024
_MARKS = r"`[^`\n]*`|https?://|www\.|\S@\S+\.|</?[A-Za-z][^<>]*>"
"""A text without any of these has no code, link, address or tag."""

_TOLD_BY_SCRIPT = (UNDETERMINED, *OF_SCRIPT.values())
_MOST_VISITS = 1 << 15  # above the bytes of any text that is read

_OFTEN = ("en", "de", "fr", "es", "pt", "it", "ru", "ar")
_COLUMNS = 32  # 64 bytes of each feature: what a processor loads at a time

_JOINED = {*range(0x1100, 0x1200), *range(0xD7B0, 0xD800), *range(0x16D40, 0x16D80)}
"""Hangul and Kirat Rai: letters that are composed with others without being marks."""


def languages_of(texts: pa.StringArray) -> pa.StringArray:
    """The language of each text (n), equal to `language_of`; a null counts as an empty text."""
    texts = pc.fill_null(texts, "")
    if len(texts) < FEW:
        return pa.array(map(language_of, texts.to_pylist()), pa.string())
    blocks = (texts.slice(start, _BLOCK) for start in range(0, len(texts), _BLOCK))
    return pa.concat_arrays([_of_block(block) for block in blocks])


def _cut(texts: pa.StringArray, characters: int) -> pa.StringArray:
    return pc.utf8_slice_codeunits(texts, 0, characters)


def _of_block(texts: pa.StringArray) -> pa.StringArray:
    prose = _cut(texts, READ_CHARACTERS)
    prose = _changed(prose, pc.match_substring_regex(prose, _MARKS), prose_of)
    letters = _Letters.of(prose)
    told = _of_scripts()[dominant(letters.scripts)]
    told[letters.counts < LEAST_CJK] = 0
    languages = pa.array(_TOLD_BY_SCRIPT).take(pa.array(told))
    by_model = (told == 0) & (letters.counts >= LEAST_LETTERS)
    if not by_model.any():
        return languages
    where = pa.array(by_model)
    found = _by_model(prose.filter(where), letters.must_be_encoded[by_model])
    return pc.replace_with_mask(languages, where, found)


def _changed(
    texts: pa.StringArray, where: pa.BooleanArray, change: Callable[[str], str]
) -> pa.StringArray:
    """The texts, some of them changed."""
    if not where.true_count:
        return texts
    made = map(change, texts.filter(where).to_pylist())
    return pc.replace_with_mask(texts, where, pa.array(made, pa.string()))


@dataclass(frozen=True)
class _Letters:
    """Characters by script (n, scripts), letters (n), and the texts (n) that py3langid changes."""

    scripts: Ints
    counts: Ints
    must_be_encoded: Flags

    @classmethod
    def of(cls, texts: pa.StringArray) -> _Letters:
        from prefdata.kernels.language import CARE, LOWER, UPPER, count_letters

        raw, bounds = _frozen(texts)
        scripts = np.zeros((len(texts), len(SCRIPTS)), np.int64)
        counts, traits = np.zeros(len(texts), np.int64), np.zeros(len(texts), np.uint8)
        unknown, classes = np.empty(1024, np.int64), _classes()
        while noted := count_letters(raw, bounds, classes, scripts, counts, traits, unknown):
            _learn(classes, np.unique(unknown[:noted]).tolist())
        is_upper = (traits & (UPPER | LOWER)) == UPPER
        return cls(scripts, counts, is_upper | (traits & CARE > 0))


@cache
def _classes() -> npt.NDArray[np.uint8]:
    """Code point to its script and bits, unknown until it first occurs."""
    from prefdata.kernels.language import UNKNOWN

    classes = np.full(0x110000, UNKNOWN, np.uint8)
    _learn(classes, range(0x80))
    return classes


def _learn(classes: npt.NDArray[np.uint8], points: Iterable[int]) -> None:
    from prefdata.kernels.language import ALPHA, CARE, LOWER, UPPER

    for point in points:
        character = chr(point)
        kind = int(script_table()[point])
        kind |= ALPHA * character.isalpha() | UPPER * character.isupper()
        is_title = character.istitle() and not character.isupper()
        kind |= LOWER * (character.islower() or is_title) | CARE * _may_be_composed(character)
        classes[point] = kind


def _may_be_composed(character: str) -> bool:
    """Whether the normal form C of a text with this character may differ from the text."""
    return (
        unicodedata.category(character)[0] == "M"
        or ord(character) in _JOINED
        or not unicodedata.is_normalized("NFC", character)
    )


@cache
def _of_scripts() -> Ints:
    """Script to the place in `_TOLD_BY_SCRIPT` of its language."""
    told = [OF_SCRIPT.get(script, UNDETERMINED) for script in SCRIPTS]
    return np.array([_TOLD_BY_SCRIPT.index(language) for language in told])


def _by_model(texts: pa.StringArray, must_be_encoded: Flags) -> pa.StringArray:
    """The most probable language (n) of some prose."""
    from prefdata.kernels.language import UNSURE, find_features, find_languages

    model = _model()
    raw, bounds = _frozen(_changed(texts, pa.array(must_be_encoded), _encoded))
    found, stops = np.empty(len(raw), np.int32), np.empty(len(texts), np.int64)
    find_features(raw, bounds, model.automaton, found, stops)
    best = np.empty(len(texts), np.int64)
    tables = model.grouped, model.single
    find_languages(found, bounds, stops, model.weights, *tables, best)
    languages = model.languages.take(pa.array(best, mask=best == UNSURE))
    unsure = languages.is_null()
    careful = map(most_probable, texts.filter(unsure).to_pylist())
    return pc.replace_with_mask(languages, unsure, pa.array(careful, pa.string()))


def _encoded(prose: str) -> str:
    """What py3langid's model reads of a text; nothing if `normal_form` divides its marks, so that
    `most_probable` reads it."""
    lowered = prose.lower() if prose.isupper() else prose
    encoded = normal_form("NFC", lowered)
    return encoded if encoded.count(JOINER) == lowered.count(JOINER) else ""


def _frozen(texts: pa.StringArray) -> tuple[Bytes, Ints]:
    """The bytes and offsets of texts; read-only, so that a kernel is compiled only once."""
    raw, bounds = flat(texts)
    raw = raw.view()
    raw.flags.writeable = False
    return raw, bounds


@dataclass(frozen=True)
class _Model:
    """py3langid's automaton and tables, as the kernel takes them; `languages` by number, null for
    the class of no language, which `most_probable` compares with all others."""

    languages: pa.StringArray
    automaton: tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[np.int32]]
    weights: npt.NDArray[np.float32]
    grouped: _Columns
    single: _Columns


@cache
def _model() -> _Model:
    model = identifier()
    names = list(dict.fromkeys(model.nb_classes))  # some languages have two classes
    numbers = np.array([names.index(name) for name in model.nb_classes])
    asked = np.array([len(name) == 2 or name == SILENT for name in model.nb_classes])
    prior = np.where(asked, model.nb_pc, np.float32(-np.inf))
    single = model.nb_ptc.view(np.uint16), prior, numbers
    return _Model(
        pa.array([name if len(name) == 2 else None for name in names], pa.string()),
        (
            np.asarray(model.tk_nextmove),
            np.asarray(model.tk_row),
            np.array(model.tk_output, np.int32),
        ),
        np.log1p(np.arange(_MOST_VISITS, dtype=np.float32)),
        _grouped(single, [names.index(name) for name in _OFTEN]),
        single,
    )


def _grouped(single: _Columns, often: Sequence[int]) -> _Columns:
    """Columns of some languages, and one for each group of the others: their highest numbers.

    All are below 0: the highest has the smallest bits.
    """
    from prefdata.kernels.language import UNSURE

    table, prior, numbers = single
    others = np.flatnonzero(~np.isin(numbers, often) & (prior > -np.inf))
    count = _COLUMNS - len(often)
    groups = [np.flatnonzero(numbers == number) for number in often]
    groups += [others[group::count] for group in range(count)]
    return (
        np.stack([table[:, group].min(axis=1) for group in groups], axis=1),
        np.array([prior[group].max() for group in groups]),
        np.array([*often, *[UNSURE] * count]),
    )
