from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sound_pairs import Write, pair

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig, ReadConfig
from prefdata.config.section import KIB
from prefdata.dialects.dialect import Match
from prefdata.errors import ConfigError, SourceError
from prefdata.io.bytes.source import Segment
from prefdata.pipeline.inspect import inspect
from prefdata.records.columns import RecordColumns
from prefdata.records.record import Record, assistant, user
from prefdata.steps.read import inspect_rows as look
from prefdata.steps.read.entries import Piece
from prefdata.steps.read.inspect_rows import Spread

AMBIGUOUS = [
    {"prompt": f"q{n}", "answer_a": "a", "answer_b": "b", "label": n % 2} for n in range(4)
]


def test_a_file_is_described_in_full(tmp_path: Path) -> None:
    rows = [
        {"instruction": "How many?", "output_1": "One two", "output_2": "三个", "preference": 1},
        {"instruction": "怎么样？", "output_1": "好", "output_2": "很好很好", "preference": 1.75},
    ]
    path = tmp_path / "a.json.gz"
    path.write_bytes(gzip.compress(json.dumps([*rows, {"instruction": "x"}]).encode()))
    (file,) = inspect([path]).files
    assert (file.container, file.compression, file.encoding) == ("json", "gzip", "utf-8")
    assert file.dialect == "alpaca-eval" and "output_1 is the better one" in file.polarity
    assert file.parts["first"] == ("output_1",) and file.metadata == ("preference",)
    assert (file.rows, file.records, file.with_margin) == (3, 2, 2)
    assert file.quarantined == {file.unreadable[0].reason: 1} and file.unreadable[0].row == 3
    assert (file.characters["chosen"].max, file.words["chosen"].max) == (7, 4)
    assert file.words["prompt"].mean == 2.5
    assert sum(file.scripts.values()) == file.sampled == sum(file.languages.values()) == 2
    first, second = file.shown
    assert (first.row, first.margin, first.chosen[0].content) == (1, 1.0, "One two")
    assert (second.row, second.chosen[0].content) == (2, "很好很好")


def test_a_file_that_is_not_clear_does_not_hide_the_others(write: Write, tmp_path: Path) -> None:
    good, odd = write("good.jsonl", [pair(1)]), write("odd.jsonl", AMBIGUOUS)
    refused = write("steps.jsonl", [{"prompt": "p", "completions": ["c"], "labels": [True]}])
    result = inspect([odd, good, tmp_path / "missing.jsonl", refused])
    assert [file.name for file in result.files] == [str(good)]
    said = {Path(problem.name).name: problem.problem for problem in result.problems}
    assert "read.label 0=first,1=second" in said["odd.jsonl"] and "50%" in said["odd.jsonl"]
    assert "stepwise" in said["steps.jsonl"] and "does not exist" in said["missing.jsonl"]


def test_a_person_can_say_what_a_file_is(write: Write) -> None:
    odd = write("odd.jsonl", AMBIGUOUS)
    config = BuildConfig(read=ReadConfig(dialect="judge-one-based"))
    (file,) = inspect([odd], config=config).files
    assert "label 1 says the first" in file.polarity
    mapped = write("m.jsonl", [{"query": "q", "best": "a", "worst": "b", "id": 1}])
    names = {"prompt": "query", "chosen": "best", "rejected": "worst"}
    (file,) = inspect([mapped], config=BuildConfig(read=ReadConfig(map=names))).files
    assert file.parts == {part: (name,) for part, name in names.items()}
    assert file.metadata == ("id",)
    with pytest.raises(ConfigError, match="no dialect"):
        inspect([odd], config=BuildConfig(read=ReadConfig(dialect="judge-none")))


