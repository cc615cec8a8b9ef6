from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prefdata.records.columns import RecordColumns
from prefdata.records.record import Message, Record, assistant, user
from prefdata.records.texts import TextView
from prefdata.transforms.texts.script import SCRIPTS, record_script, script_codes, script_of
from tests.ways import WAYS


@pytest.mark.parametrize(
    ("text", "script"),
    [
        ("Hello, world", "Latin"),
        ("Đặng Thùy Trâm", "Latin"),
        ("今天天气很好。OK", "Han"),
        ("今天天气很好，我们去公园里玩的时候看见了一个很大的の字", "Han"),
        ("今日は天気がいい", "Japanese"),
        ("カタカナ", "Japanese"),
        ("안녕하세요", "Hangul"),
        ("สวัสดีครับ", "Thai"),
        ("مرحبا بالعالم", "Arabic"),
        ("שלום", "Hebrew"),
        ("Привет, Bob", "Cyrillic"),
        ("Καλημέρα", "Greek"),
        ("नमस्ते", "Devanagari"),
        ("বাংলা", "Other"),
        ("😀👍🏽 42", "Symbols"),
        ("😀 ok", "Latin"),
        ("1 + 1 = 2 — “…”", "None"),
        ("", "None"),
    ],
)
def test_scripts(text: str, script: str) -> None:
    assert script_of([text]) == script
    assert codes_of([Record((user(text),), (assistant(""),), (assistant(""),))]) == [script]


PIECES = [
    "word ",
    "汉字",
    "の",
    "のは",
    "é",
    "π",
    "Б",
    "ß",
    "한",
    "ไ",
    "ש",
    "م",
    "न",
    "😀",
    "’",
    "𠮷",
    "1",
]
text = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.text(st.characters(codec="utf-8"), max_size=10),
)
message = st.builds(Message, st.just("user"), st.one_of(st.none(), text))
side = st.lists(message, max_size=2).map(tuple)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.builds(Record, side, side, side), max_size=6), st.integers(0, 2))
def test_whole_batches_agree_with_single_records(records: list[Record], start: int) -> None:
    for way in WAYS:
        with way():
            assert codes_of(records, start) == [record_script(r) for r in records[start:]]


def test_only_whole_characters_at_the_beginning_count() -> None:
    texts = ["1" * 189 + "汉", "1" * 190 + "汉"]
    texts += ["1" * 188 + "😀", "1" * 189 + "😀", "1" * 192 + "a"]
    records = [Record((user(text),), (), ()) for text in texts] * 400
    for way in WAYS:
        with way():
            assert codes_of(records) == ["Han", "None", "Symbols", "None", "None"] * 400


def codes_of(records: list[Record], start: int = 0) -> list[str]:
    columns = RecordColumns()
    for index, record in enumerate(records):
        columns.append(index, index + 1, record)
    return [SCRIPTS[code] for code in script_codes(TextView.of(columns.batch().slice(start)))]
