"""A judgement: a prompt, completions, and what one judge said of them."""

from __future__ import annotations

from typing import Literal

import msgspec

from prefdata.records.record import Message

Kind = Literal["rating", "rank", "verdict", "accepted"]

OVERALL = "overall"
"""The criterion of a judge who named none."""


class Completion(msgspec.Struct, frozen=True, gc=False):
    """One completion of a prompt. `model`: what wrote it. `id`: its name in the source.

    `metadata`: JSON text (an object) of what the source says of this completion besides.
    """

    messages: tuple[Message, ...]
    model: str | None = None
    id: str | None = None
    metadata: str | None = None


class Opinion(msgspec.Struct, frozen=True, gc=False):
    """What a judge said of the completions of a judgement by one criterion.

    `values`: one for each completion, None if the judge said nothing of it. What they mean depends
    on `kind`. rating: points on any scale, more is better. rank: a place, less is better, the same
    place is a tie. verdict: of two completions; the better one has the strength of the preference
    (1.0 if there is no scale), the other 0.0; a tie is 0.0 and 0.0. accepted: 1.0 or 0.0.
    `graded`: a difference of values says how much better.
    """

    kind: Kind
    values: tuple[float | None, ...]
    criterion: str = OVERALL
    graded: bool = True

    @property
    def scores(self) -> tuple[float | None, ...]:
        """The values such that more is better."""
        if self.kind != "rank":
            return self.values
        return tuple(None if value is None else -value for value in self.values)


class Judgement(msgspec.Struct, frozen=True, gc=False):
    """What one judge said of some completions of one prompt.

    `opinions`: by criterion, each criterion at most once. `overall`: the criteria whose mean is the
    judge's opinion as a whole; empty if they are for a person to choose from. `judge`: who judged,
    None if unknown. `at`: when, as in the source. `confidence`: how sure the judge was (0 to 1).
    `shown`: the order in which the completions were shown, as indices into `completions`; None if
    unknown. `final`: it settles what several judges disagreed on, and is no vote among theirs.
    `metadata`: JSON text (an object) of all other fields of the row.
    """

    prompt: tuple[Message, ...]
    completions: tuple[Completion, ...]
    opinions: tuple[Opinion, ...]
    overall: tuple[str, ...] = (OVERALL,)
    judge: str | None = None
    at: str | None = None
    confidence: float | None = None
    shown: tuple[int, ...] | None = None
    comment: str | None = None
    final: bool = False
    metadata: str = "{}"
