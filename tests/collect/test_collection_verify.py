"""What `verify` finds in the output of collect that was changed, and who reads that output."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from in_process import InProcess

import prefdata
from prefdata.pipeline.collection.collect import collect


@pytest.fixture
def out(tmp_path: Path) -> Path:
    source = tmp_path / "a.jsonl"
    rows = [{"prompt": f"Question {n}?"} for n in range(4)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    collect(source, out=tmp_path / "out", config={"model": ["m"], "n": 4}, asker=InProcess())
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("name", "old", "new", "found"),
    [
        ("data/completions-00000.jsonl", "Answer", "Enswer", "checksum differs"),
        ("ledger/requests.jsonl", '"number":0', '"number":9', "checksum differs"),
        ("manifest.json", '"wanted": 16', '"wanted": 17', "does not hold by 1"),
        ("manifest.json", '"kept": 16', '"kept": 15', "answered = kept"),
        ("manifest.json.sha256", "manifest", "manifesto", "not a checksum"),
    ],
)
def test_what_was_changed_is_named(out: Path, name: str, old: str, new: str, found: str) -> None:
    path = out / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    assert any(found in problem for problem in prefdata.verify(out).problems)


def test_a_file_that_nobody_wrote_is_named(out: Path) -> None:
    (out / "data" / "more.jsonl").write_text("{}\n")
    assert prefdata.verify(out).problems == ("data/more.jsonl: not named in manifest.json",)


def test_it_is_inspected_and_validated_as_judgements_without_verdicts(out: Path) -> None:
    [file] = prefdata.inspect([out]).files
    assert (file.dialect, file.rows, file.records) == ("judgement", 4, 0)
    result = prefdata.validate([out])
    assert [finding.code for finding in result.findings] == ["not-judged"]
    assert "prefdata judge" in result.findings[0].fix


def test_a_build_of_it_keeps_nothing_and_says_what_to_do(out: Path, tmp_path: Path) -> None:
    counts = prefdata.build([out], out=tmp_path / "dataset").counts
    assert (counts.kept, counts.dropped) == (0, {"not-judged": 4})


def test_its_prompts_can_be_collected_for_again(out: Path, tmp_path: Path) -> None:
    asker = InProcess()
    again = collect(out, out=tmp_path / "again", config={"model": ["w"]}, asker=asker)
    assert again.counts.asked == 4
    assert sorted(set(asker.texts)) == [f"Question {n}?" for n in range(4)]
