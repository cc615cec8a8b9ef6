"""What a user states of labels: how it is written, what it reads, and what it refuses."""

from __future__ import annotations

import math
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.dialects.labels import FIRST, SECOND, TIE, LabelReading, Preference
from prefdata.dialects.labels.preference import OTHER, label_key
from prefdata.errors import ConfigError, RowFault

ONE, TWO, EVEN = Preference(FIRST), Preference(SECOND), Preference(TIE)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("1=first,0=second,2=tie", "0=second,1=first,2=tie"),
        (" 1.0 = First , 0=SECOND ", "0=second,1=first"),
        ("true=first,False=second", "false=second,true=first"),
        ("A=first,Ｂ=second", "a=first,b=second"),
        ("A>B=first,A=B=tie,B>A=second", "a=b=tie,a>b=first,b>a=second"),
        ("better=first,worse=second", "better=first,worse=second"),
        ('"much, much better"=first', '"much, much better"=first'),
        ('"signed"=first,"positive"=second', '"positive"=second,"signed"=first'),
        ("更优=first", "更优=first"),
        ("signed", "signed"),
        ("negative=first,zero=tie,positive=second", "signed"),
        ("negative=second", "positive=first"),
        ("Positive = first", "positive=first"),
        ("higher=better", "higher=better"),
        ("lower=worse", "higher=better"),
        ("lower=better", "lower=better"),
    ],
)
def test_a_reading_has_one_canonical_text(written: str, text: str) -> None:
    reading = LabelReading.parse(written)
    assert reading.text == text
    assert LabelReading.parse(text) == reading == pickle.loads(pickle.dumps(reading))


@pytest.mark.parametrize(
    "written",
    ["", " ", "first", "1", "1=", "=first", "1=left", "1=first;0=second", "1=first,1=second",
     "1=tie", "positive=first,negative=first", "positive=tie", "higher=first", "signed=first",
     "1=first,signed", "x" * 5000],
)  # fmt: skip
def test_what_states_nothing_is_an_error_that_says_how_to_write_it(written: str) -> None:
    with pytest.raises(ConfigError, match="--label") as error:
        LabelReading.parse(written)
    assert "VALUE=first" in str(error.value) or "at once" in str(error.value)


@pytest.mark.parametrize(
    ("stated", "label", "preference"),
    [
        ("1=first,0=second,2=tie", 1, ONE),
        ("1=first,0=second,2=tie", "0", TWO),
        ("1=first,0=second,2=tie", 2.0, EVEN),
        ("1=first,0=second", "１", ONE),
        ("true=first,false=second", True, ONE),
        ("true=first,false=second", "False", TWO),
        ("A=second,B=first", " a ", TWO),
        ("更优=first", "更优", ONE),
        ("signed", -3, Preference(FIRST, 3.0)),
        ("signed", "2", Preference(SECOND, 2.0)),
        ("signed", 0, Preference(TIE, 0.0)),
        ("positive=first", 0.5, Preference(FIRST, 0.5)),
        ("positive=first", "-1", Preference(SECOND, 1.0)),
    ],
)
def test_a_label_says_what_is_stated(stated: str, label: object, preference: Preference) -> None:
    assert LabelReading.parse(stated).read(label) == preference


@pytest.mark.parametrize(
    ("stated", "label"),
    [
        ("1=first,0=second", 2), ("1=first,0=second", True), ("1=first,0=second", "A"),
        ("1=first,0=second", None), ("1=first,0=second", [1, 0]), ("1=first,0=second", 1.5),
        ("true=first", 1), ("A=first", "[[A]]"), ("signed", "A"), ("signed", True),
        ("signed", math.nan), ("signed", math.inf), ("signed", None), ("signed", "1e999"),
        ("higher=better", 1), ("probability=first", 1.5), ("probability=first", -0.1),
    ],
)  # fmt: skip
def test_a_value_that_the_reading_does_not_know_is_a_fault(stated: str, label: object) -> None:
    with pytest.raises(RowFault) as fault:
        LabelReading.parse(stated).read(label)
    assert fault.value.reason == "unknown-label" and stated.split("=")[0] in fault.value.evidence


@pytest.mark.parametrize(
    ("stated", "scores", "preference"),
    [
        ("higher=better", (3, "1"), Preference(FIRST, 2.0)),
        ("lower=better", (3, 1), Preference(SECOND, 2.0)),
        ("lower=better", (0.5, 0.5), Preference(TIE, 0.0)),
    ],
)
def test_two_scores_say_what_is_stated(
    stated: str, scores: tuple[object, object], preference: Preference
) -> None:
    assert LabelReading.parse(stated).of_scores(*scores) == preference


@pytest.mark.parametrize("scores", [(None, 1), (1, "much"), (math.nan, 1), (True, 1)])
def test_a_score_that_is_no_number_is_a_fault(scores: tuple[Any, Any]) -> None:
    with pytest.raises(RowFault, match="not a number"):
        LabelReading.parse("higher=better").of_scores(*scores)


VALUES = st.dictionaries(
    st.one_of(st.text(min_size=1, max_size=8), st.integers(), st.booleans(), st.floats()).filter(
        lambda value: label_key(value) is not None
    ),
    st.sampled_from([FIRST, SECOND, TIE]),
    min_size=1,
)


@given(VALUES)
def test_any_values_survive_being_written_as_text(meant: dict[object, str]) -> None:
    sides = {str(label_key(value)): side for value, side in meant.items()}
    if {FIRST, SECOND} & set(sides.values()):
        reading = LabelReading("values", tuple(sorted(sides.items())))
        assert LabelReading.parse(reading.text) == reading
        assert all(reading.read(v).side == sides[str(label_key(v))] for v in meant)


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_the_two_signed_readings_are_each_other_turned(number: float) -> None:
    one, other = (LabelReading.parse(text).read(number) for text in ("signed", "positive=first"))
    assert other.side == OTHER[one.side] and one.strength == other.strength == abs(number)


@pytest.mark.parametrize(
    ("stated", "words"),
    [
        ("1=first,0=second,2=tie", "label 1 says the first is the better one, 0 the second; 2 is"),
        ("x=second", "label x says the second is the better one"),
        ("signed", "a negative label says the first"),
        ("positive=first", "a negative label says the second"),
        ("lower=better", "the lower score"),
    ],
)
def test_the_meaning_is_told_in_words(stated: str, words: str) -> None:
    assert words in LabelReading.parse(stated).meaning
