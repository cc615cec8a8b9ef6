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
