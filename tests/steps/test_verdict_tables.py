"""Evidence in verdict tables: a text, and beside it the code and values that it was made of."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pyarrow as pa

from prefdata.io.files.shards import read_table
from prefdata.results.sentences import Sentence, chinese
from prefdata.steps.verdict_tables import (
    FLAG,
    VERDICT_SCHEMA,
    evidence_of,
    sentence_columns,
    verdict_frame,
    write_verdicts,
)

ECHO = Sentence("sides.echo", side="chosen", quote='"a {b}"')


def read(table: Path) -> pl.DataFrame:
    return pl.DataFrame(pa.Table.from_batches(read_table(table), VERDICT_SCHEMA))


def test_a_sentence_comes_back_from_a_table(tmp_path: Path) -> None:
    lines = [(3, FLAG, "x", ECHO, None), (5, FLAG, "y", "a text", 3)]
    write_verdicts(tmp_path / "t.arrow", verdict_frame(lines))
    first, second = read(tmp_path / "t.arrow").select("evidence", "sentence").rows()
    assert first[0] == ECHO
    assert chinese(evidence_of(*first)) == chinese(ECHO)
    assert evidence_of(*second) == "a text"
    assert second[1] is None


def test_a_frame_without_sentences_gets_an_empty_column(tmp_path: Path) -> None:
    verdicts = verdict_frame([(3, FLAG, "x", ECHO, None)]).drop("sentence")
    write_verdicts(tmp_path / "t.arrow", verdicts)
    assert read(tmp_path / "t.arrow")["sentence"].to_list() == [None]


def test_columns_of_a_frame_say_what_sentences_of_its_rows_say() -> None:
    frame = pl.DataFrame({"copies": [2, 3], "first": [0, 10_000]})
    told = frame.with_columns(**sentence_columns("exact.copy", copies="copies", first="first"))
    for copies, first, evidence, sentence in told.iter_rows():
        wanted = Sentence("exact.copy", copies=copies, first=first)
        assert evidence == wanted
        assert chinese(evidence_of(evidence, sentence)) == chinese(wanted)


def test_no_lines_make_an_empty_table() -> None:
    assert verdict_frame([]).schema == pl.Schema(VERDICT_SCHEMA)
