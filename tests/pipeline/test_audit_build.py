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
    assert manifest.counts.dropped == {}  # nobody has answered anything
    against = report.labels.classes["model-disagrees"]
    assert against >= 8
    flagged = manifest.counts.flagged.get("model-disagrees", 0)
    assert flagged == (0 if action == "off" else against)
    assert ("suspected" in manifest.remarks) is (action in ("drop", "soft-label"))
    table = pl.read_parquet(out / "report/rows.parquet")
    assert len(table) == 241
    assert table.filter(**{"class": "model-disagrees"}).height == against


def test_drop_without_answers_drops_nothing_and_says_why(raw: Path, tmp_path: Path) -> None:
    manifest = build([raw], out=tmp_path / "out", config=quick(run=True, action="drop", top=5))
    assert manifest.counts.dropped == {}
    assert manifest.counts.flagged["model-disagrees"] == 5
    remark = manifest.remarks["suspected"]
    assert remark.startswith("drop needs answers of people")
    assert "report/review.csv" in remark
    lines = pl.read_parquet(sorted((tmp_path / "out/ledger").glob("*.parquet")))
    assert "suspected" not in set(lines["reason"])


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


def rows_of(sheet: Path) -> list[dict[str, str]]:
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def filled(sheet: Path, copy: Path) -> Path:
    """The sheet with the true answer in each row: the side with the good words."""
    rows = rows_of(sheet)
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
    answered = {int(row["source_row"]) - 2 for row in rows_of(sheet)}
    flipped = manifest.counts.flagged["label-flipped"]
    assert flipped == len(answered & TURNED) >= 3
    report = report_of(tmp_path / "out")
    assert report.reviewed is not None
    assert report.reviewed.decisions["flip"] == flipped
    rate = report.reviewed.flip_rate
    assert rate is not None
    assert rate.low - 1e-5 <= len(TURNED) / 240 <= rate.high
    assert report.labels is not None
    suspected = {each.place.source_row - 2 for each in report.labels.suspects}
    assert suspected
    assert not suspected & answered  # nobody suspects what was decided
    assert "suspected" not in manifest.counts.dropped


@pytest.mark.usefixtures("in_shell")
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
    first = audit([out], config=quick(review={"decisions": str(sheet)}))
    assert first.reviewed is not None
    assert not verify(out).problems
    assert (out / "report/decisions.csv").read_bytes() == answers
    low, high = json.loads((out / "manifest.json").read_text())["audit"]["wrong"]
    assert low <= len(TURNED) / 240 <= high < 0.3
    kept = rf"kept in {out}/report/decisions.csv: give that file with --decisions"
    again = audit([out], config=quick(review={"decisions": str(sheet)}))  # it goes on from there
    assert again.reviewed is not None
    assert (out / "report/decisions.csv").read_bytes() != answers
    assert again.reviewed == report_of(out).reviewed
    assert again.reviewed.decisions == first.reviewed.decisions
    empty = sheet.with_name("empty.csv")
    empty.write_text("source,source_row,decision\nraw.jsonl,2,\n")
    with pytest.raises(DataError, match=f"holds no decision.* {kept}"):
        audit([out], config=quick(review={"decisions": str(empty)}))
    empty.unlink()
    sheet.unlink()
    with pytest.raises(DataError, match=f"there is no review sheet.* {kept}"):
        audit([out], config=quick(review={"decisions": str(sheet)}))
