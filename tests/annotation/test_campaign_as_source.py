"""What reads a campaign: build, agreement, decisions on an audit."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import prefdata
from prefdata.errors import SourceError
from prefdata.io.annotation.header import is_campaign
from prefdata.io.annotation.snapshot import spool_votes
from prefdata.io.review.answers import read_answers
from prefdata.io.review.key import Key, encode_key
from prefdata.io.review.sheet import SheetRow, write_sheet_jsonl
from prefdata.pipeline.agreement import agreement
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.pipeline.annotation.opening import open_campaign
from prefdata.results.annotation import VoteAnswer
from prefdata.results.review import STRATA, Drawn
from tests.annotation.campaigns import Clock, config_of, is_as_written, items, joined, made, voted


def judged_by(campaign: Campaign, name: str, choice: int) -> None:
    """Somebody votes on everything; `choice` as the completions were written."""
    person = joined(campaign, name)
    while shown := campaign.next(person).items:
        for each in shown:
            turned = choice if is_as_written(each) else 8 - choice
            voted(campaign, person, each, VoteAnswer(choice=turned))


def test_votes_become_pairs_with_both_laws(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(votes=3), items(12), Clock())
    for name, choice in (("ann", 2), ("bob", 3), ("cyd", 6)):
        judged_by(campaign, name, choice)
    manifest = prefdata.build([campaign.path], out=tmp_path / "out")
    counts = manifest.counts
    assert counts.rows is not None
    assert (counts.rows.read, counts.rows.in_pairs, counts.rows.pairs) == (36, 36, 12)
    assert prefdata.verify(tmp_path / "out").problems == ()
    [pair] = prefdata.explain(tmp_path / "out", row=0).shown
    assert [said["judge"] for said in pair.judgements] == ["p1", "p2", "p3"]
    assert pair.text["chosen"][0]["content"].endswith(".0")
    campaign.close()


def test_a_run_reads_the_votes_of_one_moment(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(votes=2), items(5), Clock())
    judged_by(campaign, "ann", 1)
    before = spool_votes(campaign.path, tmp_path / "before.jsonl").read_bytes()
    upto = campaign.last_vote()
    judged_by(campaign, "bob", 7)
    assert b"".join(campaign.export(upto)) == before
    assert spool_votes(campaign.path, tmp_path / "after.jsonl").read_bytes() != before
    campaign.close()


def test_a_campaign_that_is_in_use_is_read_among_other_files(tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    raw.mkdir()
    campaign = made(raw, config_of(), items(4), Clock())
    judged_by(campaign, "ann", 1)
    assert (raw / "labels.sqlite-wal").exists()
    row = {"prompt": "p", "chosen": "yes, it is so", "rejected": "no"}
    (raw / "pairs.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    manifest = prefdata.build([raw], out=tmp_path / "out")
    assert [source.name for source in manifest.sources] == ["labels.sqlite", "pairs.jsonl"]
    assert manifest.counts.kept == 5
    campaign.close()


def test_other_databases_and_campaigns_without_votes_are_no_sources(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "other.sqlite")) as other:
        other.execute("CREATE TABLE t(x)")
        other.commit()
    assert not is_campaign(tmp_path / "other.sqlite")
    with pytest.raises(SourceError, match="SQLite"):
        prefdata.validate([tmp_path / "other.sqlite"])
    campaign = made(tmp_path, config_of(), items(2), Clock())
    campaign.close()
    with pytest.raises(SourceError, match="nobody has voted"):
        prefdata.validate([campaign.path])


def test_a_leads_decision_settles_the_label(tmp_path: Path) -> None:
    config = config_of(votes=2, third=False)
    campaign = made(tmp_path, config, items(3), Clock())
    for name, choice in (("ann", 1), ("bob", 7)):
        judged_by(campaign, name, choice)
    lead = campaign.join(campaign.invite("lead").token, "lea").person.id
    (first, *_) = campaign.disagreements()
    answer = VoteAnswer(choice=7)
    campaign.adjudicate(lead, first.item, answer)
    counts = prefdata.build([campaign.path], out=tmp_path / "out").counts
    assert counts.rows is not None
    assert (counts.rows.pairs, counts.rows.unpaired) == (1, {"tie": 4})
    report = agreement([campaign.path])
    assert report.slices[0].votes == 6
    campaign.close()


def reviewed(tmp_path: Path, rows: int) -> Path:
    """A folder with a review sheet; in even rows chosen is shown as B."""
    sheet = tmp_path / "OUT" / "report" / "review.jsonl"
    sheet.parent.mkdir(parents=True)
    drawn = Drawn(STRATA[0], rows, rows, 7)
    keys = [Key(f"{n:032x}", n % 2 == 0, drawn) for n in range(rows)]
    lines = (SheetRow(f"q{n}", f"a{n}", f"b{n}", "x.jsonl", n + 1, k) for n, k in enumerate(keys))
    write_sheet_jsonl(sheet, lines)
    assert encode_key(keys[0]) in sheet.read_text(encoding="utf-8")
    return tmp_path / "OUT"


def test_a_review_gives_decisions(tmp_path: Path) -> None:
    out = reviewed(tmp_path, 4)
    opened = open_campaign(tmp_path / "review.sqlite", (), review=out)
    campaign = opened.campaign
    person = joined(campaign, "ann")
    said = {"q0": 1, "q1": 1, "q2": "both-bad", "q3": "unsure"}
    while shown := campaign.next(person).items:
        for each in shown:
            choice = said[each.prompt[0].text]
            if choice == 1 and not each.completions[0].messages[0].text.startswith("a"):
                choice = 7
            voted(campaign, person, each, VoteAnswer(choice=choice), comment="so")
    answers = read_answers(campaign.path)
    found = {answer.fingerprint: answer.decision for answer in answers.decided}
    assert {f"{n:032x}": d for n, d in enumerate(("flip", "keep", "drop", "unsure"))} == found
    assert {answer.note for answer in answers.decided} == {"so"}
    campaign.close()


def test_a_folder_without_a_sheet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="has no review sheet"):
        open_campaign(tmp_path / "review.sqlite", (), review=tmp_path)
    assert not (tmp_path / "review.sqlite").exists()
