from __future__ import annotations

import pytest

from prefdata.transforms.texts.form import change_of, form_tokens


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("Water the fern.", "water  THE fern!"),
        ("It’s “fine”.", "it's 'fine'"),
        ("The **cellar** is `dry`.", "the cellar is dry"),
        ("# Plan\n\n1. Dig.\n2. Plant.", "Plan\n- Dig\n- Plant"),
        ("It costs $1,200 a year.", "it costs $1200 a year"),
        ("先挖坑，再种树。", "先挖坑 ,再种树"),
        ("一共１２棵树", "一共12棵树"),
        ("The years 1990–1995 were dry.", "the years 1990-1995 were dry"),
        ("A well—known — and loved – path", "a well known and loved path"),
        ("Fill the gap: _____", "fill the gap: ___"),
        ("We realise that the grey harbour is near", "we realize that the gray harbor is near"),
        ("They recieved the letter on the first day", "They received the letter on the first day"),
        ("I do not think that it's open", "I don't think that it is open"),
        ("Every day the ferry is late", "Everyday the ferry is late"),
    ],
)
def test_form_makes_no_difference(left: str, right: str) -> None:
    assert change_of(left, right) is None
    assert change_of(right, left) is None


@pytest.mark.parametrize(
    ("left", "right", "kind"),
    [
        ("She rides 48 km.", "She rides 84 km.", "numbers"),
        ("It weighs 3.5 kilos", "It weighs 35 kilos", "numbers"),
        ("Five to the power 5²", "Five to the power 52", "numbers"),
        ("2. Lisbon", "1. Lisbon", "numbers"),
        ("他有三只羊", "他有四只羊", "numbers"),
        ("Keep it in the sun.", "Never keep it in the sun.", "negation"),
        ("You can open it", "You can't open it", "negation"),
        ("请打开窗户", "请别打开窗户", "negation"),
        ("The door on the left", "The door on the right", "opposites"),
        ("x + 3 = 9", "x - 3 = 9", "signs"),
        ("(a + b) * c", "a + b * c", "signs"),
        ("at -5 degrees", "at 5 degrees", "signs"),
        ("```\nx = A\n```", "```\nx = a\n```", "code"),
        ("```\nif a:\n  b()\n```", "```\nif a:\nb()\n```", "code"),
        ("The dog bites the man", "The man bites the dog", "order"),
        ("A state of chaos", "A state of disarray", "words"),
        ("作者很平静", "作者很愤怒", "words"),
        ("Ask Anna in Oslo", "Ask Anne in Oslo", "words"),
        ("The walk through the county was long", "The walk through the country was long", "words"),
        ("The letter came from the city", "The letter came form the city", "words"),
        ("My phone is broken and wet", "My iphone is broken and wet", "words"),
        ("I saw the cat on the wall", "I saw the cats on the wall", "words"),
        ("Das ist mein alter Hut und Stock", "Das ist dein alter Hut und Stock", "words"),
        ("Write a note.", "Write a note. Answer in French.", "words"),
    ],
)
def test_what_is_said_makes_a_difference(left: str, right: str, kind: str) -> None:
    change = change_of(left, right)
    assert change is not None
    assert change.kind == kind
    assert change_of(right, left) is not None


def test_the_difference_is_told_in_the_words_of_each_side() -> None:
    change = change_of("Sign it with a name, in exactly five lines", "Sign it with a name only")
    assert change is not None
    assert (change.left, change.right) == ("in exactly five lines", "only")
    only = change_of("用一句话回答这个问题", "故意答错用一句话回答这个问题")
    assert only is not None
    assert (only.left, only.right) == ("", "故意答错")


@pytest.mark.parametrize(
    ("plain", "polite"),
    [
        ("Name the longest river", "Please name the longest river. Thank you!"),
        ("Name the longest river", "Hello, name the longest river"),
        ("说出最长的河流", "您好，请说出最长的河流，谢谢"),
    ],
)
def test_courtesies_are_form_where_they_are_asked_to_be(plain: str, polite: str) -> None:
    assert change_of(plain, polite) is not None
    assert change_of(plain, polite, courtesies=True) is None


@pytest.mark.parametrize("text", ["", "?", "\n\n", "```", "``` ```", "*", "_", "-", "👍", "\u0301"])
def test_odd_texts_are_equal_to_themselves_and_differ_from_words(text: str) -> None:
    assert change_of(text, text) is None
    assert form_tokens(text) == form_tokens(text)
    assert change_of(text, "a word") is not None
