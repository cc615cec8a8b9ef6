from __future__ import annotations

from pathlib import Path
from random import Random

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.source import RawRow
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.read import read_rows, segments
from tests.fuzz.check import fuzz, spoiled_file, unaccounted
from tests.fuzz.files import COLUMNS, TEXTS
from tests.fuzz.rows import rows, templates


def test_spoiled_files_lose_nothing(tmp_path: Path) -> None:
    tally = fuzz(11, 1_000, tmp_path)
    assert tally.wrong == []
    assert tally.rows > 4_000
    assert tally.swallowed < tally.rows / 100


def test_rows_are_made_for_every_dialect_that_is_read() -> None:
    assert len(templates()) == 41
    assert len(TEXTS) + len(COLUMNS) == 12
    for dialect in templates():
        made = list(rows(Random(1), dialect, 3))
        assert all(row.better in str(row.fields) and row.worse in str(row.fields) for row in made)


def test_the_independent_count_finds_what_a_reader_skips(tmp_path: Path) -> None:
    """A check that could not fail would prove nothing."""
    path = tmp_path / "rows.jsonl"
    file = spoiled_file(Random(5), "jsonl", list(rows(Random(5), "pairs", 12)))
    file.encoding = file.packing = "none"
    path.write_bytes(file.text().encode())
    config = ReadConfig()
    [source] = find_sources([str(path)], spool=tmp_path, config=config).sources
    read: list[RawRow] = [
        row
        for segment in segments(source, config)
        for block in read_rows(segment, config)
        for row in block.rows
    ]
    assert list(unaccounted(file.text(), read, source)) == []
    for skipped in range(len(read)):
        assert list(unaccounted(file.text(), read[:skipped] + read[skipped + 1 :], source))
