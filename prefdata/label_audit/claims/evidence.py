"""Answers of people as evidence: what was drawn at random, what was read again, what is settled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from prefdata.label_audit.claims.bounds import StratumRead, rate_of
from prefdata.label_audit.claims.reading import SURE, Interval, Readers, reading_again, widened
from prefdata.results.audit import RowsRead, Share
from prefdata.results.review import BEYOND, STRATA, TOP, Decision, Drawn


@dataclass(frozen=True)
class RowReadings:
    """What people said of one row, in order, and how it was drawn for its sheet.

    `group`: its leakage group. `drawn`: None for a row that somebody picked by hand, which is no
    evidence of the share of wrong labels.
    """

    row: int
    group: int
    readings: tuple[Decision, ...]
    drawn: Drawn | None

    @property
    def is_wrong(self) -> bool | None:
        """Whether the label is the wrong way round, by most readings; None: nobody can say.

        A row to drop is no wrong label; one that somebody is unsure about is not read.
        """
        votes = [reading == "flip" for reading in self.readings if reading != "unsure"]
        wrong = sum(votes)
        return None if 2 * wrong == len(votes) else 2 * wrong > len(votes)

    @property
    def asks_again(self) -> bool:
        """Whether it should be read once more: called wrong once, or readings are even."""
        return self.readings == ("flip",) or ("flip" in self.readings and self.is_wrong is None)

    @property
    def is_read_again(self) -> bool:
        """Whether it was called wrong, and read more than once."""
        return "flip" in self.readings and len(self.readings) > 1


@dataclass(frozen=True)
class Evidence:
    """Readings of rows; those of the sheet that most of them come from count for the share in all
    rows.

    `error`: share of single answers that are taken to be false. `today`: the `Drawn.sheet` of rows
    that are drawn from today's ranking; None where rows are not ranked.
    """

    rows: Sequence[RowReadings]
    error: float
    today: tuple[int, int] | None = None

    @property
    def settled(self) -> list[RowReadings]:
        """Rows that are known to be right or wrong."""
        return [row for row in self.rows if row.is_wrong is not None]

    @property
    def readers(self) -> Readers:
        """What answers are worth: as they are, until those called wrong were read again."""
        return reading_again(self.error) if self.again and not self.once else SURE

    @property
    def again(self) -> int:
        """Rows called wrong that were read once more."""
        return sum(row.is_read_again for row in self.rows)

    @property
    def once(self) -> int:
        """Rows called wrong that were read once."""
        return sum(row.readings == ("flip",) for row in self.rows)

    @property
    def drawn(self) -> list[tuple[Drawn, RowReadings]]:
        """Settled rows that were drawn at random for the sheet that counts: the one that most of
        them come from."""
        sheets = Counter(drawn.sheet for drawn, _ in self._at_random)
        most = max(sheets, key=lambda sheet: (sheets[sheet], sheet), default=None)
        return [(drawn, row) for drawn, row in self._at_random if drawn.sheet == most]

    @property
    def top(self) -> RowsRead | None:
        """The first rows of today's ranking, as far as they were read for a sheet that was drawn
        from it; None if none was. What was drawn from another ranking says nothing of them."""
        today = [(drawn, row) for drawn, row in self._at_random if drawn.sheet == self.today]
        return next((part for part in _parts(today) if part.name == TOP), None)

    @property
    def _at_random(self) -> list[tuple[Drawn, RowReadings]]:
        return [
            (row.drawn, row)
            for row in self.settled
            if row.drawn is not None and row.drawn.stratum != BEYOND
        ]

    @property
    def parts(self) -> tuple[RowsRead, ...]:
        """The strata of that sheet, as far as they were read."""
        return _parts(self.drawn)

    @property
    def rate(self) -> Share | None:
        """Wrong labels among all rows; None if no row that was drawn at random is settled."""
        if not self.drawn:
            return None
        total = self.drawn[0][0].total
        strata = [self._stratum(part) for part in self.parts]
        unread = total - sum(stratum.rows for stratum in strata)
        if unread > 0:
            strata.append(StratumRead(unread, 0, 0))
        return share_of(widened(rate_of(strata), self.readers))

    def _stratum(self, part: RowsRead) -> StratumRead:
        """Rows of one leakage group may be alike: they count as fewer, as if fully so."""
        groups = Counter(row.group for drawn, row in self.drawn if drawn.stratum == part.name)
        worth = part.read / sum(count**2 for count in groups.values())
        return StratumRead(part.rows, part.read * worth, part.wrong * worth)


def _parts(drawn: Sequence[tuple[Drawn, RowReadings]]) -> tuple[RowsRead, ...]:
    sizes = {how.stratum: how.rows for how, _ in drawn}
    read = Counter(how.stratum for how, _ in drawn)
    wrong = Counter(how.stratum for how, row in drawn if row.is_wrong)
    return tuple(
        RowsRead(name=name, rows=sizes[name], read=read[name], wrong=wrong[name])
        for name in STRATA
        if name in sizes
    )


def share_of(interval: Interval) -> Share:
    """An interval as the report holds it."""
    return Share(value=interval.value, low=interval.low, high=interval.high)
