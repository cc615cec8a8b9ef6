"""Names of sources in outputs say nothing of the machine, and tell sources apart."""

from __future__ import annotations

from pathlib import Path

import pytest

from prefdata.config.model import ReadConfig
from prefdata.errors import UsageError
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.in_memory import InMemory
from prefdata.io.sources.names import name_below, published_names

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


@pytest.mark.parametrize(
    ("root", "given", "name"),
    [
        ("/srv/raw", "/srv/raw/de/a.jsonl", "de/a.jsonl"),
        ("/srv/raw/", "/srv/raw/de/.git/", "de/.git/"),
        ("/srv/raw/../raw", "file:///srv/raw/a.jsonl", "a.jsonl"),
        ("raw", "raw/de/a.jsonl", "de/a.jsonl"),
        (".", "raw/a.jsonl", "raw/a.jsonl"),
        ("s3://b/raw", "s3://b/raw/de/a.jsonl", "de/a.jsonl"),
        ("s3://key:secret@b/raw/", "s3://b/raw/a.jsonl", "a.jsonl"),
        ("/srv/raw", "zip://a.csv::/srv/raw/b.zip", "zip://a.csv::b.zip"),
        ("/srv/raw", "/dev/fd/63", "/dev/fd/63"),
    ],
)
def test_a_source_is_named_below_the_root(root: str, given: str, name: str) -> None:
    assert name_below(root, given) == name


@pytest.mark.parametrize(
    ("root", "given"),
    [
        ("/srv/raw", "/srv/raw2/a.jsonl"),
        ("/srv/raw", "/srv/raw"),
        ("/srv/raw", "s3://b/a.jsonl"),
        ("s3://b/raw", "s3://b/raw2/a.jsonl"),
        ("s3://b/raw", "/srv/raw/a.jsonl"),
        ("s3://key:secret@b/raw", "a.jsonl"),
    ],
)
def test_a_source_outside_of_the_root_is_refused(root: str, given: str) -> None:
    with pytest.raises(UsageError, match="does not lie in") as error:
        name_below(root, given)
    assert "secret" not in str(error.value)
    assert name_below(root, f"{given}/x.bin/", is_source=False).endswith("x.bin/")


def test_links_to_the_root_and_what_is_no_file_are_named(tmp_path: Path) -> None:
    raw = tmp_path / "disk/raw"
    raw.mkdir(parents=True)
    (raw / "a.jsonl").write_bytes(ROW)
    (tmp_path / "link").symlink_to(raw)
    places = [str(tmp_path / "link"), InMemory("mine", [{"prompt": "a"}])]
    config = ReadConfig(source_root=str(raw))
    found = find_sources(places, spool=tmp_path / "spool", config=config)
    assert [source.name for source in found.sources] == ["a.jsonl", "mine"]


def test_the_root_and_full_names_exclude_each_other() -> None:
    with pytest.raises(ValueError, match="give one of them"):
        ReadConfig(source_root="/srv", full_names=True)


def test_a_config_without_a_root_is_written_as_before_there_was_one() -> None:
    assert "source_root" not in ReadConfig().model_dump()
    assert ReadConfig(source_root="/srv").model_dump()["source_root"] == "/srv"
