"""Rankings whose wrong labels are known, and people who read some of their rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from prefdata.label_audit.claims.bounds import StratumRead
from prefdata.label_audit.claims.posterior import RowAnswer
from prefdata.label_audit.claims.reading import settled
from prefdata.label_audit.claims.shape import FIRST, Ranking

KINDS = ("coin", "close", "biased")
"""Labels are turned by coins; more often where a pair is close; towards one of the sides."""


@dataclass(frozen=True)
class Turned:
    """n ranked rows; `is_wrong` (n): which of their labels were turned."""

    ranking: Ranking
    is_wrong: np.ndarray

    @property
    def rate(self) -> float:
        """Share of wrong labels."""
        return float(self.is_wrong.mean())

    @property
    def at_top(self) -> int:
        """Wrong labels among the first of the ranking."""
        return int(self.is_wrong[self.ranking.order[:FIRST]].sum())


def turned(
    rate: float, random: np.random.Generator, *, kind: str = "coin", seen: float = 1.0,
    rows: int = 2000,
) -> Turned:  # fmt: skip
    """`seen`: how much better than the rejected one models think the chosen completion, in standard
    deviations, where labels are right."""
    margin = 1.2 * random.normal(seen, 1, rows)
    weight = {
        "coin": np.ones(rows),
        "close": np.exp(-1.5 * np.abs(margin)),
        "biased": 1 / (1 + np.exp(3 * margin)),
    }[kind]
    is_wrong = np.zeros(rows, np.bool_)
    count = round(rate * rows)
    is_wrong[random.choice(rows, count, replace=False, p=weight / weight.sum())] = True
    return Turned(Ranking(np.where(is_wrong, -margin, margin)), is_wrong)


@dataclass(frozen=True)
class Read:
    """What people answered of a sheet of rows, drawn by the design of the audit."""

    answers: Sequence[RowAnswer]
    of_first: int
    rows: int

    @property
    def wrong_of_first(self) -> int:
        """Rows of the first that were called wrong."""
        return sum(answer.is_wrong for answer in self.answers[: self.of_first])

    @property
    def strata(self) -> list[StratumRead]:
        """The first of the ranking, and all others."""
        others = self.answers[self.of_first :]
        return [
            StratumRead(FIRST, self.of_first, self.wrong_of_first),
            StratumRead(self.rows - FIRST, len(others), sum(answer.is_wrong for answer in others)),
        ]


def read(data: Turned, count: int, random: np.random.Generator, *, error: float = 0.0) -> Read:
    """People who answer so many rows; if they err, those called wrong are read again."""
    order = data.ranking.order
    of_first = max(count // 2, 12)
    places = [
        *random.choice(order[:FIRST], of_first, replace=False),
        *random.choice(order[FIRST:], count - of_first, replace=False),
    ]
    answers = [
        RowAnswer(int(place), said_of(bool(data.is_wrong[place]), error, random))
        for place in places
    ]
    return Read(answers, of_first, len(order))


def said_of(is_wrong: bool, error: float, random: np.random.Generator) -> bool:
    """The answer to a row after second and third readings."""
    readings = [is_wrong ^ (random.random() < error)]
    if error and readings[0]:
        readings.append(is_wrong ^ (random.random() < error))
    if settled(readings) is None:
        readings.append(is_wrong ^ (random.random() < error))
    return bool(settled(readings))
