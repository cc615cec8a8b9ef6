"""The agreement of judges in builds and audits: the figures of `agreement`, once computed."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

import prefdata
from prefdata.errors import IntegrityError
from prefdata.pipeline.agreement import agreement
from prefdata.reports.page.translations import chinese_of
from prefdata.results.agreement import AgreementReport
from prefdata.results.audit import AuditReport

PROMPTS = ("Which river is the longest?", "Why is the sky blue?", "Name a tall tree.")
VOTES = {"ann": "AAA", "bob": "AAB", "cyd": "ABA"}
"""The judge's vote on each prompt."""

FEW = {"read": {"pairs": {"min_agreement": 0.8}}}


def vote(prompt: str, said: str, judge: str) -> dict[str, str]:
    good, poor = f"A good answer to {prompt}", f"Nobody knows {prompt}"
    return {"prompt": prompt, "answer_a": good, "answer_b": poor, "winner": said, "judge": judge}


def written(folder: Path, votes: dict[str, str] = VOTES) -> list[Path]:
    folder.mkdir(exist_ok=True)
    for judge, said in votes.items():
        lines = [json.dumps(vote(*each, judge)) for each in zip(PROMPTS, said, strict=True)]
        (folder / f"{judge}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    return sorted(folder.glob("*.jsonl"))


def figures(report: AgreementReport) -> list[dict[str, Any]]:
    """All but the names of sources, which are longer where nothing is published."""
    dumped = [part.model_dump(mode="json") for part in report.slices]
    return [{**part, "source": part["source"] and Path(part["source"]).name} for part in dumped]


def sums(out: Path) -> dict[str, str]:
    files = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {
        str(path.relative_to(out)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files
    }


def report_of(out: Path) -> AuditReport:
    return AuditReport.model_validate_json((out / "report" / "report.json").read_bytes())


def test_a_build_has_the_figures_of_the_command(tmp_path: Path) -> None:
    sources, out = written(tmp_path / "raw"), tmp_path / "out"
    shared = tmp_path / "raw" / "shared.jsonl"  # by two judges; each other file is by one
    two = (("A", "ann"), ("B", "bob"))
    lines = [json.dumps(vote("Is ice warm?", said, judge)) for said, judge in two]
    shared.write_text("\n".join(lines), encoding="utf-8")
    sources = [*sources, shared]
    manifest = prefdata.build(sources, out=out, config={"audit": {"run": True}})
    kept = AgreementReport.model_validate_json((out / "agreement.json").read_bytes())
    assert figures(kept) == figures(agreement(sources))
    assert report_of(out).agreement == kept
    whole = manifest.agreement[0]
    assert (whole.source, whole.judges, whole.votes, whole.shared_items) == (None, 3, 11, 4)
    assert whole.alpha == kept.slices[0].alpha.value
    assert [entry.source for entry in manifest.agreement[1:]] == ["shared.jsonl"]
    assert prefdata.verify(out).problems == ()


def test_the_same_bytes_with_any_number_of_workers(tmp_path: Path) -> None:
    sources = written(tmp_path / "raw")
    outs = [tmp_path / str(workers) for workers in (1, 3)]
    for out, workers in zip(outs, (1, 3), strict=True):
        prefdata.build(sources, out=out, config={"audit": {"run": True}}, workers=workers)
    assert sums(outs[0]) == sums(outs[1])


def test_an_audit_of_the_folder_shows_what_its_build_measured(tmp_path: Path) -> None:
    sources, out = written(tmp_path / "raw"), tmp_path / "out"
    prefdata.build(sources, out=out)
    for source in sources:
        source.unlink()
    report = prefdata.audit(out)
    assert report.agreement is not None
    assert report.agreement.slices[0].votes == 9
    assert any("克里彭多夫 α" in text for text in chinese_of(report)["sentences"].values())
    assert prefdata.verify(out).problems == ()
    assert "agreement" in (out / "report" / "index.html").read_text(encoding="utf-8")


def test_an_agreement_that_was_changed_is_not_shown(tmp_path: Path) -> None:
    out = tmp_path / "out"
    prefdata.build(written(tmp_path / "raw"), out=out)
    path = out / "agreement.json"
    path.write_text(path.read_text(encoding="utf-8").replace("bob", "eve"))
    with pytest.raises(IntegrityError, match="was changed since the build wrote it"):
        prefdata.audit(out)


@pytest.mark.parametrize("votes", [{"ann": "AAA"}, {"ann": "AA", "bob": "B"}])
def test_where_no_votes_meet_nothing_is_said(votes: dict[str, str], tmp_path: Path) -> None:
    raw = tmp_path / "raw.jsonl"
    lines, rest = [], iter(PROMPTS)  # each judge has prompts of his own
    for judge, said in votes.items():
        lines += [json.dumps(vote(next(rest), each, judge)) for each in said]
    raw.write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out"
    manifest = prefdata.build([raw], out=out, config={"audit": {"run": True}})
    assert manifest.agreement == ()
    assert not (out / "agreement.json").exists()
    assert report_of(out).agreement is None


def test_what_becomes_of_votes_is_told_in_chinese(tmp_path: Path) -> None:
    split = {"ann": "AAA", "bob": "BAB", "cyd": "BBA", "dan": "AAB"}
    report = prefdata.audit(written(tmp_path / "raw", split), out=tmp_path / "out", config=FEW)
    told = {issue.code: [e.evidence for e in issue.examples] for issue in report.issues}
    assert told.keys() == {"tie", "disagreement"}
    chinese = chinese_of(report)["sentences"]
    for code, part in (("tie", "相互抵消"), ("disagreement", "位评判者中")):
        assert told[code]
        assert all(part in chinese[evidence] for evidence in told[code])
    assert any("α" in text for text in chinese.values())


def test_why_ratings_make_no_pair_is_told_in_chinese(tmp_path: Path) -> None:
    raw = tmp_path / "rated.jsonl"
    ratings = {"equal": [3, 3], "near": [3, 4], "far": [1, 5], "alone": [2]}
    rows = [
        {"prompt": p, "generations": [f"{p} {n}" for n in range(len(r))], "ratings": r}
        for p, r in ratings.items()
    ]
    raw.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    config = {"read": {"pairs": {"min_gap": 2}}}
    report = prefdata.audit([raw], out=tmp_path / "out", config=config)
    told = {issue.code: issue.examples[0].evidence for issue in report.issues}
    chinese = chinese_of(report)["sentences"]
    assert chinese[told["tie"]] == "2 个回答不分高下（评分：overall）"
    assert chinese[told["no-gap"]] == "没有两个分值相差达到 2（评分：overall）"
    assert chinese[told["one-completion"]] == "只有一个回答，无从比较"
