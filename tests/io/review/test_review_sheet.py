from __future__ import annotations

import csv
import io
import json
import re
import string
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.errors import DataError, SourceError
from prefdata.io.review.answers import Answer, read_answers
from prefdata.io.review.cells import CELL_CHARACTERS, display_cell, guard_cell, unguard_cell
from prefdata.io.review.key import Key, chosen_is_b, decode_key, design_of, encode_key
from prefdata.io.review.sheet import COLUMNS, SheetRow, write_sheet_csv, write_sheet_jsonl
from prefdata.io.sources.sniff_text import DELIMITERS
from prefdata.results.review import DECISIONS, STRATA, Decision, Drawn

PAYLOADS = [
    "=1+1",
    "=cmd|' /C calc'!A0",
    "+1",
    "-1",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    " =1",
    '"=1"',
    "＝1+1",
    "a;=1",
    'a";=1',
    "a\t=1",
    "a\n=1;=2",
    "a|  @x",
    '=HYPERLINK("http://evil.example","x")',
    "'=1",
    "a,'=1",
]
FORMULA = "=+-@＝＋－＠"

numbers = st.integers(0, 2**32 - 1)
readings = st.lists(st.sampled_from(DECISIONS), max_size=9).map(tuple)
keys = st.builds(
    Key,
    st.binary(min_size=16, max_size=16).map(bytes.hex),
    st.booleans(),
    st.builds(Drawn, st.sampled_from(STRATA), numbers, numbers, numbers),
    st.just(()) | readings,
)
texts = st.text(st.characters(codec="utf-8"), max_size=40) | st.sampled_from(PAYLOADS)
hostile = st.lists(st.sampled_from([*FORMULA, *DELIMITERS, *"\"'\r\n\t \x00a中"]), max_size=20).map(
    "".join
)
unread = keys.filter(lambda key: not key.before)
rows = st.builds(SheetRow, texts | hostile, texts | hostile, texts, texts, st.just(3), unread)


def key_of(number: int, *, is_b: bool = False, before: tuple[Decision, ...] = ()) -> Key:
    return Key(f"{number:032x}", is_b, Drawn("others", 10, 20, 1), before)


def row_of(
    number: int, *, is_b: bool = False, text: str = "text", before: tuple[Decision, ...] = ()
) -> SheetRow:
    key = key_of(number, is_b=is_b, before=before)
    return SheetRow("prompt", text, "other", "a.jsonl", number, key)


