from __future__ import annotations

import pytest

from prefdata.transforms.texts.spelling import (
    english_words,
    is_english,
    one_edit_apart,
    same_spelling,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("behaviour", "behavior"),
        ("travelled", "traveled"),
        ("organisation", "organization"),
        ("catalogue", "catalog"),
        ("paediatric", "pediatric"),
        ("because", "becuase"),
        ("government", "goverment"),
        ("believe", "beleive"),
        ("organised", "organzied"),
    ],
)
def test_one_word_in_two_spellings(one: str, other: str) -> None:
    assert same_spelling(one, other)
    assert same_spelling(other, one)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("quiet", "quite"),
        ("desert", "dessert"),
        ("four", "for"),
        ("filled", "filed"),
        ("filling", "filing"),
        ("sulfate", "sulfite"),
        ("walk", "walks"),
        ("mail", "email"),
        ("zork", "zerk"),  # neither is a word that is known
        ("cat", "czt"),  # too short to tell
        ("größe", "grösse"),
    ],
)
def test_two_words(one: str, other: str) -> None:
    assert not same_spelling(one, other)
    assert not same_spelling(other, one)


def test_edits_of_one_letter() -> None:
    assert one_edit_apart("form", "from")
    assert one_edit_apart("form", "forum")
    assert one_edit_apart("form", "farm")
    assert not one_edit_apart("form", "form")
    assert not one_edit_apart("form", "forms!!")
    assert not one_edit_apart("abcd", "badc")


def test_a_text_is_english_by_most_of_its_words() -> None:
    assert {"colour", "color", "through", "paris"} <= english_words()
    assert is_english(["the", "fern", "wants", "watter", "48"])
    assert not is_english(["das", "ist", "mein", "alter", "hut"])
    assert not is_english(["天", "空"])
