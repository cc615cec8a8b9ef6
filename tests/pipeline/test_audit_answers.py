"""From an audit to answers of people, to a second reading, to what may be dropped."""

from __future__ import annotations

import csv
from collections.abc import Collection
from pathlib import Path

import polars as pl
import pytest
from judged_pairs import pairs, quick
from sound_pairs import Write

from prefdata.config.model import BuildConfig
from prefdata.io.files.ledger import scan_ledger
from prefdata.io.review.key import decode_key
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.verify import verify
from prefdata.results.audit import AuditReport

MANY = frozenset(range(0, 400, 6))
FEW = frozenset(range(3, 400, 80))
"""Rows of 400 that are the wrong way round."""


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))


def rows_of(sheet: Path) -> list[dict[str, str]]:
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def answered(sheet: Path, copy: Path, turned: Collection[int]) -> Path:
    """The sheet with the true answer in each row that has none."""
    rows = rows_of(sheet)
    for row in rows:
        key = decode_key(row["key"])
        assert key is not None
        is_wrong = int(row["source_row"]) - 1 in turned
        row["better"] = row["better"] or ("B" if key.chosen_is_b is not is_wrong else "A")
    with copy.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    return copy


def config(sheet: Path | None = None, **more: object) -> BuildConfig:
    review = {} if sheet is None else {"decisions": str(sheet)}
    return quick(repeats=1, review=review, **more)


def read_twice(raw: Path, tmp_path: Path, turned: Collection[int]) -> tuple[Path, AuditReport]:
    """Three audits: one to ask, one to ask those called wrong again, one with both readings."""
    audit([raw], out=tmp_path / "one", config=config())
    once = answered(tmp_path / "one/review.csv", tmp_path / "once.csv", turned)
    audit([raw], out=tmp_path / "two", config=config(once))
    twice = answered(tmp_path / "two/review.csv", tmp_path / "twice.csv", turned)
    return twice, audit([raw], out=tmp_path / "three", config=config(twice))


def test_a_sheet_is_answered_asked_again_and_tells_the_share(write: Write, tmp_path: Path) -> None:
    raw = write("raw.jsonl", pairs(400, MANY))
    _, last = read_twice(raw, tmp_path, MANY)

    first = rows_of(tmp_path / "one/review.csv")
    assert len(first) == 40
    assert not any(row["better"] for row in first)
    places = {int(row["source_row"]) - 1 for row in first}
    wrong = places & MANY
    assert len(wrong) >= 15
    known = {decode_key(row["key"]) for row in first}
    assert {key.drawn.stratum for key in known if key} == {"first", "others"}

    again = rows_of(tmp_path / "two/review.csv")
    asked = [row for row in again if not row["better"]]
    answers = {int(row["source_row"]) - 1: row for row in again if row["better"]}
    before = {}
    for row in asked:
        key = decode_key(row["key"])
        assert key is not None
        before[int(row["source_row"]) - 1] = key.before
    called = {place for place, readings in before.items() if readings}
    assert called == wrong  # what was called wrong is read again, and nothing else
    assert set(before.values()) <= {("flip",), ()}
    assert again[: len(wrong)] == asked[: len(wrong)]  # first of all
    assert answers.keys() == places - wrong
    assert again[-len(answers) :] == list(answers.values())  # what is settled comes last

    once = AuditReport.model_validate_json((tmp_path / "two/report.json").read_bytes())
    for report, is_corrected in ((once, False), (last, True)):
        assert report.labels is not None
        assert report.labels.claims is not None
        told = report.labels.claims.answers
        assert told is not None
        assert told.rate.low <= len(MANY) / 400 <= told.rate.high
        assert (told.again, told.once) == ((len(wrong), 0) if is_corrected else (0, len(wrong)))
        assert told.reading_error == (0.1 if is_corrected else 0)
        assert report.reviewed is not None
        assert report.reviewed.flip_rate == told.rate
        assert {each.place.source_row - 1 for each in report.labels.suspects}.isdisjoint(places)
    table = pl.read_parquet(tmp_path / "three/rows.parquet")
    flips = table.filter(pl.col("class") == "likely-flipped")
    assert flips.height > 20
    is_wrong = (flips["source_row"] - 1).is_in(list(MANY))
    assert is_wrong.mean() > 0.8  # type: ignore[operator]
    assert table["p_flip"].is_between(0, 1).all()


