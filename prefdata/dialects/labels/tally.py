"""Counting the labels of a file by value, and the scores that stand beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from prefdata.dialects.labels.neutral import Pair
from prefdata.dialects.labels.preference import label_key, number_in
from prefdata.dialects.values import is_unstated, shortened

_VALUES = 1000
"""Values that are counted one by one; a label may have any number of them."""

NEGATIVE, ZERO, POSITIVE = "negative", "zero", "positive"

Order = Counter[int]
"""Rows in which the first score is higher (1), the second (-1), or neither (0)."""


@dataclass
class LabelTally:
    """Rows of a file by the value of their label.

    `values`, `written`: rows, and how it is written, by the key of a value (see `label_key`).
    `signs`: rows by the sign of the label, if it is a number. `others`: rows with one of too many
    values to count, or with what is no label (a list). `silent`: rows without a label. `scores`:
    for each pair of score fields, and each value or sign, which score is higher.
    """

    values: Counter[str] = field(default_factory=Counter)
    written: dict[str, str] = field(default_factory=dict)
    signs: Counter[str] = field(default_factory=Counter)
    others: int = 0
    silent: int = 0
    scores: dict[Pair, dict[str, Order]] = field(default_factory=dict)

    @property
    def rows(self) -> int:
        """The rows that have a label."""
        return self.values.total() + self.others

    def add(self, label: object, scores: Sequence[tuple[Pair, object, object]] = ()) -> None:
        """Counts a row: its label, and pairs of fields with their two scores."""
        if is_unstated(label):
            self.silent += 1
            return
        key, number = label_key(label), number_in(label)
        if key is None or (key not in self.values and len(self.values) >= _VALUES):
            self.others += 1
            key = None
        else:
            self.values[key] += 1
            self.written.setdefault(key, shortened(label))
        sign = None if number is None else _sign(number)
        if sign is not None:
            self.signs[sign] += 1
        for pair, first, second in scores:
            self._add_scores(pair, (key, sign), number_in(first), number_in(second))

    def _add_scores(
        self, pair: Pair, kinds: Sequence[str | None], first: float | None, second: float | None
    ) -> None:
        if first is None or second is None:
            return
        by_kind = self.scores.setdefault(pair, {})
        for kind in kinds:
            if kind is not None:
                by_kind.setdefault(kind, Counter())[(first > second) - (first < second)] += 1


def _sign(number: float) -> str:
    return ZERO if number == 0 else NEGATIVE if number < 0 else POSITIVE
