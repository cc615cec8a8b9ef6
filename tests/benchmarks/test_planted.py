"""What the benchmark plants is what its key says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import pytest

PLANTED = Path(__file__).parents[2] / "benchmarks" / "planted.py"
ROWS = 6000
SHARES = {
    "copy": 0.05,
    "near": 0.10,
    "swapped": 0.01,
    "near-swapped": 0.005,
    "template": 0.05,
    "shared-prompt": 0.02,
}

Row = tuple[str, str, str]


def planted(folder: Path, *options: str) -> dict[str, Any]:
    folder.mkdir(exist_ok=True)
    command = [sys.executable, str(PLANTED), *options]
    answer = subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder)
    facts: dict[str, Any] = json.loads(answer.stdout)
    return facts


def rows_of(path: Path) -> list[Row]:
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(list(row) == ["prompt", "chosen", "rejected"] for row in found)
    return [(row["prompt"], row["chosen"], row["rejected"]) for row in found]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("planted")
    planted(place, "--rows", str(ROWS), "--out", "pairs.jsonl")
    return place


@pytest.fixture(scope="module")
def rows(folder: Path) -> list[Row]:
    return rows_of(folder / "pairs.jsonl")


@pytest.fixture(scope="module")
def key(folder: Path) -> list[dict[str, Any]]:
    text = (folder / "pairs.jsonl.key.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def of_kind(key: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    found = [line for line in key if line["kind"] == kind]
    assert found
    return found


def test_rows_are_as_many_and_as_long_as_said(folder: Path, rows: list[Row]) -> None:
    facts = json.loads((folder / "pairs.jsonl.facts.json").read_text(encoding="utf-8"))
    size = (folder / "pairs.jsonl").stat().st_size
    assert (facts["rows"], facts["bytes"]) == ([len(rows)], [size]) == ([ROWS], [size])
    assert 1300 < size / ROWS < 1800
    assert sum(facts["kinds"].values()) == ROWS
    chinese = sum(bool(re.search("[一-鿿]", row[1])) for row in rows) / ROWS
    assert 0.10 < chinese < 0.20


@pytest.mark.parametrize("kind", SHARES)
def test_shares_are_as_said(key: list[dict[str, Any]], kind: str) -> None:
    assert len(of_kind(key, kind)) / ROWS == pytest.approx(SHARES[kind], rel=0.35)


def test_repeated_rows_repeat_what_the_key_names(
    rows: list[Row], key: list[dict[str, Any]]
) -> None:
    assert all(rows[line["row"]] == rows[line["of"]] for line in of_kind(key, "copy"))
    for line in of_kind(key, "swapped"):
        prompt, chosen, rejected = rows[line["of"]]
        assert rows[line["row"]] == (prompt, rejected, chosen)
    assert all(line["of"] < line["row"] for line in key if line["kind"] in {"copy", "swapped"})


def test_nothing_else_is_repeated(rows: list[Row], key: list[dict[str, Any]]) -> None:
    seen = Counter(rows)
    copies = len(of_kind(key, "copy"))
    # a cosmetic edit may leave a text as it was: a mark put where it stood already
    assert copies <= ROWS - len(seen) <= copies + 3
    swapped = {line["row"] for line in of_kind(key, "swapped")}
    conflicts = {i for i, row in enumerate(rows) if (row[0], row[2], row[1]) in seen}
    assert swapped <= conflicts
    assert len(conflicts) <= 2 * len(swapped) + 3


@pytest.mark.parametrize("kind", ["near", "near-swapped"])
def test_edits_are_where_the_key_says(
    rows: list[Row], key: list[dict[str, Any]], kind: str
) -> None:
    for line in of_kind(key, kind):
        prompt, *sides = rows[line["row"]]
        made = (prompt, *(reversed(sides) if kind == "near-swapped" else sides))
        counts = line["edits"].values()
        assert 0.005 <= line["rate"] <= 0.06
        assert sum(line["how"].values()) == sum(counts) > 0
        for before, after, edits in zip(rows[line["of"]], made, counts, strict=True):
            assert edits or before == after


def test_edits_reach_every_part_and_are_of_every_kind(key: list[dict[str, Any]]) -> None:
    near = of_kind(key, "near")
    for field in ("prompt", "chosen", "rejected"):
        assert 0.1 < sum(line["edits"][field] > 0 for line in near) / len(near) < 0.9
    kinds = Counter(kind for line in near for kind in line["how"])
    assert set(kinds) == {"substituted", "deleted", "inserted", "case", "punctuation"}
    assert {line["language"] for line in near} == {"en", "zh"}


def jaccard(one: str, other: str) -> float:
    first, second = (
        {tuple(words[i : i + 3]) for i in range(max(len(words) - 2, 1))}
        for words in (re.findall(r"\w+", text.casefold()) for text in (one, other))
    )
    return len(first & second) / len(first | second)


def test_near_copies_are_spread_and_other_rows_are_far_apart(
    rows: list[Row], key: list[dict[str, Any]]
) -> None:
    english = [line for line in of_kind(key, "near") if line["language"] == "en"]
    alike = [min(map(jaccard, rows[line["row"]], rows[line["of"]])) for line in english]
    for low, high in ((0.7, 0.8), (0.8, 0.9), (0.9, 1.0)):
        assert sum(low <= similarity < high for similarity in alike) / len(alike) > 0.1
    told = {line["row"] for line in key}
    new = [row for i, row in enumerate(rows) if i not in told][:400]
    pairs = zip(new[0::2], new[1::2], strict=True)
    assert max(jaccard(a[1], b[1]) for a, b in pairs) < 0.3


def test_cycles_go_round_and_chains_do_not(rows: list[Row], key: list[dict[str, Any]]) -> None:
    for kind in ("cycle", "chain"):
        groups = defaultdict(list)
        for line in of_kind(key, kind):
            groups[line["of"], line["size"]].append(rows[line["row"]])
        whole = [group for (_, size), group in groups.items() if len(group) == size]
        assert len(whole) >= 4
        for group in whole:
            assert len({prompt for prompt, _, _ in group}) == 1
            better = Counter(chosen for _, chosen, _ in group)
            worse = Counter(rejected for _, _, rejected in group)
            assert (better == worse) == (kind == "cycle")
            assert len(better | worse) >= 3


def test_shared_prompts_have_other_completions(rows: list[Row], key: list[dict[str, Any]]) -> None:
    groups = defaultdict(list)
    for line in of_kind(key, "shared-prompt"):
        groups[line["of"]].append(rows[line["row"]])
    for group in groups.values():
        assert len({prompt for prompt, _, _ in group}) == 1
        sides = [side for _, *both in group for side in both]
        assert len(set(sides)) == len(sides)


def test_same_seed_same_bytes(tmp_path: Path) -> None:
    texts = []
    for place, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        planted(tmp_path / place, "--rows", "300", "--out", "pairs.jsonl", "--seed", seed)
        names = ("pairs.jsonl", "pairs.jsonl.key.jsonl")
        texts.append([(tmp_path / place / name).read_bytes() for name in names])
    assert texts[0] == texts[1] != texts[2]


def test_files_continue_one_another(tmp_path: Path) -> None:
    planted(tmp_path, "--rows", "400", "100", "--out", "first.jsonl", "more.jsonl")
    planted(tmp_path, "--rows", "500", "--out", "whole.jsonl")
    parts = (tmp_path / "first.jsonl").read_bytes() + (tmp_path / "more.jsonl").read_bytes()
    assert parts == (tmp_path / "whole.jsonl").read_bytes()
    keys = [(tmp_path / f"{name}.jsonl.key.jsonl").read_bytes() for name in ("first", "whole")]
    assert keys[0] == keys[1]


@pytest.mark.parametrize(
    "options",
    [
        ["--rows", "1", "--out", "a.jsonl", "b.jsonl"],
        ["--rows", "0", "--out", "a.jsonl"],
        ["--rows", "5", "--out", "a.csv"],
        ["--rows", "5", "--out", "a.jsonl", "--chinese", "2"],
    ],
)
def test_nonsense_is_a_usage_error(tmp_path: Path, options: list[str]) -> None:
    with pytest.raises(subprocess.CalledProcessError) as caught:
        planted(tmp_path, *options)
    assert caught.value.returncode == 2
