"""A campaign of annotation in one file: what annotators, the lead, and programs may do with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from prefdata.config.annotation import AnnotationConfig
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

Clock = Callable[[], float]


class Campaign:
    """One campaign. Safe to use from several threads, and its file from several processes.

    `person`: the number of a person who is signed in (`SignedIn.person.id`). All methods raise
    UnsavedError (BusyFileError, FullDiskError, ReadOnlyFileError) if the file cannot be written
    now; what a method has returned is on the disk. CampaignError and its kinds: what was asked is
    refused, in a sentence for a person, and nothing was changed.
    """

    path: Path
    config: AnnotationConfig

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
        """Makes the file. Raises OutputError if it exists."""
        raise NotImplementedError

    @classmethod
    def open(cls, path: str | Path, *, clock: Clock = time.time) -> Campaign:
        """Opens a file, of an older version too. Raises SourceError: none, or none of ours."""
        raise NotImplementedError

    def close(self) -> None:
        """Ends what works in the background, and lets go of the file."""

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
        raise NotImplementedError

    def join(self, token: str, name: str, language: str | None = None) -> Joined:
        """Signs a person in. Raises SignedOutError: no such invitation, or it has ended."""
        raise NotImplementedError

    def peek(self, token: str) -> Invitation:
        """The invitation of a token, before it is used. Raises SignedOutError."""
        raise NotImplementedError

    def session(self, token: str) -> SignedIn:
        """Who it is. Raises SignedOutError."""
        raise NotImplementedError

    def leave(self, token: str) -> None:
        """Ends a session; one that has ended already is none the worse."""

    def link(self, person: int) -> Invited:
        """An invitation by which the same person signs in on another device, once."""
        raise NotImplementedError

    # Annotators

    def progress(self, person: int) -> VoteProgress:
        """How far a person is."""
        raise NotImplementedError

    def next(self, person: int, count: int = 2, skip: Iterable[int] = ()) -> NextItems:
        """What a person judges next: what is held for the person first, then fresh items.

        `skip`: showings that the person's page has already; they stay held for the person.
        """
        raise NotImplementedError

    def answer(self, person: int, vote: NewVote) -> SavedVote:
        """Saves a vote, or a changed one. Raises AnswerError, NotYoursError, GoneError."""
        raise NotImplementedError

    def mine(self, person: int, before: int | None = None, count: int = 50) -> tuple[OwnVote, ...]:
        """A person's last votes, the latest first. `before`: only those with a lower `seq`."""
        raise NotImplementedError

    def item(self, person: int, shown: int) -> ShownItem:
        """A showing of the person's own. Raises AbsentError, NotYoursError."""
        raise NotImplementedError

    def ask(self, person: int, shown: int | None, text: str) -> GuidelineQuestion:
        """Asks the lead. Raises AnswerError for an empty text, or one too long."""
        raise NotImplementedError

    def my_questions(self, person: int) -> tuple[GuidelineQuestion, ...]:
        """A person's questions, with their replies."""
        raise NotImplementedError

    # The lead

    def overview(self) -> CampaignOverview:
        """Where the campaign stands."""
        raise NotImplementedError

    def people(self, *, names: bool = False) -> tuple[PersonFigures, ...]:
        """The annotators' figures. `names`: people by name."""
        raise NotImplementedError

    def disagreements(self, before: int | None = None, count: int = 20) -> tuple[DisputedItem, ...]:
        """Items on which people disagree after all have voted: undecided ones, then decided ones.

        `before`: the `item` of the last one seen.
        """
        raise NotImplementedError

    def adjudicate(
        self, person: int, item: int, answer: VoteAnswer, comment: str | None = None
    ) -> SideVote:
        """Settles an item; `answer` by the places of `DisputedItem.completions`."""
        raise NotImplementedError

    def questions(self) -> tuple[GuidelineQuestion, ...]:
        """All questions, those without a reply first."""
        raise NotImplementedError

    def reply(self, question: int, text: str) -> GuidelineQuestion:
        """Replies to a question."""
        raise NotImplementedError

    def invitations(self) -> tuple[Invitation, ...]:
        """All invitations, the latest first."""
        raise NotImplementedError

    def revoke(self, *, invitation: int | None = None, person: int | None = None) -> None:
        """Ends an invitation, or a person's sessions and leases; votes stay."""

    def pause(self, person: int | None = None) -> None:
        """Nobody, or one person, is given items until `resume`."""

    def resume(self, person: int | None = None) -> None:
        """Takes back `pause`."""

    # What goes in and out

    def add(self, items: Iterable[NewItem]) -> AddedItems:
        """Adds items that are not there yet."""
        raise NotImplementedError

    def import_votes(self, votes: Iterable[ImportedVote]) -> int:
        """Adds votes of judges from elsewhere, each once. Returns how many were new."""
        raise NotImplementedError

    def last_vote(self) -> int:
        """The number of the last vote; 0: none. `export` up to it never changes."""
        raise NotImplementedError

    def export(self, upto: int | None = None) -> Iterator[bytes]:
        """The votes as JSON Lines of judgements, by dialect `judgement`; up to a vote."""
        raise NotImplementedError