def test_what_people_promise_is_dropped(write: Write, tmp_path: Path) -> None:
    raw, out = write("raw.jsonl", pairs(400, MANY)), tmp_path / "out"
    sheet, report = read_twice(raw, tmp_path, MANY)
    assert report.labels is not None
    assert report.labels.claims is not None
    assert report.labels.claims.answers is not None
    assert report.labels.claims.answers.may_drop
    manifest = build([raw], out=out, config=config(sheet, run=True, action="drop", precision=0.8))
    assert verify(out).problems == ()
    lines = scan_ledger(out).filter(reason="suspected").collect()
    dropped = {row - 1 for row in lines["source_row"].to_list()}
    assert manifest.counts.dropped["suspected"] == len(dropped) >= 20
    assert len(dropped & MANY) >= 0.8 * len(dropped)
    read = {int(row["source_row"]) - 1 for row in rows_of(sheet)}
    assert not dropped & read  # a person knows
    assert manifest.counts.dropped["reviewed-flip"] == len(read & MANY)
    assert "suspected" not in manifest.remarks
    assert manifest.audit is not None
    assert manifest.audit.wrong is not None


def test_what_people_do_not_promise_is_kept_and_it_is_said_why(
    write: Write, tmp_path: Path
) -> None:
    raw, out = write("raw.jsonl", pairs(400, FEW)), tmp_path / "out"
    audit([raw], out=tmp_path / "one", config=config())
    sheet = answered(tmp_path / "one/review.csv", tmp_path / "once.csv", FEW)
    manifest = build([raw], out=out, config=config(sheet, run=True, action="drop", precision=0.8))
    assert verify(out).problems == ()
    assert "suspected" not in manifest.counts.dropped
    assert "do not show that 80% of the 30 unread rows" in manifest.remarks["suspected"]
    assert manifest.counts.flagged["reviewed"] >= 35


def test_answers_to_an_earlier_ranking_promise_nothing_of_this_one(
    write: Write, tmp_path: Path
) -> None:
    """The share holds; what is asked next counts for the ranking of today."""
    raw = write("raw.jsonl", pairs(400, MANY))
    sheet, _ = read_twice(raw, tmp_path, MANY)
    before = {int(row["source_row"]) for row in rows_of(sheet)}

    def audited(name: str, sheet: Path) -> tuple[bool, int, bool, tuple[int, int]]:
        report = audit([raw], out=tmp_path / name, config=config(sheet, seed=7))
        assert report.labels is not None
        assert report.labels.claims is not None
        told = report.labels.claims.answers
        assert told is not None
        assert told.rate.low <= len(MANY) / 400 <= told.rate.high
        return told.of_this_ranking, told.unread, told.may_drop, told.wrong_at_top

    assert audited("other", sheet) == (False, 50, False, (0, 50))
    asked = rows_of(tmp_path / "other/review.csv")
    fresh = [row for row in asked if not row["better"]]
    assert fresh
    designs: dict[int, set[int]] = {}
    for row in asked:
        key = decode_key(row["key"])
        assert key is not None
        if key.drawn.stratum != "beyond":
            designs.setdefault(key.drawn.design, set()).add(int(row["source_row"]))
    assert len(designs) == 2
    now = next(rows for rows in designs.values() if rows - before)
    assert len(now) == 40
    assert now & before  # drawn again, with their answers: none is left out of the sample
    is_now, unread, _, (least, most) = audited(
        "again", answered(tmp_path / "other/review.csv", tmp_path / "more.csv", MANY)
    )
    assert is_now
    assert unread == 30
    assert 0 < least <= most
