"""A campaign of annotation in one file: what annotators, the lead, and programs may do with it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import partial
from itertools import islice
from pathlib import Path

from prefdata.config.annotation import AnnotationConfig
from prefdata.errors import AnswerError, SourceError, UnsavedError
from prefdata.io.annotation import people as doors
from prefdata.io.annotation.export import exported
from prefdata.io.annotation.items import (
    insert_item,
    key_of,
    read_config,
    read_item,
    read_meta,
    shown_item,
    title_of,
    write_meta,
)
from prefdata.io.annotation.questions import insert_question, read_questions, write_reply
from prefdata.io.annotation.store import Database, Result, create_file, open_file
from prefdata.io.annotation.votes import last_vote, own_vote, own_votes, progress_of
from prefdata.pipeline.annotation import lead
from prefdata.pipeline.annotation.giving import PAUSED, Giving, next_items
from prefdata.pipeline.annotation.measuring import Measuring
from prefdata.pipeline.annotation.voting import Voting, import_all, own_showing, save_vote
from prefdata.results.annotation import (
    AddedItems,
    CampaignOverview,
    DisputedItem,
    GuidelineQuestion,
    ImportedVote,
    Invitation,
    Invited,
    Joined,
    NewItem,
    NewVote,
    NextItems,
    OwnVote,
    PersonFigures,
    Role,
    SavedVote,
    ShownItem,
    SideVote,
    SignedIn,
    VoteAnswer,
    VoteProgress,
)
from prefdata.transforms.annotation.answers import LONGEST_TEXT
from prefdata.transforms.annotation.turns import people_wanted

Clock = Callable[[], float]

DAY = 24 * 3600.0
LONGEST_NAME = 80
"""Characters of a person's name."""

_LINK_SECONDS = 900.0  # of a link to sign in on another device
_AT_ONCE = 500  # items or votes that are written together
_REVIEW = "is_review"


