"""A build whose last step is the audit of its labels."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest
from judged_pairs import GOOD, TURNED, pairs, quick
from sound_pairs import Write

from prefdata.errors import DataError, OutputError
from prefdata.pipeline import build as build_module
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.verify import verify
from prefdata.results.audit import AuditReport


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def raw(write: Write) -> Path:
    return write("raw.jsonl", ["{broken", *pairs(240, TURNED)])


def report_of(out: Path) -> AuditReport:
    return AuditReport.model_validate_json((out / "report/report.json").read_bytes())


def files_of(out: Path) -> dict[str, bytes]:
    found = (path for path in out.rglob("*") if path.is_file())
    return {path.relative_to(out).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize("action", ["drop", "flag", "soft-label", "off"])
def test_books_of_build_and_report_agree(action: str, raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = build([raw], out=out, config=quick(run=True, action=action))
    assert not verify(out).problems
    report = report_of(out)
    assert report.counts == manifest.counts
    assert report.labels is not None
    assert manifest.audit is not None
    likely = report.labels.classes["likely-flipped"]
    assert manifest.audit.likely_flipped == likely >= 8
    where = {"drop": manifest.counts.dropped, "off": {}}.get(action, manifest.counts.flagged)
    assert where.get("likely-flipped", 0) == (0 if action == "off" else likely)
    table = pl.read_parquet(out / "report/rows.parquet")
    assert len(table) == 241
    gone = table.filter(reason="likely-flipped")
    assert len(gone) == (likely if action == "drop" else 0)
    assert gone["p_flip"].is_not_null().all()


def test_labels_are_dropped_by_their_chance_and_no_more_than_asked(
    raw: Path, tmp_path: Path
) -> None:
    manifest = build([raw], out=tmp_path / "out", config=quick(run=True, action="drop", top=5))
    assert manifest.counts.dropped["likely-flipped"] == 5
    lines = pl.read_parquet(sorted((tmp_path / "out/ledger").glob("*.parquet")))
    dropped = set(lines.filter(reason="likely-flipped")["source_row"] - 2)
    assert len(dropped & TURNED) >= 4


def test_a_killed_build_ends_with_the_same_bytes(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = quick(run=True, action="drop")
    build([raw], out=tmp_path / "whole", config=config)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    for step in ("write_data", "write_ledger", "file_entries"):
        monkeypatch.setattr(build_module, step, killed)
        with pytest.raises(KeyboardInterrupt):
            build([raw], out=tmp_path / "out", config=config)
        monkeypatch.undo()
        monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    build([raw], out=tmp_path / "out", config=config)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "whole")


def filled(sheet: Path, copy: Path) -> Path:
    """The sheet with the true answer in each row: the side with the good words."""
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    for row in rows:
        row["better"] = "A" if row["completion_a"].split()[1] in GOOD else "B"
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return copy


def test_answers_of_people_turn_labels_and_outweigh_the_models(raw: Path, tmp_path: Path) -> None:
    audit([raw], out=tmp_path / "audit", config=quick(review={"rows": 60}))
    sheet = filled(tmp_path / "audit/review.csv", tmp_path / "answers.csv")
    review = {"decisions": str(sheet), "flips": "flip"}
    manifest = build(
        [raw], out=tmp_path / "out", config=quick(run=True, action="drop", review=review)
    )
    assert not verify(tmp_path / "out").problems
    flipped = manifest.counts.flagged["label-flipped"]
    assert 8 <= flipped <= len(TURNED)
    report = report_of(tmp_path / "out")
    assert report.reviewed is not None
    assert report.reviewed.decisions["flip"] == flipped
    rate = report.reviewed.flip_rate
    assert rate is not None and rate.low is not None and rate.high is not None
    assert rate.low - 1e-5 <= len(TURNED) / 240 <= rate.high
    decided = pl.read_parquet(tmp_path / "out/report/rows.parquet").filter(
        pl.col("row").is_in([each.place.row for each in report.labels.suspects])
        if report.labels
        else False
    )
    assert not set(decided["source_row"] - 2) & TURNED  # nobody suspects what was decided
    assert manifest.counts.dropped.get("likely-flipped", 0) <= len(TURNED) - flipped + 3


def test_a_filled_in_sheet_is_not_lost(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    build([raw], out=out, config=quick(run=True))
    sheet = out / "report/review.csv"
    filled(sheet, sheet)
    with pytest.raises(OutputError, match="--decisions"):
        audit([out], config=quick())
    with pytest.raises(OutputError, match="--decisions"):
        build([raw], out=out, config=quick(run=True), force=True)
    answers = sheet.read_bytes()
    audit([out], config=quick(review={"decisions": str(sheet)}))
    assert not verify(out).problems
    assert (out / "report/decisions.csv").read_bytes() == answers
    assert json.loads((out / "manifest.json").read_text())["audit"]["prior"][1] < 0.2
    kept = rf"kept in {out}/report/decisions.csv: give that file with --decisions"
    with pytest.raises(DataError, match=f"holds no decision.* {kept}"):  # asked anew, and empty
        audit([out], config=quick(review={"decisions": str(sheet)}))
    sheet.unlink()
    with pytest.raises(DataError, match=f"there is no review sheet.* {kept}"):
        audit([out], config=quick(review={"decisions": str(sheet)}))