def cells_of(path: Path, delimiter: str = ",") -> list[list[str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@given(keys)
def test_a_key_is_unlocked(key: Key) -> None:
    assert decode_key(f" {encode_key(key).upper()}\n") == key


@given(keys, st.data())
def test_a_damaged_key_is_recognised(key: Key, data: st.DataObject) -> None:
    text = encode_key(key)
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from([*string.ascii_lowercase, "2", "7", "", "中"]))
    damaged = text[:place] + letter + text[place + 1 :]
    assert decode_key(damaged) == (key if damaged == text else None)


def test_a_key_of_a_sheet_that_was_written_before_is_read() -> None:
    """Of the form without earlier readings, and of strata that are drawn no more."""
    written = "row-aaaaaaaaaaaaaaaaaaaaaaaaaeaqkaaaaafaaaaacqaaaaabbcug6zq"
    assert decode_key(written) == Key(f"{1:032x}", True, Drawn("sound", 10, 20, 1))
    assert encode_key(Key(f"{1:032x}", True, Drawn("sound", 10, 20, 1))) == written


@pytest.mark.parametrize("readings", [1, 3, 4, 255])
def test_a_key_carries_as_many_readings_as_there_were(readings: int) -> None:
    key = key_of(1, before=("flip", "keep", "unsure", "drop") * (readings // 4) + ("flip",) * (
        readings % 4))  # fmt: skip
    assert decode_key(encode_key(key)) == key
    more = key_of(1, before=("drop", *key.before, "flip"))
    last = decode_key(encode_key(more))
    assert last is not None
    assert last.before == more.before[-255:]


def test_a_key_that_is_much_too_long_is_none() -> None:
    long = encode_key(key_of(1, before=("flip",) * 255))
    assert decode_key(long + "a" * 1_000_000) is None
    assert decode_key("row-" + "a" * 5_000_000) is None


@given(st.text())
def test_nothing_else_is_a_key(text: str) -> None:
    assert decode_key(text) is None


def test_sides_fall_like_a_coin_and_the_same_again() -> None:
    prints = [f"{n * 2654435761:032x}" for n in range(1000)]
    falls = [chosen_is_b(text, 3) for text in prints]
    assert falls == [chosen_is_b(text, 3) for text in prints]
    assert 440 < sum(falls) < 560
    assert falls != [chosen_is_b(text, 4) for text in prints]
    assert design_of(prints, 1) == design_of(prints[::-1], 1) != design_of(prints[1:], 1)


@given(texts | hostile)
def test_a_guard_is_taken_away_again(text: str) -> None:
    assert unguard_cell(guard_cell(text)) == text
    assert guard_cell(text)[:1] not in ("=", "+", "-", "@", "\t", "\r", "\n", *FORMULA)


@pytest.mark.parametrize("delimiter", DELIMITERS)
@given(written=st.lists(rows, max_size=3))
def test_no_text_becomes_a_formula_whatever_the_delimiter(
    delimiter: str, written: list[SheetRow], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "review.csv"
    write_sheet_csv(path, written)
    for cell in (cell for row in cells_of(path, delimiter) for cell in row):
        assert not cell.lstrip(" \"'\t\r\n\u3000\xa0").startswith(tuple(FORMULA)) or cell[0] == "'"
    if delimiter == ",":
        found = cells_of(path)
        assert [len(row) for row in found] == [len(COLUMNS)] * (len(written) + 1)
        assert [decode_key(row[-1]) for row in found[1:]] == [row.key for row in written]
        assert [row[2] for row in found[1:]] == [display_cell(row.prompt) for row in written]
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    assert not set(raw) & {*range(9), 11, 12, *range(14, 32)}


@given(written=st.lists(rows, max_size=3))
def test_json_lines_hold_the_same_rows_and_the_texts_as_they_are(
    written: list[SheetRow], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("sheet") / "review.jsonl"
    assert write_sheet_jsonl(path, written).rows == len(written)
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert [tuple(row) for row in found] == [COLUMNS] * len(written)
    assert [row["completion_b"] for row in found] == [row.completion_b for row in written]
    assert read_answers(path).undecided == len(written) if written else True


def test_what_a_cell_cannot_hold_is_cut_and_says_so() -> None:
    long = display_cell("- x\n" * 10_000)
    assert len(long) < 32_767
    assert long.endswith("more characters)")
    assert len(display_cell("x" * CELL_CHARACTERS)) == CELL_CHARACTERS


def test_breaks_and_controls_are_shown() -> None:
    assert display_cell("a\r\nb\rc\x00\x1b[1m\td") == "a\nb\nc␀␛[1m    d"


ANSWERS = {
    "A": "keep",
    " b ": "flip",
    "ａ": "keep",
    "Tie": "unsure",
    "unsure": "unsure",
    "DROP": "drop",
    "bad.": "drop",
    "keep": "keep",
    "Flip": "flip",
    "保留": "keep",
    "翻转": "flip",
    "删除": "drop",
    "不确定": "unsure",
    "跳过。": "unsure",
    "平": "unsure",
}


@pytest.mark.parametrize("is_b", [False, True])
@pytest.mark.parametrize("word", ANSWERS)
def test_words_are_understood(word: str, is_b: bool, tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    write_sheet_csv(path, [row_of(1, is_b=is_b), row_of(2)])
    decision = ANSWERS[word]
    is_label = decision in ("keep", "flip") and len(word.strip()) > 1
    answers = filled(path, {0: word}, column="decision" if is_label else "better")
    if is_b and word.strip().lower() in ("a", "b", "ａ"):
        decision = {"keep": "flip", "flip": "keep"}[decision]
    [answer] = answers.decided
    expected = Answer(2, (decision,), "", f"{1:032x}", ("a.jsonl", 1), key_of(1).drawn)
    assert (answer, answers.undecided) == (expected, 1)


def filled(path: Path, words: dict[int, str], *, column: str = "better", **how: Any) -> Any:
    """Fills in a sheet, saves it in some way, and reads it."""
    cells = cells_of(path)
    cells[0][0] = column
    for row, word in words.items():
        cells[row + 1][0] = word
    save(path, cells, **how)
    return read_answers(path)


def save(
    path: Path,
    cells: list[list[str]],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8-sig",
    quoting: Any = csv.QUOTE_MINIMAL,
    before: str = "",
) -> None:
    text = io.StringIO(newline="")
    text.write(before)
    csv.writer(text, delimiter=delimiter, quoting=quoting).writerows(cells)
    path.write_bytes(text.getvalue().encode(encoding, "replace"))


HOSTILE = 'say "hi"; =1,\t-2\nthe end 的一是不了，在有人我。'


@pytest.mark.parametrize("delimiter", DELIMITERS)
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
def test_a_sheet_is_read_however_it_was_saved(
    delimiter: str, encoding: str, tmp_path: Path
) -> None:
    path = tmp_path / "review.csv"
    write_sheet_csv(path, [row_of(n, is_b=n % 2 == 0, text=HOSTILE) for n in range(1, 7)])
    words = dict(enumerate(["A", "b", "", "Drop", "unsure", "A"]))
    answers = filled(path, words, delimiter=delimiter, encoding=encoding, before="\r\n")
    said = {answer.fingerprint: answer.decision for answer in answers.decided}
    decisions = ["keep", "keep", None, "drop", "unsure", "flip"]
    assert said == {f"{n:032x}": d for n, d in enumerate(decisions, start=1) if d}
    assert answers.undecided == 1


def test_columns_may_move_grow_and_change_their_case(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    write_sheet_csv(path, [row_of(1), row_of(2)])
    cells = cells_of(path)
    cells[1][:2], cells[2][:2] = ["A", "'=sure, \n- quite"], ["", ""]
    moved = [["", *row[::-1], "", "更多"] for row in cells]
    moved[0] = [name.upper() for name in moved[0]]
    rows = [["", ""], moved[0], [""] * 9, *moved[1:], ["", " "], []]
    save(path, rows, before="sep=;\r\n", delimiter=";")
    [answer] = read_answers(path).decided
    assert (answer.decision, answer.note) == ("keep", "=sure, \n- quite")


def test_a_sheet_made_by_hand_names_places_or_fingerprints(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text('来源,decision,source,source_row\nx,翻转,a.jsonl,"1,017.0"\n,,b.jsonl,2\n')
    [answer] = read_answers(path).decided
    assert answer == Answer(2, ("flip",), "", None, ("a.jsonl", 1017), None)
    path.write_text(f'{{"fingerprint": "{"AB" * 16}", "decision": "keep", "note": null}}\n\n')
    [answer] = read_answers(path).decided
    assert (answer.fingerprint, answer.decision, answer.place) == ("ab" * 16, "keep", None)


def test_several_lines_about_a_row_are_several_readings_of_it(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    write_sheet_csv(path, [row_of(1), row_of(2), row_of(1, is_b=True), row_of(1)])
    one, two = filled(path, {0: "A", 1: "b", 2: "a", 3: "unsure"}).decided
    assert (one.fingerprint, one.line, one.readings) == (
        f"{1:032x}",
        2,
        ("keep", "flip", "unsure"),
    )
    assert (two.readings, two.decision) == (("flip",), "flip")
    assert one.decision == "unsure"  # they differ


@pytest.mark.parametrize(
    ("said", "decision"),
    [
        (("keep",), "keep"),
        (("flip", "flip", "keep"), "flip"),
        (("flip", "keep"), "unsure"),
        (("flip", "drop"), "unsure"),
        (("drop", "flip", "drop"), "drop"),
        (("flip", "unsure"), "flip"),  # who is unsure says nothing
        (("unsure", "unsure", "keep"), "keep"),
        (("unsure",), "unsure"),
    ],
)
def test_what_most_readings_say_is_decided(
    said: tuple[Decision, ...], decision: Decision, tmp_path: Path
) -> None:
    for order in {said, said[::-1]}:
        assert Answer(2, order, "", "f", None, None).decision == decision
    path = tmp_path / "mine.csv"
    lines = [f"a.jsonl,7,{word}" for word in said]
    path.write_text("\n".join(["source,source_row,decision", *lines]))
    [answer] = read_answers(path).decided
    assert (answer.readings, answer.decision) == (said, decision)


def test_earlier_readings_stand_before_the_one_of_the_sheet(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    before: tuple[Decision, ...] = ("flip", "keep")
    write_sheet_csv(path, [row_of(1, before=("flip",)), row_of(2, before=before), row_of(3)])
    answers = filled(path, {0: "B", 2: "A"})
    said = [(answer.readings, answer.decision) for answer in answers.decided]
    assert said == [
        (("flip", "flip"), "flip"),
        (before, "unsure"),  # was asked again, and nobody has answered: it is as it was
        (("keep",), "keep"),
    ]
    assert answers.undecided == 0


def test_an_answer_that_is_filled_in_already_counts(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    done = replace(row_of(1, before=("flip",)), better="B")
    for write, name in ((write_sheet_csv, "review.csv"), (write_sheet_jsonl, "review.jsonl")):
        path = tmp_path / name
        write(path, [done, row_of(2)])
        [answer] = read_answers(path).decided
        assert answer.readings == ("flip", "flip")


FOR_BETTER = (
    *("甲", "左", "乙", "右", "平", "平局", "一样", "相同"),
    *("不确定", "跳过", "不知道", "删除", "丢弃", "剔除"),
)
FOR_DECISION = ("保留", "对", "正确", "翻转", "反", "反了", "标反", "标反了")
HEAD = ",".join(COLUMNS) + "\n"
BAD = {
    "maybe,,p,a,b,s,1,{key}": "line 2: 'maybe' is no decision. Write A (甲, 左), B",
    "keep,,p,a,b,s,1,{key}": "line 2: 'keep' is no decision. Write A (甲, 左), B",
    "翻转,,p,a,b,s,1,{key}": "line 2: '翻转' is no decision. Write A (甲, 左), B",
    "A,,p,a,b,s,1,": "line 2: 'A' says nothing without the key",
    "A,,p,a,b,s,1,row-abc": "line 2: the key 'row-abc' was changed",
    "drop,,p,a,b,,1,": "line 2: nothing says which row this is",
    "drop,,p,a,b,s,one,": "line 2: source_row is 'one'",
    'keep,"x,p': "line 2: the quotes do not match",
}


@pytest.mark.parametrize("line", BAD)
def test_what_is_not_understood_is_named(line: str, tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text(HEAD + line.format(key=encode_key(key_of(1))))
    with pytest.raises(DataError) as raised:
        read_answers(path)
    assert str(raised.value).startswith(f"{path}, {BAD[line]}")


def test_the_chinese_words_that_are_accepted_are_named_with_what_is_not(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text(HEAD + f"也许,,p,a,b,s,1,{encode_key(key_of(1))}", encoding="utf-8")
    with pytest.raises(DataError) as raised:
        read_answers(path)
    in_better, _, in_decision = str(raised.value).partition(" in `better`; ")
    for column, allowed, words in (
        ("better", in_better, FOR_BETTER),
        ("decision", in_decision, FOR_DECISION),
    ):
        assert set(words) <= set(re.findall(r"[\u4e00-\u9fff]+", allowed))
        for word in words:
            line = f"{column},key\n{word},{encode_key(key_of(1))}\n"
            path.write_text(line, encoding="utf-8")
            assert len(read_answers(path).decided) == 1


def test_the_page_in_chinese_names_the_words_for_better() -> None:
    page = (Path(__file__).parents[3] / "docs" / "review.zh-CN.md").read_text(encoding="utf-8")
    [row] = re.findall(r"^\| `better` \|.*$", page, flags=re.M)
    for word in FOR_BETTER:
        assert f"`{word}`" in row


def test_two_columns_that_contradict_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_text(f"better,decision,key\nA,flip,{encode_key(key_of(1))}\n")
    with pytest.raises(DataError, match="contradict each other"):
        read_answers(path)
    path.write_text(f"better,decision,key\nA,keep,{encode_key(key_of(1))}\n")
    assert len(read_answers(path).decided) == 1


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04more", "is a workbook"),
        (b"\xd0\xcf\x11\xe0more", "is a workbook"),
        (b"prompt,chosen,rejected\na,b,c\n", "not a review sheet"),
        (b'{"prompt": 1}\n', "not a review sheet"),
        (b'{"prompt": \n', "not a JSON object"),
    ],
)
def test_what_is_no_sheet_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "review.csv"
    path.write_bytes(content)
    with pytest.raises((DataError, SourceError), match=says):
        read_answers(path)
    with pytest.raises(SourceError, match="cannot be read"):
        read_answers(tmp_path / "none.csv")
