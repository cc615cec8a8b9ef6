"""Judgements through the whole build: both laws, votes across files, and the same bytes always."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from random import Random
from typing import Any

import polars as pl
import pytest

import prefdata
from prefdata.errors import DialectError
from prefdata.pipeline.agreement import agreement

PROMPTS = (
    "Which river is the longest?",
    "Why is the sky blue?",
    "Name a tall tree.",
    "What is ice?",
)


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def vote(prompt: str, label: str, judge: str, *, turned: bool = False) -> dict[str, Any]:
    """A vote for the good (A) or the poor answer (B), or a tie; `turned`: shown the other way."""
    good, poor = f"A good answer to {prompt}", f"Nobody knows {prompt}"
    first, second = (poor, good) if turned else (good, poor)
    said = {"A": "B", "B": "A"}.get(label, label) if turned else label
    row = {"prompt": prompt, "answer_a": first, "answer_b": second, "winner": said}
    return {**row, "judge": judge}


def judgements_of(out: Path) -> pl.DataFrame:
    return pl.read_parquet(sorted((out / "judgements").glob("*.parquet")))


def sums(out: Path) -> dict[str, str]:
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_votes_of_several_files_meet_and_both_laws_hold(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    written(raw / "ann.jsonl", [vote(p, "A", "ann") for p in PROMPTS])
    written(raw / "bob.jsonl", [vote(p, "A", "bob", turned=True) for p in PROMPTS[:3]])
    written(raw / "cyd.jsonl", [vote(PROMPTS[0], "B", "cyd"), vote(PROMPTS[3], "B", "cyd")])
    out = tmp_path / "out"
    manifest = prefdata.build([raw], out=out)
    rows = manifest.counts.rows
    assert rows is not None
    assert (rows.read, rows.in_pairs, rows.unpaired, rows.pairs) == (9, 7, {"tie": 2}, 3)
    assert (manifest.counts.kept, manifest.counts.dropped) == (3, {"tie": 2})
    assert prefdata.verify(out).problems == ()
    found = judgements_of(out)
    assert len(found) == 7
    assert set(found["judge"]) == {"ann", "bob", "cyd"}
    [pair] = prefdata.explain(out, source="cyd.jsonl:1").shown
    assert [said["judge"] for said in pair.judgements] == ["ann", "bob", "cyd"]
    assert json.loads(pair.text["metadata"])["prefdata"]["agreement"] == pytest.approx(2 / 3, 1e-5)
    [tie] = prefdata.explain(out, source="cyd.jsonl:2").shown
    assert (tie.line["verdict"], tie.line["reason"], tie.line["step"]) == ("drop", "tie", "pairs")
    assert json.loads(tie.text["raw"])["judge"] == "cyd"


def test_votes_in_several_dialects_meet(tmp_path: Path) -> None:
    """One judge in a table of votes, one in rows of the judgement format, on the same answers."""
    raw = tmp_path / "raw"
    raw.mkdir()
    written(raw / "ann.jsonl", [vote(p, "A", "ann") for p in PROMPTS])
    rows = [
        {
            "prompt": p,
            "completions": [{"text": f"Nobody knows {p}"}, {"text": f"A good answer to {p}"}],
            "opinions": [{"kind": "verdict", "values": [0, 2]}],
            "judge": "bob",
        }
        for p in PROMPTS
    ]
    written(raw / "bob.jsonl", rows)
    out = tmp_path / "out"
    counts = prefdata.build([raw], out=out).counts
    assert counts.rows is not None
    assert (counts.rows.read, counts.rows.in_pairs, counts.rows.pairs) == (8, 8, 4)
    assert prefdata.verify(out).problems == ()
    assert set(judgements_of(out)["judge"]) == {"ann", "bob"}


def test_a_row_of_several_pairs_counts_once(tmp_path: Path) -> None:
    rows = [
        {"prompt": p, "generations": [f"{p} {n}" for n in "abc"], "ratings": [1, 3, 5]}
        for p in PROMPTS
    ]
    source = written(tmp_path / "r.jsonl", rows)
    out = tmp_path / "out"
    manifest = prefdata.build([source], out=out, config={"read": {"pairs": {"take": "all"}}})
    rows_counted = manifest.counts.rows
    assert rows_counted is not None
    assert (rows_counted.read, rows_counted.in_pairs, rows_counted.pairs) == (4, 4, 12)
    assert prefdata.verify(out).problems == ()
    shown = prefdata.explain(out, source="r.jsonl:2").shown
    assert {each.text["chosen"][0]["content"] for each in shown} == {
        f"{PROMPTS[1]} b",
        f"{PROMPTS[1]} c",
    }
    assert {json.loads(each.text["metadata"])["prefdata"]["weight"] for each in shown} == {1 / 3}


def test_pairs_and_judgements_in_one_build(tmp_path: Path) -> None:
    pairs = [{"prompt": "p", "chosen": "yes, it is so", "rejected": "no"}, {"prompt": "q"}]
    sources = [
        written(tmp_path / "pairs.jsonl", pairs),
        written(tmp_path / "votes.jsonl", [vote(p, "A", "ann") for p in PROMPTS]),
    ]
    out = tmp_path / "out"
    manifest = prefdata.build(sources, out=out)
    rows = manifest.counts.rows
    assert rows is not None
    assert (rows.read, rows.in_pairs, rows.quarantined, rows.pairs) == (6, 5, 1, 5)
    assert prefdata.verify(out).problems == ()


def test_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    random = Random(3)
    for name in ("ann", "bob", "cyd"):
        rows = [
            vote(f"{p} ({n})", random.choice(["A", "A", "B", "tie"]), name, turned=n % 2 == 0)
            for n in range(15)
            for p in PROMPTS
        ]
        written(tmp_path / f"{name}.jsonl", random.sample(rows, 50))
    sources = sorted(tmp_path.glob("*.jsonl"))
    for votes in ("majority", "dawid-skene", "bradley-terry"):
        config = {"read": {"pairs": {"votes": votes}}}
        outs = [tmp_path / f"{votes}{workers}" for workers in (1, 3)]
        for out, workers in zip(outs, (1, 3), strict=True):
            prefdata.build(sources, out=out, config=config, workers=workers)
            assert prefdata.verify(out).problems == ()
        assert sums(outs[0]) == sums(outs[1])


def test_an_edit_of_the_judgements_is_found(tmp_path: Path) -> None:
    out = tmp_path / "out"
    prefdata.build([written(tmp_path / "v.jsonl", [vote(p, "A", "ann") for p in PROMPTS])], out=out)
    [path] = (out / "judgements").glob("*.parquet")
    pl.read_parquet(path).head(2).write_parquet(path)
    assert any("judgements" in problem for problem in prefdata.verify(out).problems)


def test_several_criteria_ask_which_decides(tmp_path: Path) -> None:
    row = {"prompt": "p", "completions": [{"text": "a"}, {"text": "b"}]}
    opinions = [
        {"kind": "rating", "values": [5, 1], "criterion": "accuracy"},
        {"kind": "rating", "values": [1, 5], "criterion": "safety"},
    ]
    source = written(tmp_path / "j.jsonl", [{**row, "opinions": opinions, "judge": "ann"}])
    with pytest.raises(
        DialectError, match=r"read.pairs.criterion accuracy or read.pairs.criterion safety"
    ) as asked:
        prefdata.build([source], out=tmp_path / "out")
    assert "They differ in 1 of 1 judgements" in str(asked.value)
    for criterion, chosen in (("accuracy", "a"), ("safety", "b")):
        out = tmp_path / criterion
        prefdata.build([source], out=out, config={"read": {"pairs": {"criterion": criterion}}})
        [pair] = prefdata.explain(out, row=0).shown
        assert pair.text["chosen"][0]["content"] == chosen
    with pytest.raises(DialectError, match="no judgement looked at has the criterion 'fluency'"):
        prefdata.build(
            [source], out=tmp_path / "o", config={"read": {"pairs": {"criterion": "fluency"}}}
        )


def test_agreement_is_by_criterion_and_asks_for_none(tmp_path: Path) -> None:
    rows = [
        {"prompt": p, "response_0": "a", "response_1": "b", "annotator": judge,
         "better_response_id": 0, "safer_response_id": int(judge == "bob")}
        for p in PROMPTS
        for judge in ("ann", "bob")
    ]  # fmt: skip
    source = written(tmp_path / "pku.jsonl", rows)
    better, safer = agreement([source]).slices
    assert (better.criterion, better.unanimous_ratio) == ("better", 1.0)
    assert (safer.criterion, safer.unanimous_ratio) == ("safer", 0.0)
    out = tmp_path / "out"
    prefdata.build([source], out=out, config={"read": {"pairs": {"criterion": "better"}}})
    said = judgements_of(out)["said"].to_list()
    assert len(said) == 2 * len(PROMPTS)
    assert all(json.loads(each)["values"].keys() == {"better", "safer"} for each in said)
    assert prefdata.verify(out).problems == ()


def test_a_file_that_makes_no_pair_says_so(tmp_path: Path) -> None:
    rows = [{"prompt": p, "completion": "Yes.", "label": True} for p in PROMPTS]
    [file] = prefdata.inspect([written(tmp_path / "kto.jsonl", rows)]).files
    assert (file.rows, file.records, file.unpaired) == (4, 0, {"one-completion": 4})


def test_little_agreement_is_flagged_or_dropped(tmp_path: Path) -> None:
    votes = [vote(PROMPTS[0], label, judge) for label, judge in zip("AAABB", "vwxyz", strict=True)]
    source = written(tmp_path / "v.jsonl", votes)
    flagged = prefdata.build(
        [source], out=tmp_path / "f", config={"read": {"pairs": {"min_agreement": 0.7}}}
    )
    assert flagged.counts.flagged["disagreement"] == 1
    dropped = prefdata.build(
        [source],
        out=tmp_path / "d",
        config={
            "read": {"pairs": {"min_agreement": 0.7}},
            "check": {"rules": {"disagreement": "error"}},
        },
    )
    assert dropped.counts.dropped == {"disagreement": 1}
    assert prefdata.verify(tmp_path / "d").problems == ()
