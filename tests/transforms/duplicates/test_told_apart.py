from __future__ import annotations

import pytest

from prefdata.records.record import Message, Record, assistant, system, user
from prefdata.transforms.duplicates.told_apart import told_apart

ASKED = "Where does the path to the old mill begin, and how long does it take?"
CHOSEN = "It begins behind the church and takes about an hour if the ground is dry."
REJECTED = "Nobody knows, and nobody has ever been there as far as I can remember."


def row(prompt: str = ASKED, chosen: str = CHOSEN, rejected: str = REJECTED) -> Record:
    return Record((user(prompt),), (assistant(chosen),), (assistant(rejected),))


def test_form_tells_nothing_apart() -> None:
    assert told_apart(row(), row(ASKED.upper(), f"**{CHOSEN}**"), crossed=False) is None
    turned = row(chosen=REJECTED.lower(), rejected=CHOSEN)
    assert told_apart(row(), turned, crossed=True) is None


def test_the_first_part_that_differs_is_told() -> None:
    told = told_apart(row(), row(chosen=CHOSEN.replace("an hour", "a day")), crossed=False)
    assert told is not None
    assert (told.part, told.kind, told.left, told.right) == ("chosen", "words", "an hour", "a day")
    assert told.sentence() == "they differ in words of chosen: “an hour” here, “a day” there"
    assert (
        told.mirrored.sentence() == "they differ in words of chosen: “a day” here, “an hour” there"
    )


def test_a_please_makes_a_copy_but_no_contradiction() -> None:
    polite = row(f"Please tell me: {ASKED}".replace("tell me: ", ""))
    assert told_apart(row(), polite, crossed=False) is None
    turned = Record(polite.prompt, polite.rejected, polite.chosen)
    assert told_apart(row(), turned, crossed=True) is not None


def test_calls_and_messages_count() -> None:
    call = '{"tool_calls": [{"id": "%s", "function": {"name": "look_up", "arguments": "%s"}}]}'

    def calling(where: str, number: str = "a") -> Record:
        message = Message("assistant", "", call % (number, where))
        return Record((user(ASKED),), (message,), (assistant(REJECTED),))

    assert told_apart(calling("mill"), calling("mill", "b"), crossed=False) is None
    told = told_apart(calling("mill"), calling("church"), crossed=False)
    assert told is not None
    assert told.kind == "calls"
    more = Record((system("Be brief."), user(ASKED)), row().chosen, row().rejected)
    told = told_apart(row(), more, crossed=False)
    assert told is not None
    assert told.kind == "messages"
    assert told_apart(row(), more, crossed=False, on="prompt") is None


@pytest.mark.parametrize(
    "prompt",
    [
        "Correct the spelling of this line: teh old mill is near",
        "改正这句话里的标点符号：今天，去河边。",
        "Give the citation of the book in MLA style",
    ],
)
def test_form_counts_where_a_prompt_is_about_it(prompt: str) -> None:
    told = told_apart(row(prompt), row(prompt, CHOSEN.rstrip(".")), crossed=False)
    assert told is not None
    assert told.kind == "form"
    assert told_apart(row(prompt), row(prompt, f"{CHOSEN}  \n"), crossed=False) is None


@pytest.mark.parametrize(
    "word",
    [
        *("spell", "misspelling", "TYPOS", "punctuation", "capitalise", "uppercase", "lower-case"),
        *("capital letter", "ALL CAPS", "grammar", "grammatical", "proofread", "apostrophe"),
        *("commas", "hyphenate", "quotation marks", "Markdown", "title case", "indented"),
        *("white space", "contractions", "bold", "italics", "citation", "bibliography", "MLA"),
        *("APA", "BIBLİOGRAPHY", "ſpelling", "mar\u212adown"),
        *("拼写", "错别字", "標點", "标点", "大写", "小写", "大小写", "语法", "語法", "引号"),
        *("逗号", "校对", "缩进", "加粗", "斜体", "空格"),
    ],
)
def test_every_word_about_form_is_seen(word: str) -> None:
    asked = f"Where is the {word} of it?"
    told = told_apart(row(asked), row(asked, CHOSEN.rstrip(".")), crossed=False)
    assert told is not None
    assert told.kind == "form"


@pytest.mark.parametrize(
    "greeting",
    [
        *("Hi, ", "HELLO there! ", "hey ", "Please ", "KINDLY ", "Pleaſe "),
        *("您好，", "你好 ", "请", "请问", "麻烦你"),
    ],
)
def test_every_courtesy_is_seen(greeting: str) -> None:
    assert told_apart(row(), row(f"{greeting}{ASKED}"), crossed=False) is None


@pytest.mark.parametrize(
    "thanks", [" Thanks a lot!", " Many thanks", " THANK YOU", "谢谢您", "多谢！"]
)
def test_thanks_are_courtesies(thanks: str) -> None:
    assert told_apart(row(), row(f"{ASKED}{thanks}"), crossed=False) is None


def test_form_counts_where_the_sides_differ_in_nothing_else() -> None:
    shouted = row(chosen=CHOSEN, rejected=CHOSEN.upper())
    other = row(chosen=CHOSEN, rejected=f"{CHOSEN[:-1]}!")
    told = told_apart(shouted, other, crossed=False)
    assert told is not None
    assert told.kind == "form"


def test_a_short_answer_about_code_is_code() -> None:
    asked = "Turn this Python line into Ruby, and print it in the console again"
    told = told_apart(row(asked, 'puts "Good day"'), row(asked, 'puts "good, day"'), crossed=False)
    assert told is not None
    assert (told.part, told.kind) == ("chosen", "form")
    long = f"{CHOSEN} {REJECTED} " * 2
    assert told_apart(row(asked, long, "no"), row(asked, long.upper(), "no"), crossed=False) is None
