"""The parts that sources are divided into hold what the sources hold."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from prefdata.airflow.sources import PACKED, SUFFIXES, divided
from prefdata.config.model import ReadConfig
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.sniff import COMPRESSED_SUFFIXES, DATA_SUFFIXES

ROW = '{"prompt": "a", "chosen": "b", "rejected": "c"}\n'


def files(places: Sequence[str], scratch: Path) -> list[str]:
    found = find_sources(places, spool=scratch, config=ReadConfig())
    return [source.name for source in found.sources]


def lay(folder: Path, *names: str) -> str:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(ROW)
    return str(folder)


def test_suffixes_are_those_that_prefdata_reads() -> None:
    assert (set(DATA_SUFFIXES), COMPRESSED_SUFFIXES) == (SUFFIXES, PACKED)


@pytest.mark.parametrize(
    "place", ["sample_data", "sample_data/clean/", "sample_data/*/*.jsonl", "sample_data/m*"]
)
def test_the_parts_hold_what_the_place_holds(place: str, tmp_path: Path) -> None:
    parts = divided([place])
    assert len(parts) > 1 or place == "sample_data/m*"
    whole = [name for name in files([place], tmp_path / "a") if "key.json" not in name]
    assert whole
    parts = [part for part in parts if "key.json" not in part]  # says what was planted: no data
    assert files(parts, tmp_path / "b") == whole


def test_of_a_folder_what_is_not_data_is_left_out(tmp_path: Path) -> None:
    folder = lay(
        tmp_path, "b.jsonl", "a/x/y.CSV", ".hidden.jsonl", "_old/z.jsonl", "README.md",
        "notes/a.txt", "dataset_info.json", "c.jsonl.gz",
    )  # fmt: skip
    assert divided([folder]) == [f"{folder}/a", f"{folder}/b.jsonl", f"{folder}/c.jsonl.gz"]


@pytest.mark.parametrize("name", ["manifest.json", "state.json", "dataset_dict.json"])
def test_a_dataset_is_one_thing(name: str, tmp_path: Path) -> None:
    folder = lay(tmp_path, name, "data/a.arrow")
    assert divided([folder]) == [folder]


def test_urls_stay_as_they_are_and_so_do_too_many(tmp_path: Path) -> None:
    folder = lay(tmp_path, *(f"{number}.jsonl" for number in range(5)))
    assert divided(["s3://bucket/*.jsonl"]) == ["s3://bucket/*.jsonl"]
    assert len(divided([folder])) == 5
    assert divided([folder, "s3://b"], most=5) == [folder, "s3://b"]


@pytest.mark.parametrize("place", ["none", "none/*.jsonl", "empty"])
def test_what_is_not_there_is_refused(place: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"on this worker"):
        divided([str(tmp_path / place)])
