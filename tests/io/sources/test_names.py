"""Names of sources in outputs say nothing of the machine, and tell sources apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from prefdata.config.model import ReadConfig
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.names import published_names

ROW = b'{"prompt": "a", "chosen": "b", "rejected": "c"}\n'


@pytest.mark.parametrize(
    ("given", "bases", "names"),
    [
        (["/h/ann/raw/a.jsonl"], ["/h/ann/raw"], ["a.jsonl"]),
        (["/h/raw/a.jsonl", "/h/raw/b/a.jsonl"], ["/h/raw", "/h/raw"], ["a.jsonl", "b/a.jsonl"]),
        (["/h/x/a.jsonl", "/h/y/a.jsonl"], ["/h/x", "/h/y"], ["x/a.jsonl", "y/a.jsonl"]),
        (["/h/ann/a.jsonl", "/data/a.jsonl"], ["/h/ann", "/data"], ["a.jsonl", "data/a.jsonl"]),
        (["raw/a.jsonl", "a.jsonl"], ["raw", "."], ["raw/a.jsonl", "a.jsonl"]),
        (["a.jsonl", "/h/ann/a.jsonl"], [".", "/h/ann"], ["a.jsonl", "ann/a.jsonl"]),
        (["/a.jsonl", "a.jsonl"], ["/", "."], ["a.jsonl (2)", "a.jsonl"]),
        (["file:///h/ann/a.jsonl"], ["/h/ann"], ["a.jsonl"]),
        (["s3://b/a.jsonl", "stdin"], ["s3://b/a.jsonl", "-"], ["s3://b/a.jsonl", "stdin"]),
        (["zip://a.csv::/h/ann/b.zip"], ["zip://a.csv::/h/ann/b.zip"], ["zip://a.csv::b.zip"]),
        (["/dev/fd/63", "/h/ann/a.csv"], ["/dev/fd", "/h/ann"], ["/dev/fd/63", "a.csv"]),
    ],
    ids=str,
)
def test_absolute_paths_are_cut_to_what_tells_them_apart(
    given: list[str], bases: list[str], names: list[str]
) -> None:
    assert published_names(given, bases) == names


def test_files_of_folders_and_what_is_not_read_are_named_alike(tmp_path: Path) -> None:
    for name in ("one/a.jsonl", "two/a.jsonl", "one/b.jsonl.part", "one/.git/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(ROW + name.encode())
    places = [str(tmp_path / "one"), str(tmp_path / "two/*.jsonl")]
    found = find_sources(places, spool=tmp_path / "spool", config=ReadConfig())
    assert [source.name for source in found.sources] == ["one/a.jsonl", "two/a.jsonl"]
    assert [file.path for file in found.not_read] == ["one/.git/", "one/b.jsonl.part"]
    full = find_sources(places, spool=tmp_path / "spool", config=ReadConfig(full_names=True))
    assert [source.name for source in full.sources] == [s.given for s in found.sources]
