"""Entries of quarantine are pieces of their file, whatever brackets stand among damage."""

from __future__ import annotations

from pathlib import Path

from prefdata.config.model import ReadConfig
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.read import read_rows, segments


def test_brackets_within_damage_end_an_entry_and_are_not_cut_out_of_it(tmp_path: Path) -> None:
    content = b'[{"a":"x"},8 ] [[ {brace } ] 9"]", "w": 0},{"a":"y"}]'
    path = tmp_path / "rows.json"
    path.write_bytes(content)
    config = ReadConfig()
    [source] = find_sources([str(path)], spool=tmp_path, config=config).sources
    raws = [
        row.raw
        for segment in segments(source, config)
        for block in read_rows(segment, config)
        for row in block.rows
    ]
    at = 0
    for raw in raws:
        at = content.index(raw, at) + len(raw)
    assert raws[0] == b'{"a":"x"}' and raws[-1] == b'{"a":"y"}'