def test_the_sample_is_spread_over_all_segments_and_everything_else_is_of_every_row(
    write: Write,
) -> None:
    rows = [pair(n, note="x" * 1500) for n in range(200)]
    path = write("many.jsonl", rows)
    read = ReadConfig(segment_bytes=64 * KIB, block_bytes=16 * KIB, sample_rows=20)
    one, two = (inspect([path], config=BuildConfig(read=read), workers=n) for n in (1, 2))
    assert one == two
    (file,) = one.files
    assert file.rows == file.records == sum(file.scripts.values()) == 200
    assert 20 <= file.sampled < 40 and sum(file.languages.values()) == file.sampled
    places = [row.row for row in file.shown]
    assert len(places) == 5 and places == sorted(places) and places[-1] > 130
    for row in file.shown:  # lines are those of the file, not of the segment
        assert row.prompt[0].content == rows[row.row - 1]["prompt"]
    (every,) = inspect([path], config=BuildConfig(read=read), every_row=True, rows=0).files
    assert every.sampled == sum(every.languages.values()) == 200 and every.shown == ()


@given(sizes=st.lists(st.integers(0, 40), max_size=8), most=st.integers(1, 12))
def test_a_spread_holds_few_rows_from_all_over(sizes: list[int], most: int) -> None:
    spread, number = Spread(most), 0
    for size in sizes:
        columns = RecordColumns()
        for _ in range(size):
            columns.append(number, number, Record((user("q"),), (assistant("a"),), ()))
            number += 1
        spread.add(columns.batch())
    places = [each.source_row for each in spread.rows()]
    assert len(places) == min(most, number)
    borders = [-1, *places, number]
    gaps = [after - before for before, after in pairwise(borders)]
    assert all(gap > 0 for gap in gaps[:-1]) and max(gaps) <= max(4 * number / most, 1) + 1


def test_files_without_rows_are_told_of(tmp_path: Path) -> None:
    (tmp_path / "empty.jsonl").write_text("")
    (tmp_path / "bad.jsonl").write_text("{no}\n")
    empty, bad = inspect([tmp_path / "empty.jsonl", tmp_path / "bad.jsonl"]).files
    assert (empty.rows, empty.dialect, empty.polarity) == (0, "none", "no rows")
    assert (bad.rows, bad.records, bad.quarantined) == (1, 0, {"invalid-json": 1})


def test_a_source_that_is_refused_while_it_is_read_is_a_problem_of_its_own(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, bomb = write("good.jsonl", [pair(1)]), write("bomb.jsonl", [pair(2)])
    pieces = look.pieces

    def exploding(segment: Segment, match: Match, config: ReadConfig) -> Iterator[Piece]:
        yield from pieces(segment, match, config)
        if segment.source.name == str(bomb):
            raise SourceError("grows without end")

    monkeypatch.setattr(look, "pieces", exploding)
    result = inspect([bomb, good])
    assert [file.name for file in result.files] == [str(good)]
    assert [(p.name, p.problem) for p in result.problems] == [(str(bomb), "grows without end")]


def test_a_dialect_said_for_some_sources_is_heard_here_too(tmp_path: Path) -> None:
    path = tmp_path / "judged.jsonl"
    path.write_text('{"prompt": "p", "response_1": "a", "response_2": "b", "label": 1}\n')
    assert "judge-zero-based" in inspect([path]).problems[0].problem
    config = config_of({"read": {"dialects": {"*judged*": "judge-one-based"}}})
    assert inspect([path], config=config).files[0].dialect == "judge-one-based"


def test_columns_that_had_to_be_renamed_are_named(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("prompt,chosen,rejected,,prompt\np,c,r,1,2\n")
    (file,) = inspect([path]).files
    assert file.renamed == (("", "column_4"), ("prompt", "prompt_2"))


def test_each_file_has_the_map_that_is_said_for_it(tmp_path: Path) -> None:
    one, two = tmp_path / "one.jsonl", tmp_path / "two.jsonl"
    one.write_text('{"ask": {"text": "q"}, "plus": "a", "minus": "b"}\n')
    two.write_text('{"ask": {"text": "q"}, "plus": "b", "minus": "a"}\n')
    first = {"prompt": "ask.text", "chosen": "plus", "rejected": "minus"}
    second = {"prompt": "ask.text", "chosen": "minus", "rejected": "plus"}
    config = config_of({"read": {"map": first, "maps": {"*two*": second}}})
    files = inspect([one, two], config=config).files
    assert [file.parts["chosen"] for file in files] == [("plus",), ("minus",)]
    assert [file.shown[0].chosen[0].content for file in files] == ["a", "a"]
