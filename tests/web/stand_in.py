"""A campaign in memory, until the real one works. To be deleted."""

from __future__ import annotations

import itertools
import secrets
import time
from pathlib import Path
from typing import Any

from prefdata.config.annotation import AnnotationConfig
from prefdata.errors import AbsentError, SignedOutError
from prefdata.results import annotation as said

TEXTS = [
    "The capital is **Paris**.\n\n- one\n- two\n\n```py\nprint(1 < 2)\n```",
    "It is Paris, I think. See [here](https://example.org) <script>alert(1)</script>.",
    "مرحبا بالعالم 你好，世界。",
]


class StandIn:
    """As much of a campaign as a page needs to be drawn."""

    def __init__(self, config: AnnotationConfig) -> None:
        self.path, self.config = Path("stand-in.sqlite"), config
        self.invitations_made: dict[str, said.Invitation] = {}
        self.sessions: dict[str, said.SignedIn] = {}
        self.votes: dict[tuple[int, int], said.OwnVote] = {}
        self.asked: list[said.GuidelineQuestion] = []
        self.count = itertools.count(1)
        self.paused = False
        self.requests: dict[str, said.SavedVote] = {}

    def invite(self, role="annotator", *, name=None, uses=None, days=30) -> Any:  # type: ignore
        token = secrets.token_urlsafe(24)
        number = next(self.count)
        self.invitations_made[token] = said.Invitation(
            number, role, name, time.time(), None, False, uses
        )
        return said.Invited(number, token)

    def peek(self, token: str) -> Any:
        if token not in self.invitations_made:
            raise SignedOutError("no such invitation")
        return self.invitations_made[token]

    def join(self, token: str, name: str, language: str | None = None) -> Any:
        role = self.peek(token).role
        person = said.Participant(next(self.count), name, role, language)
        secret, csrf, until = (
            secrets.token_urlsafe(24),
            secrets.token_urlsafe(24),
            time.time() + 9e5,
        )
        self.sessions[secret] = said.SignedIn(person, csrf, until)
        return said.Joined(secret, csrf, until, person)

    def session(self, token: str) -> Any:
        if token not in self.sessions:
            raise SignedOutError("no such session")
        return self.sessions[token]

    def leave(self, token: str) -> None:
        self.sessions.pop(token, None)

    def link(self, person: int) -> Any:
        return self.invite()

    def progress(self, person: int) -> Any:
        done = sum(who == person for who, _ in self.votes)
        return said.VoteProgress(done, self.config.quota, done)

    def item(self, person: int, shown: int) -> Any:
        if not 1 <= shown <= 30:
            raise AbsentError("no such item")
        many = 2 if self.config.kind == "pairwise" else 4
        completions = tuple(
            said.ShownCompletion(
                "ABCD"[k], (said.ShownTurn("assistant", TEXTS[(shown + k) % 3] * (1 + k)),)
            )
            for k in range(many)
        )
        prompt = (said.ShownTurn("user", f"Question {shown}: what is the *capital* of France?"),)
        purpose: Any = "practice" if shown <= 2 else "vote"
        mine = self.votes.get((person, shown))
        return said.ShownItem(shown, self.config.kind, purpose, prompt, completions, mine)

    def next(self, person: int, count: int = 2, skip: Any = ()) -> Any:
        if self.paused:
            return said.NextItems("paused")
        left = [n for n in range(1, 31) if (person, n) not in self.votes and n not in set(skip)]
        items = tuple(self.item(person, n) for n in left[:count])
        return said.NextItems("judge" if items or skip else "done", items)

    def answer(self, person: int, vote: Any) -> Any:
        if vote.request in self.requests:
            return self.requests[vote.request]
        seq = next(self.count)
        self.votes[person, vote.item] = said.OwnVote(
            seq, vote.item, time.time(), vote.answer, vote.comment, vote.flag, vote.confidence, "Q"
        )
        known = said.KnownAnswer("A is *right*: Paris.", True) if vote.item <= 2 else None
        saved = said.SavedVote(seq, self.progress(person), known)
        self.requests[vote.request] = saved
        return saved

    def mine(self, person: int, before: int | None = None, count: int = 50) -> Any:
        own = sorted(
            (v for (who, _), v in self.votes.items() if who == person), key=lambda v: -v.seq
        )
        return tuple(v for v in own if before is None or v.seq < before)[:count]

    def ask(self, person: int, shown: int | None, text: str) -> Any:
        made = said.GuidelineQuestion(next(self.count), shown, f"p{person}", text, time.time())
        self.asked.append(made)
        return made

    def my_questions(self, person: int) -> Any:
        return tuple(self.asked)

    questions = lambda self: tuple(self.asked)  # noqa: E731

    def reply(self, question: int, text: str) -> Any:
        for k, each in enumerate(self.asked):
            if each.id == question:
                self.asked[k] = said.GuidelineQuestion(
                    each.id, each.item, each.label, each.text, each.at, text, time.time()
                )
                return self.asked[k]
        raise AbsentError("no such question")

    def overview(self) -> Any:
        pace = said.CampaignPace(tuple(range(24)), 21.5, 240, 5160.0)
        alpha = said.AgreementFigure("overall", None, 40, 0.61, 0.48, 0.73)
        other = said.AgreementFigure("overall", "a.jsonl", 3, None, None, None, "few")
        return said.CampaignOverview(
            "paused" if self.paused else "running", 300, 60, 1, 80, 2, pace, (alpha, other), 80
        )

    def people(self, *, names: bool = False) -> Any:
        share = said.MeasuredShare(20, 0.8, 0.6, 0.92)
        none = said.MeasuredShare(0)
        return tuple(
            said.PersonFigures(
                k, f"Name {k}" if names else f"p{k}", 40, 5, time.time(), False, False,
                share, none, share, share, 20.0, 1.5,
            )
            for k in (1, 2)
        )  # fmt: skip

    def disagreements(self, before: int | None = None, count: int = 20) -> Any:
        shown = self.item(0, 3)
        votes = tuple(
            said.SideVote(f"p{k}", time.time(), said.VoteAnswer(choice=c), "why" * k, None, 0.5)
            for k, c in ((1, 2), (2, 6))
        )
        one = said.DisputedItem(3, shown.kind, shown.prompt, shown.completions, votes)
        return () if before else (one,)

    def adjudicate(self, person: int, item: int, answer: Any, comment: str | None = None) -> Any:
        return said.SideVote("lead", time.time(), answer, comment, None, None)

    def invitations(self) -> Any:
        return tuple(self.invitations_made.values())

    def revoke(self, *, invitation: int | None = None, person: int | None = None) -> None:
        self.invitations_made = {
            t: i for t, i in self.invitations_made.items() if i.id != invitation
        }

    def pause(self, person: int | None = None) -> None:
        self.paused = True

    def resume(self, person: int | None = None) -> None:
        self.paused = False

    def last_vote(self) -> int:
        return 0

    def export(self, upto: int | None = None) -> Any:
        yield b'{"a": 1}\n'
