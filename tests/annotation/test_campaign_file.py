"""The file of a campaign: what it refuses, what it says when it cannot be written, old versions."""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest

from prefdata.errors import (
    BusyFileError,
    FullDiskError,
    OutputError,
    ReadOnlyFileError,
    SourceError,
    TransientError,
)
from prefdata.io.annotation.schema import VERSION, create_tables
from prefdata.io.annotation.store import connect
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import NewVote, VoteAnswer
from tests.annotation.campaigns import Clock, config_of, item, items, joined, made, voted

ANSWER = VoteAnswer(choice=1)


def opened(campaign: Campaign, **options: object) -> Campaign:
    """The same campaign, as another process opens it."""
    return Campaign.open(campaign.path, **options)  # type: ignore[arg-type]


def test_a_campaign_is_opened_as_it_was_left(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(title="Which?", quota=7), items(3), Clock())
    ann = joined(campaign, "Ann")
    voted(campaign, ann, campaign.next(ann).items[0], ANSWER)
    campaign.close()
    again = Campaign.open(campaign.path)
    assert again.config == campaign.config
    assert (again.last_vote(), again.progress(ann).done) == (1, 1)
    assert sorted(path.name for path in tmp_path.iterdir())[0] == "labels.sqlite"


def test_a_file_that_exists_is_not_replaced(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(3), Clock())
    with pytest.raises(OutputError, match="exists already"):
        made(tmp_path, config_of(), items(3), Clock())
    assert len(campaign.next(joined(campaign, "Ann"), 9).items) == 3


def test_a_campaign_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="pairwise item has two"):
        made(tmp_path, config_of(), items(2, 3), Clock())
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "no such file"), (b"", "no campaign"), (b'{"prompt": 1}' * 99, "damaged")],
)
def test_what_is_no_campaign_is_refused(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "x.sqlite"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(SourceError, match=said):
        Campaign.open(path)
    assert content is None or path.read_bytes() == content


def test_a_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE vote(seq)")
    with pytest.raises(SourceError, match="no campaign"):
        Campaign.open(path)


def test_a_campaign_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(1), Clock())
    campaign.close()
    with closing(sqlite3.connect(campaign.path)) as connection:
        connection.execute(f"PRAGMA user_version = {VERSION + 1}")
    with pytest.raises(SourceError, match="newer prefdata"):
        Campaign.open(campaign.path)


def old_file(path: Path) -> None:
    """A campaign of version 0: two people have judged the first item, one the second."""
    path.touch()
    with closing(connect(path)) as connection:
        connection.execute("BEGIN")
        create_tables(connection)
        config = config_of(votes=2).model_dump_json()
        connection.execute("INSERT INTO meta VALUES('config', ?)", (config,))
        for number in (1, 2, 3):
            connection.execute(
                "INSERT INTO item(id, position, key, prompt, completions, kind, overlap) "
                'VALUES(?, ?, ?, \'[]\', \'[{"text":"a"},{"text":"b"}]\', \'pairwise\', 2)',
                (number, number, f"i{number}"),
            )
        for name in ("Ann", "Bob"):
            connection.execute(
                "INSERT INTO person(name, role, joined) VALUES(?, 'annotator', 0)", (name,)
            )
        for seq, (number, person) in enumerate(((1, 1), (1, 2), (2, 1)), 1):
            connection.execute(
                "INSERT INTO lease VALUES(?, ?, ?, 'vote', '[0,1]', 0, 1, ?)",
                (seq, number, person, seq),
            )
            connection.execute(
                "INSERT INTO vote(request, lease, item, person, purpose, at, answer, shown) "
                "VALUES(?, ?, ?, ?, 'vote', 0, '{\"choice\":1}', '[0,1]')",
                (f"r{seq}", seq, number, person),
            )
        connection.execute("COMMIT")


