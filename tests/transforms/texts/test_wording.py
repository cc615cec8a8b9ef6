from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.transforms.texts.wording import (
    Wording,
    same_words,
    shared_ratio,
    wording_difference,
)

TEXTS = st.text(alphabet="aA bB.,!不一5\n-*'’tn+我") | st.text(max_size=40)


@pytest.mark.parametrize(
    ("left", "right", "apart"),
    [
        ("It takes 30 minutes.", "It takes 45 minutes.", "numbers"),
        ("Take two of them.", "Take three of them.", "numbers"),
        ("From 3 to 5.", "From 5 to 3.", "numbers"),
        ("水在100度沸腾。", "水在90度沸腾。", "numbers"),
        ("他有三个孩子。", "他有四个孩子。", "numbers"),
        ("x = a + b", "x = a - b", "signs"),
        ("It costs $5", "It costs €5", "signs"),
        ("You can't eat it.", "You can eat it.", "negation"),
        ("It is safe.", "It is not safe.", "negation"),
        ("这种蘑菇可以吃。", "这种蘑菇不可以吃。", "negation"),
        ("That is true.", "That is false.", "opposites"),
        ("It is legal.", "It is illegal.", "opposites"),
        ("价格会上升。", "价格会下降。", "opposites"),
        ("The capital is Oslo.", "The capital is Rome.", "names"),
        ("My choice:\n1. Oslo\n2. Rome", "My choice:\n1. Oslo\n2. Bonn", "names"),
        ("可以用Python写。", "可以用Java写。", "names"),
        ("The boy chased the dog.", "The dog chased the boy.", "order"),
        ("a big tree falls", "A BIG TREE FALLS", "case"),
        ("It isn't far.", "It is not far!", None),
        ("You can’t.", "You cannot.", None),
        ("1. Wash it.\n2. Dry it.", "- Wash it.\n- Dry it.", None),
        ("这本书非常有趣。", "这本书很有趣。", None),
        ("Sure. The shop is near.", "Yes. The store is close.", None),
        ("I think so.", "So I do think", None),
        ("２０ apples", "20 apples", None),
        ("", "", None),
    ],
)
def test_what_tells_texts_apart(left: str, right: str, apart: str | None) -> None:
    assert wording_difference(Wording(left), Wording(right)) == apart
    assert wording_difference(Wording(right), Wording(left)) == apart


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("Yes.", "Yes!", True),
        ("好的。", "好的！", True),
        ("Well,  it is", "well it is.", True),
        ("Yes.", "No.", False),
        ("a[0] = 1", "a{0} = 1", False),
        ("🙂🙂", "🙃🙃", False),
        ("", "", True),
        ("", "a", False),
        ("कि", "की", False),  # they differ in a vowel sign alone
        ("a giant spider", "A GIANT SPIDER", False),
    ],
)
def test_same_words(left: str, right: str, same: bool) -> None:
    assert same_words(left, right) is same


@given(TEXTS, TEXTS)
def test_sides_can_be_exchanged(left: str, right: str) -> None:
    assert same_words(left, right) == same_words(right, left)
    one, other = Wording(left), Wording(right)
    assert (wording_difference(one, other) is None) == (wording_difference(other, one) is None)
    assert 0 <= shared_ratio(one, other) == shared_ratio(other, one) <= 1


@given(TEXTS)
def test_nothing_tells_a_text_from_itself(text: str) -> None:
    assert wording_difference(Wording(text), Wording(text)) is None
    assert same_words(text, text)
    assert shared_ratio(Wording(text), Wording(text)) == 1
