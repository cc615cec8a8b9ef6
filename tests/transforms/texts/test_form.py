from __future__ import annotations

import random
import unicodedata
from collections import Counter

import pytest

from prefdata.transforms.texts.form import change_of, form_tokens, is_same_but_form
from prefdata.transforms.texts.wording import are_opposites


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


PIECES = (
    *("Take", "the", "first", "path,", "then", "1,200", "steps;", "it's", "3.5", "(a", "+", "b)"),
    *("*", "c!", "½", "Ⅷ", "İßſﬁ", "é", "e\u0301", "٣", "가", "ไ"),
    *(
        "水",
        "。",
        "👍",
        "👩\u200d🎉",
        "x²",
        "’",
        "ʼ",
        "\ufe0f",
        "a\u200bb",
        "—",
        "- 5",
        "x - 3",
        "_____",
    ),
    *(
        "**",
        "`",
        "#",
        "\n# ",
        "\n1. ",
        "\n2) ",
        "\n- ",
        "\x00",
        "\x7f",
        "©",
        "×",
        "~",
        "\u3000",
        "3-4",
    ),
)


def texts(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)
    return [
        chance.choice(("", " ")).join(chance.choices(PIECES, k=chance.randrange(1, 12)))
        for _ in range(count)
    ]


def test_tokens_are_what_a_text_has_one_character_at_a_time() -> None:
    """Of texts without marks of form that depend on what is around them."""
    punctuation = set("\"',.:;?`")

    def slow(text: str) -> list[str]:
        tokens: list[str] = []
        word = ""
        for c in f"{unicodedata.normalize('NFKC', text).casefold()} ":
            if c.isalpha() and not "\u3400" <= c <= "\u9fff" and not "\u0e00" <= c <= "\u0eff":
                word += c
                continue
            tokens += [word] if word else []
            word = ""
            seen = c.isalpha() or unicodedata.category(c)[0] in "SM" or c in "!#$%&()+/<=>@[]^{|}~"
            if seen and c not in punctuation and c > "\x1f":
                tokens.append(c)
        if not {"=", "+", "^", "×", "÷"}.intersection(tokens):
            tokens = [token for token in tokens if token not in "()!"]
        return tokens

    plain = [
        piece
        for piece in PIECES
        if not set(piece) & set("0123456789-_*\n²½Ⅷ٣’ʼ'—–\u200b\u200d\ufe0f#")
    ]
    chance = random.Random(5)
    for _ in range(300):
        text = " ".join(["First", *chance.choices(plain, k=8)])  # no marker at the beginning
        assert list(form_tokens(text)) == slow(text), text


def test_texts_are_the_same_exactly_if_there_is_no_change() -> None:
    for one, other in zip(texts(1, 400), texts(2, 400), strict=True):
        for left, right in ((one, other), (one, one.upper()), (one, f"{one} not")):
            assert is_same_but_form(left, right) == (change_of(left, right) is None)


def test_opposites_are_found_from_either_side() -> None:
    def slow(ours: Counter[str], theirs: Counter[str]) -> bool:
        """With every prefix before every word."""
        prefixes = ("un", "in", "im", "il", "ir", "dis", "non", "mis")
        return any(
            prefix + word in many
            for few, many in ((ours, theirs), (theirs, ours))
            for word in few
            for prefix in prefixes
        )

    words = ("safe", "unsafe", "able", "disable", "un", "in", "inn", "legal", "illegal", "sense")
    chance = random.Random(3)
    for _ in range(300):
        ours, theirs = (Counter(chance.choices(words, k=3)) for _ in range(2))
        assert are_opposites(ours, theirs) == slow(ours, theirs)
    assert are_opposites(Counter(["right"]), Counter(["left"]))
    assert are_opposites(Counter(["less"]), Counter(["more", "a"]))
    assert not are_opposites(Counter(["more"]), Counter(["more"]))