def test_a_campaign_of_an_older_version_goes_on_where_it_was(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    old_file(path)
    with pytest.raises(SourceError, match="older prefdata"):
        Campaign.open(path, is_read_only=True)
    campaign = Campaign.open(path)
    assert (campaign.overview().items, campaign.overview().done) == (3, 1)
    assert len(list(campaign.export())) == 3
    assert len(campaign.next(1, 9).items) == 1, "the third item"
    assert len(campaign.next(2, 9).items) == 2, "the second and the third one"
    campaign.close()
    with closing(connect(path)) as connection:
        assert connection.execute("PRAGMA user_version").fetchone()[0] == VERSION


def test_a_file_that_another_program_holds_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(3), Clock())
    ann = joined(campaign, "Ann")
    shown = campaign.next(ann).items[0]
    hasty = opened(campaign, wait=0.05)
    with closing(connect(campaign.path)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BusyFileError, match="Try again"):
            voted(hasty, ann, shown, ANSWER)
        assert hasty.overview().votes == 0, "reading goes on"
        other.rollback()
    assert voted(hasty, ann, shown, ANSWER).saved == 1


def test_a_full_disk_is_told_and_nothing_is_lost(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(200), Clock())
    ann = joined(campaign, "Ann")
    size = campaign.path.stat().st_size
    campaign.close()
    full = Campaign.open(campaign.path, most_bytes=size + 16_384)
    saved, refused = [], None
    for _ in range(200):
        shown = full.next(ann, 1).items[0]
        vote = NewVote(f"r{len(saved)}", shown.id, ANSWER, comment="x" * 5000)
        try:
            saved.append(full.answer(ann, vote).saved)
        except FullDiskError as error:
            refused = vote
            assert "make room" in str(error)
            break
    assert saved and refused is not None
    assert full.last_vote() == len(saved) == len(list(full.export()))
    full.close()
    roomy = Campaign.open(campaign.path)
    assert roomy.answer(ann, refused).saved == len(saved) + 1


def test_of_votes_that_are_written_together_only_those_that_fit_are_refused(
    tmp_path: Path,
) -> None:
    campaign = made(tmp_path, config_of(votes=20), items(2), Clock())
    people = [joined(campaign, f"n{n}") for n in range(20)]
    shown = {person: campaign.next(person, 1).items[0].id for person in people}
    size = campaign.path.stat().st_size
    campaign.close()
    tight = Campaign.open(campaign.path, most_bytes=size + 32_768)
    told: dict[int, bool] = {}

    def vote(person: int) -> None:
        sent = NewVote(f"r{person}", shown[person], ANSWER, comment="x" * 9000)
        try:
            tight.answer(person, sent)
            told[person] = True
        except FullDiskError:
            told[person] = False

    threads = [threading.Thread(target=vote, args=[person]) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(told.values()) == {True, False}
    kept = {int(vote.item) for person in people for vote in tight.mine(person)}
    assert kept == {shown[person] for person in people if told[person]}


def test_a_file_that_may_only_be_read_is_told(tmp_path: Path) -> None:
    clock = Clock()
    campaign = made(tmp_path, config_of(), items(3), clock)
    ann, lead = joined(campaign, "Ann"), campaign.join(campaign.invite("lead").token, "Lead")
    shown = campaign.next(ann).items[0]
    reader = opened(campaign, is_read_only=True, clock=clock)
    with pytest.raises(ReadOnlyFileError, match="only be read") as refused:
        voted(reader, ann, shown, ANSWER)
    assert isinstance(refused.value, TransientError), "the page keeps the vote and sends it again"
    assert reader.item(ann, shown.id).id == shown.id
    clock.now += 7200
    assert reader.session(lead.session).person.name == "Lead", "looking goes on"
    campaign.close()
    reader.close()
    assert Campaign.open(campaign.path, is_read_only=True).last_vote() == 0


def test_readers_see_one_moment_while_others_write(tmp_path: Path) -> None:
    campaign = made(tmp_path, config_of(), items(500), Clock())
    ann = joined(campaign, "Ann")
    for _ in range(220):
        voted(campaign, ann, campaign.next(ann, 1).items[0], ANSWER)
    lines = opened(campaign).export()
    first = next(lines)
    campaign.add([item(n) for n in range(600, 700)])
    for _ in range(10):
        voted(campaign, ann, campaign.next(ann, 1).items[0], ANSWER)
    assert len([first, *lines]) == 220
