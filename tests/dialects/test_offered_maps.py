"""A file that no dialect fits is met with maps that read it when pasted."""

from __future__ import annotations

import re
import shlex
from typing import Any

import pytest

from prefdata.dialects.convert import convert_row
from prefdata.dialects.detect import detect
from prefdata.errors import DialectError
from prefdata.records.record import text_of

GOOD = ("Paris, on the Seine.", "Eight legs.", "In the garden.")
POOR = ("Pluto, I think so.", "None at all.", "On the far moon.")
ASKED = ("What is the capital of France?", "How many legs has a spider?", "Where do roses grow?")


def rows_of(**fields: Any) -> list[dict[str, Any]]:
    """Three rows: q, g and p stand for the prompt, the better and the worse completion."""
    stands = [{"q": q, "g": g, "p": p} for q, g, p in zip(ASKED, GOOD, POOR, strict=True)]
    return [
        {
            name: one.get(what, what) if isinstance(what, str) else what
            for name, what in fields.items()
        }
        for one in stands
    ]


def flags(rows: list[dict[str, Any]]) -> list[list[str]]:
    with pytest.raises(DialectError) as error:
        detect(rows, place="x")
    lines = [line.strip() for line in str(error.value).splitlines()]
    return [
        shlex.split(re.split(r"\s{2,}", line)[0]) for line in lines if line.startswith("--map ")
    ]


def read(rows: list[dict[str, Any]], given: list[str]) -> list[bool]:
    """Whether the better one is chosen in each row that is read with some flags."""
    stated = dict(zip(given[::2], given[1::2], strict=True))
    mapping = dict(part.split("=", 1) for part in stated["--map"].split(","))
    match = detect(rows, place="x", mapping=mapping, label=stated.get("--label"))
    records = [convert_row(row, match) for row in rows]
    return [text_of(r.chosen) == good for r, good in zip(records, GOOD, strict=True)]


@pytest.mark.parametrize(
    "fields",
    [
        {"user_query": "q", "chosen": "g", "rejected": "p"},
        {"query": "q", "response": "g", "rejected_response": "p"},
        {"context": "q", "good_edited_response": "g", "bad_edited_response": "p"},
        {"question": "q", "rewritten": "g", "original": "p"},
        {"prompt": "q", "loss_a": 2.5, "loss_b": 0.5, "response_a": "p", "response_b": "g"},
    ],
)
def test_a_map_that_is_offered_reads_every_row_the_right_way(fields: dict[str, Any]) -> None:
    rows = rows_of(**fields)
    offered = flags(rows)
    assert 1 <= len(offered) <= 3
    assert any(all(read(rows, flag)) for flag in offered)


def test_texts_whose_names_say_nothing_are_offered_both_ways_and_never_read() -> None:
    rows = rows_of(question="q", answer_zh="g", answer_en="p")
    offered = flags(rows)
    assert sorted(all(read(rows, flag)) for flag in offered) == [False, True]


def test_a_few_common_words_are_no_prompt_where_a_text_stands_beside() -> None:
    rows = rows_of(user_query="q", chosen="g", rejected="p")
    for row in rows:
        row |= {side: f"Well, I think: {row[side]}" for side in ("chosen", "rejected")}
    assert flags(rows) == [["--map", "prompt=user_query"]]
    alone = [{side: row[side] for side in ("chosen", "rejected")} for row in rows]
    assert detect(alone, place="x").dialect == "implicit"


def test_a_dialect_that_has_the_names_and_no_row_gives_way_to_a_map() -> None:
    rows = rows_of(question="q", answer_0="p", answer_1="g", score_0=-1.0, score_1=1.0)
    assert flags(rows)[0][2:] == ["--label", "higher=better"]


def test_fields_with_the_names_of_a_dialect_and_unreadable_rows_are_offered_nothing() -> None:
    rows = [{"prompt": row, "chosen": ["x"], "rejected": "y"} for row in (1, 2, 3)]
    assert detect(rows, place="x").dialect == "pairs"  # and every row reports its fault