class Campaign:
    """One campaign. Safe to use from several threads, and its file from several processes.

    `person`: the number of a person who is signed in (`SignedIn.person.id`). All methods raise
    UnsavedError (BusyFileError, FullDiskError, ReadOnlyFileError) if the file cannot be written
    now; what a method has returned is on the disk. CampaignError and its kinds: what was asked is
    refused, in a sentence for a person, and nothing was changed.
    """

    def __init__(self, database: Database, clock: Clock = time.time) -> None:
        self.path = database.path
        self._database = database
        self._clock = clock
        with database.reading() as db:
            self.config: AnnotationConfig = read_config(db)
            self.is_review = read_meta(db, _REVIEW) is not None
        self._measuring = Measuring(database, self.config)
        self._looks = lead.Looks()

    @classmethod
    def create(
        cls,
        path: str | Path,
        config: AnnotationConfig,
        items: Iterable[NewItem],
        *,
        is_review: bool = False,
        clock: Clock = time.time,
    ) -> Campaign:
        """Makes the file. Raises OutputError if it exists, AnswerError for a wrong gold answer."""

        def fill(db: sqlite3.Connection) -> None:
            write_meta(db, "config", config.model_dump_json())
            write_meta(db, _REVIEW, "true" if is_review else None)
            write_meta(db, "made", str(clock()))
            for item in items:
                _insert(db, config, item)

        create_file(Path(path), fill)
        return cls.open(path, clock=clock)

    @classmethod
    def open(
        cls,
        path: str | Path,
        *,
        clock: Clock = time.time,
        wait: float = 5.0,
        most_bytes: int | None = None,
        is_read_only: bool = False,
    ) -> Campaign:
        """Opens a file, of an older version too.

        `wait`: seconds that another program's lock is awaited; `most_bytes`: size that the file may
        reach. Raises SourceError: there is none, it is none of ours, or of a newer version.
        """
        database = open_file(
            Path(path), wait=wait, most_bytes=most_bytes, is_read_only=is_read_only
        )
        return cls(database, clock)

    def close(self) -> None:
        """Ends what works in the background, and lets go of the file."""
        self._measuring.close()
        self._database.close()

    def _read(self, look: Callable[[sqlite3.Connection], Result]) -> Result:
        with self._database.reading() as db:
            return look(db)

    # Doors

    def invite(
        self,
        role: Role = "annotator",
        *,
        name: str | None = None,
        uses: int | None = None,
        days: float | None = 30,
    ) -> Invited:
        """An invitation; its token is said this once. `uses`: people who may join by it."""
        if (uses is not None and uses < 1) or (days is not None and days <= 0):
            raise AnswerError("an invitation needs at least one use, and some time to be used in")
        now = self._clock()
        expires = None if days is None else now + days * DAY
        name = None if name is None else _name(name)
        return self._database.write(
            lambda db: doors.insert_invitation(db, role, name, uses, now, expires)
        )

    def link(self, person: int) -> Invited:
        """An invitation by which the same person signs in on another device, once and soon."""
        now = self._clock()

        def make(db: sqlite3.Connection) -> Invited:
            role = doors.read_person(db, person).role
            return doors.insert_invitation(db, role, None, 1, now, now + _LINK_SECONDS, person)

        return self._database.write(make)

    def peek(self, token: str) -> Invitation:
        """The invitation of a token, before it is used. Raises SignedOutError."""
        return self._read(partial(doors.valid_invitation, token=token, now=self._clock()))

    def join(self, token: str, name: str, language: str | None = None) -> Joined:
        """Signs a person in. Raises SignedOutError: no such invitation, or it has ended."""
        name, now = _name(name), self._clock()
        return self._database.write(lambda db: doors.use_invitation(db, token, name, language, now))

    def session(self, token: str) -> SignedIn:
        """Who it is. Raises SignedOutError."""
        now = self._clock()
        signed, is_due = self._read(partial(doors.read_session, token=token, now=now))
        if is_due:
            with suppress(UnsavedError):  # whoever cannot be noted as seen may still look
                self._database.write(partial(doors.keep_session, token=token, now=now))
        return signed

    def leave(self, token: str) -> None:
        """Ends a session; one that has ended already is none the worse."""
        self._database.write(partial(doors.delete_session, token=token))

    # Annotators

    def progress(self, person: int) -> VoteProgress:
        """How far a person is."""
        now, quota = self._clock(), self.config.quota
        return self._read(lambda db: progress_of(db, person, quota, now))

    def next(self, person: int, count: int = 2, skip: Iterable[int] = ()) -> NextItems:
        """What a person judges next: what is held for the person first, then fresh items.

        `skip`: showings that the person's page has already; they stay held for the person. Nobody
        holds more than `MOST_AT_ONCE` items unanswered. Raises SignedOutError, AbsentError.
        """
        giving = Giving(self.config, "review" if self.is_review else "vote", person, self._clock())
        known = frozenset(skip)
        return self._database.write(
            lambda db: next_items(db, giving, count, known), is_durable=False
        )

    def answer(self, person: int, vote: NewVote) -> SavedVote:
        """Saves a vote, or a changed one. Raises AnswerError, NotYoursError, GoneError."""
        voting = Voting(self.config, person, self._clock())
        saved = self._database.write(lambda db: save_vote(db, voting, vote))
        self._measuring.note(saved.saved)
        return saved

    def mine(self, person: int, before: int | None = None, count: int = 50) -> tuple[OwnVote, ...]:
        """A person's last votes, the latest first. `before`: only those with a lower `seq`."""
        found = self._read(lambda db: own_votes(db, person, before, count))
        return tuple(
            OwnVote(v.seq, v.item, v.at, v.answer, v.comment, v.flag, v.confidence, title_of(said))
            for v, said in found
        )

    def item(self, person: int, shown: int) -> ShownItem:
        """A showing of the person's own. Raises AbsentError, NotYoursError."""

        def look(db: sqlite3.Connection) -> ShownItem:
            showing = own_showing(db, person, shown)
            item = read_item(db, showing.item)
            assert item is not None, "a showing is of an item"
            return shown_item(item, shown, showing.shown, own_vote(db, shown))

        return self._read(look)

    def ask(self, person: int, shown: int | None, text: str) -> GuidelineQuestion:
        """Asks the lead. Raises AnswerError for an empty text, or one too long."""
        text, now = _text(text), self._clock()

        def change(db: sqlite3.Connection) -> GuidelineQuestion:
            item = None if shown is None else own_showing(db, person, shown).item
            number = insert_question(db, person, item, text, now)
            return read_questions(db, question=number)[0][0]

        return self._database.write(change)

    def my_questions(self, person: int) -> tuple[GuidelineQuestion, ...]:
        """A person's questions, with their replies."""
        return tuple(q for q, _ in self._read(lambda db: read_questions(db, person=person)))

    # The lead

    def overview(self) -> CampaignOverview:
        """Where the campaign stands. What takes long is measured in the background."""
        measured, now = self._measuring.latest(), self._clock()
        return self._read(
            lambda db: lead.overview(
                db,
                self._looks.look(db, now),
                measured,
                is_paused=read_meta(db, PAUSED) is not None,
            )
        )

    def people(self, *, names: bool = False) -> tuple[PersonFigures, ...]:
        """The annotators' figures, beside each other. `names`: people by name."""
        measured, now = self._measuring.latest(), self._clock()
        look = self._read(lambda db: self._looks.look(db, now))
        return lead.people(look, measured, names=names)

    def measure(self) -> None:
        """Measures agreement and people anew, and waits for it."""
        self._measuring.measure()

    def disagreements(self, before: int | None = None, count: int = 20) -> tuple[DisputedItem, ...]:
        """Items on which people disagree after all have voted: undecided ones, then decided ones.

        `before`: the `item` of the last one seen.
        """
        return self._read(lambda db: lead.disputes(db, self.config, before, count))

    def adjudicate(
        self, person: int, item: int, answer: VoteAnswer, comment: str | None = None
    ) -> SideVote:
        """Settles an item; `answer` by the places of `DisputedItem.completions`."""
        voting = Voting(self.config, person, self._clock())
        return self._database.write(lambda db: lead.decide(db, voting, item, answer, comment))

    def questions(self) -> tuple[GuidelineQuestion, ...]:
        """All questions, those without a reply first."""
        return tuple(question for question, _ in self._read(read_questions))

    def reply(self, question: int, text: str) -> GuidelineQuestion:
        """Replies to a question. Raises AbsentError, AnswerError."""
        text, now = _text(text), self._clock()

        def change(db: sqlite3.Connection) -> GuidelineQuestion:
            write_reply(db, question, text, now)
            return read_questions(db, question=question)[0][0]

        return self._database.write(change)

    def invitations(self) -> tuple[Invitation, ...]:
        """All invitations, the latest first."""
        return self._read(doors.read_invitations)

    def revoke(self, *, invitation: int | None = None, person: int | None = None) -> None:
        """Ends an invitation, or a person's sessions and what the person holds; votes stay."""
        now = self._clock()
        if invitation is not None:
            self._database.write(lambda db: doors.revoke_invitation(db, invitation, now))
        if person is not None:
            self._database.write(lambda db: doors.revoke_person(db, person, now))
            self._looks.forget()

    def pause(self, person: int | None = None) -> None:
        """Nobody, or one person, is given items until `resume`; answers are still taken."""
        self._pause(person, self._clock())

    def resume(self, person: int | None = None) -> None:
        """Takes back `pause`."""
        self._pause(person, None)

    def _pause(self, person: int | None, since: float | None) -> None:
        if person is not None:
            self._database.write(lambda db: doors.pause_person(db, person, since))
            self._looks.forget()
        else:
            noted = None if since is None else str(since)
            self._database.write(lambda db: write_meta(db, PAUSED, noted))

    # What goes in and out

    def add(self, items: Iterable[NewItem]) -> AddedItems:
        """Adds items that are not there yet."""
        added = known = 0
        waiting = iter(items)
        while together := list(islice(waiting, _AT_ONCE)):
            new = self._database.write(partial(_insert_all, config=self.config, items=together))
            added, known = added + new, known + len(together) - new
        return AddedItems(added, known)

    def import_votes(self, votes: Iterable[ImportedVote]) -> int:
        """Adds votes of judges from elsewhere, each once. Returns how many were new.

        Raises AbsentError for an item that is not there, AnswerError for what is no answer.
        """
        new, now, waiting = 0, self._clock(), iter(votes)
        while together := list(islice(waiting, _AT_ONCE)):
            new += self._database.write(
                partial(import_all, config=self.config, votes=together, now=now)
            )
        return new

    def last_vote(self) -> int:
        """The number of the last vote; 0: none. `export` up to it never changes."""
        return self._read(last_vote)

    def export(self, upto: int | None = None) -> Iterator[bytes]:
        """The votes as JSON Lines of judgements, by dialect `judgement`; up to a vote."""
        return exported(self._database, upto)


def _insert_all(db: sqlite3.Connection, config: AnnotationConfig, items: list[NewItem]) -> int:
    """How many of the items were new."""
    return sum(_insert(db, config, item) for item in items)


def _insert(db: sqlite3.Connection, config: AnnotationConfig, item: NewItem) -> bool:
    count = len(item.completions)
    if count < 1 or (config.kind != "rating" and count < 2):
        raise SourceError(f"item {item.key or item.line}: a {config.kind} item needs completions")
    if config.kind == "pairwise" and count != 2:
        raise SourceError(
            f"item {item.key or item.line}: has {count} completions, and a pairwise item has two"
        )
    key = key_of(item)
    is_known = item.is_practice or item.gold is not None
    wanted = None if is_known else people_wanted(config, key)
    return insert_item(db, item, key, config.kind, wanted)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise AnswerError(f"name: write 1 to {LONGEST_NAME} characters that can be seen")
    return name


def _text(text: str) -> str:
    text = text.strip()
    if not 1 <= len(text) <= LONGEST_TEXT:
        raise AnswerError(f"text: write 1 to {LONGEST_TEXT:,} characters")
    return text
