"""The benchmark's inputs are what the benchmark says they are."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

GENERATE = Path(__file__).parents[2] / "benchmarks" / "generate.py"


def generated(folder: Path, *options: str, names: tuple[str, ...] = ("pairs.jsonl",)) -> Any:
    folder.mkdir(exist_ok=True)
    paths = [str(folder / name) for name in names]
    command = [sys.executable, str(GENERATE), *paths, *options]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return json.loads(answer.stdout)


def rows_of(path: Path) -> list[tuple[str, str, str]]:
    text = path.read_text(encoding="utf-8")
    rows = json.loads(text) if path.suffix == ".json" else map(json.loads, text.splitlines())
    if path.suffix == ".csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
    found = list(rows)
    assert found
    assert all(list(row) == ["prompt", "chosen", "rejected"] for row in found)
    return [(row["prompt"], row["chosen"], row["rejected"]) for row in found]


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clean")
    generated(folder, "--rows", "3000", names=("pairs.jsonl", "pairs.json", "pairs.csv"))
    return folder


def test_every_container_holds_the_same_rows(clean: Path) -> None:
    rows = rows_of(clean / "pairs.jsonl")
    assert len(rows) == 3000
    assert rows_of(clean / "pairs.json") == rows
    assert rows_of(clean / "pairs.csv") == rows


def test_clean_rows_are_clean(clean: Path) -> None:
    rows = rows_of(clean / "pairs.jsonl")
    keys = {(prompt, frozenset(sides)) for prompt, *sides in rows}
    assert len(keys) == len(rows)
    for prompt, chosen, rejected in rows:
        assert chosen.strip()
        assert prompt.strip()
        assert not chosen.startswith(rejected)
        assert not rejected.startswith(chosen)
        assert not any(ord(c) < 32 and c not in "\n\t" for c in prompt + chosen + rejected)


def test_lengths_are_as_said(clean: Path) -> None:
    lines = (clean / "pairs.jsonl").read_bytes().splitlines()
    sizes = sorted(map(len, lines))
    assert 2900 < sum(sizes) / len(sizes) < 3500
    assert sizes[-1] > 4 * sizes[len(sizes) // 2]  # a long tail
    chinese = sum("的" in row[1] for row in rows_of(clean / "pairs.jsonl")) / len(lines)
    assert 0.08 < chinese < 0.12


@pytest.mark.parametrize("spice", ['\\"', "\\n", "\\t", "\\\\", "’", "“", "🙂", "😀"])
def test_content_is_as_messy_as_text_is(clean: Path, spice: str) -> None:
    assert spice in (clean / "pairs.jsonl").read_text(encoding="utf-8")


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    texts = []
    for place, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        generated(tmp_path / place, "--rows", "100", "--seed", seed, "--duplicates", "0.1")
        texts.append((tmp_path / place / "pairs.jsonl").read_bytes())
    assert texts[0] == texts[1] != texts[2]


def test_larger_file_begins_with_the_smaller(tmp_path: Path) -> None:
    generated(tmp_path / "small", "--rows", "100")
    generated(tmp_path / "large", "--rows", "300")
    small = (tmp_path / "small" / "pairs.jsonl").read_bytes()
    assert (tmp_path / "large" / "pairs.jsonl").read_bytes().startswith(small)


def test_repeated_rows_are_as_counted(tmp_path: Path) -> None:
    facts = generated(tmp_path, "--rows", "3000", "--duplicates", "0.1", "--swapped", "0.05")
    assert facts == json.loads((tmp_path / "pairs.jsonl.facts.json").read_text(encoding="utf-8"))
    seen = Counter(rows_of(tmp_path / "pairs.jsonl"))
    assert 3000 - len(seen) == facts["copies"]
    conflicts = [row for row in seen if (row[0], row[2], row[1]) in seen]
    assert len(conflicts) == 2 * facts["swapped"]
    assert all(seen[row] == 1 for row in conflicts)
    assert 0.07 < facts["copies"] / 3000 < 0.13
    assert 0.03 < facts["swapped"] / 3000 < 0.07


def test_bytes_asked_for(tmp_path: Path) -> None:
    facts = generated(tmp_path, "--bytes", "1.5MB")
    size = (tmp_path / "pairs.jsonl").stat().st_size
    assert facts["bytes"] == size
    assert 1_500_000 <= size < 2_500_000


@pytest.mark.parametrize(
    "options", [["--rows", "1", "--duplicates", "2"], ["--bytes", "1XB"], ["--rows", "1", "x.xml"]]
)
def test_nonsense_is_a_usage_error(tmp_path: Path, options: list[str]) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        generated(tmp_path, *options)
    assert caught.value.returncode == 2
