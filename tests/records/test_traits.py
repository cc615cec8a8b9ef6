from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.records.arrays import Bytes
from prefdata.records.columns import RecordColumns
from prefdata.records.record import Record, assistant, user
from prefdata.records.texts import SideTexts, TextView
from prefdata.records.traits import Trait, traits_of
from tests.ways import WAYS, by_kernels

PARTS = ("a", " ", "\n", "Hu", "As", "AS", "US", "#", "<", "[", "é", "Ã", "©", "Â", "\x85", "\x7f")
texts = st.lists(st.sampled_from((*PARTS, "\t", "\x0b", "\ufffd", "锟", "中", "😀")), max_size=9)
PATTERNS = {
    Trait.FOREIGN: re.compile("[^\x00-\x7f]"),
    Trait.CONTROL: re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"),
    Trait.MISREAD: re.compile("[\u00c0-\u00ff][^\x00-\x7f]"),
    Trait.BROKEN: re.compile("[\ufffd锟]"),
    Trait.ANGLE: re.compile("<"),
    Trait.SQUARE: re.compile(r"\["),
    Trait.HASHES: re.compile("##"),
    Trait.TURN: re.compile("\n(?:Hu|A[sS]|US)"),
}
rows = st.lists(st.tuples(texts, texts, texts), min_size=1, max_size=5)


def view_of(found: list[tuple[list[str], ...]]) -> TextView:
    columns = RecordColumns()
    for index, (prompt, chosen, rejected) in enumerate(("".join(t) for t in row) for row in found):
        record = Record((user(prompt),), (assistant(chosen),), (assistant(rejected),))
        columns.append(index, index + 1, record)
    return TextView.of(columns.batch())


@given(rows)
def test_both_ways_agree_and_miss_no_trait(found: list[tuple[list[str], ...]]) -> None:
    for side in view_of(found).sides:
        expected = traits_by_patterns(side)
        plain = traits_of(side.raw, side.bounds)
        with by_kernels():
            assert side.traits.tolist() == plain.tolist()
        assert (plain & expected == expected).all()
        # what a look beyond the end of a text adds: only traits of several bytes
        beyond = Trait.CONTROL | Trait.MISREAD | Trait.HASHES | Trait.TURN | Trait.BROKEN
        assert not ((plain & ~expected) & ~np.uint8(beyond)).any()


def traits_by_patterns(side: SideTexts) -> Bytes:
    """The traits of every message, exactly (reference, slow)."""
    contents = (content or "" for content in side.contents.to_pylist())
    found = [sum(t for t, pattern in PATTERNS.items() if pattern.search(c)) for c in contents]
    return np.array(found, np.uint8)


@pytest.mark.parametrize(
    ("text", "trait"),
    [
        ("x" * 5000 + "<", Trait.ANGLE),
        ("\x00", Trait.CONTROL),
        ("a\x85", Trait.CONTROL | Trait.FOREIGN),
        ("\xa0", Trait.FOREIGN),
        ("Ã©", Trait.MISREAD | Trait.FOREIGN),
        ("\ufffd", Trait.BROKEN | Trait.FOREIGN),
        ("锟斤", Trait.BROKEN | Trait.FOREIGN),
        ("a\nUSER:", Trait.TURN),
        ("a\nAfter", Trait(0)),
        ("## a [b", Trait.HASHES | Trait.SQUARE),
        ("a\tb\r\n", Trait(0)),
    ],
)
def test_traits_by_either_way(text: str, trait: Trait) -> None:
    for way in WAYS:
        with way():
            assert view_of([(["q"], [text], ["x"])]).chosen.traits.tolist() == [trait]
