"""Pairs as token ids, the input of training and scoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Floats, Ints

Tokens = npt.NDArray[np.int32]


@dataclass(frozen=True)
class TokenPairs:
    """n pairs. Arrays may be memory-mapped, and are never written to.

    `ids` (tokens of all pairs): for each pair the common prefix, then the rest of chosen, then the
    rest of rejected. `starts` (n + 1): offsets of pairs in `ids`. `shared`, `chosen`, `rejected`
    (n): lengths of the three parts in tokens; chosen and rejected are at least 1, since a reward is
    read at the last token of a side. `margins` (n): NaN for none. `rows` (n): row numbers, for
    messages.
    """

    ids: Tokens
    starts: Ints
    shared: Tokens
    chosen: Tokens
    rejected: Tokens
    margins: Floats
    rows: Ints

    def __len__(self) -> int:
        return len(self.rows)

    def parts(self, pair: int) -> tuple[Tokens, Tokens, Tokens]:
        """The tokens of common prefix, rest of chosen, and rest of rejected."""
        ids = self.ids[self.starts[pair] : self.starts[pair + 1]]
        one, two = int(self.shared[pair]), int(self.shared[pair] + self.chosen[pair])
        return ids[:one], ids[one:two], ids[two:]

    def sides(self, pair: int) -> tuple[Tokens, Tokens]:
        """All tokens of chosen and of rejected."""
        shared, chosen, rejected = self.parts(pair)
        return np.concatenate([shared, chosen]), np.concatenate([shared, rejected])

    def only(self, which: npt.NDArray[np.bool_] | Ints) -> TokenPairs:
        """Some pairs, by flags (n) or by numbers, in that order; their tokens are copied."""
        numbers = np.flatnonzero(which) if which.dtype == np.bool_ else np.asarray(which)
        lengths = (self.starts[1:] - self.starts[:-1])[numbers]
        starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        places = np.arange(starts[-1]) + np.repeat(self.starts[:-1][numbers] - starts[:-1], lengths)
        return TokenPairs(
            np.asarray(self.ids[places], np.int32),
            starts,
            np.asarray(self.shared[numbers]),
            np.asarray(self.chosen[numbers]),
            np.asarray(self.rejected[numbers]),
            np.asarray(self.margins[numbers]),
            np.asarray(self.rows[numbers]),
        )

    def swapped(self, which: npt.NDArray[np.bool_]) -> TokenPairs:
        """The pairs with chosen and rejected swapped where `which` (n) is set.

        A swapped pair loses its margin, which belongs to the other label.
        """
        ids = np.array(self.ids)
        for pair in np.flatnonzero(which):
            shared, chosen, rejected = self.parts(int(pair))
            start = self.starts[pair] + len(shared)
            ids[start : self.starts[pair + 1]] = np.concatenate([rejected, chosen])
        return TokenPairs(
            ids,
            self.starts,
            self.shared,
            np.where(which, self.rejected, self.chosen),
            np.where(which, self.chosen, self.rejected),
            np.where(which, np.float32(np.nan), self.margins),
            self.rows,
        )


def token_pairs(
    sides: list[tuple[list[int], list[int]]],
    *,
    margins: list[float | None] | None = None,
    rows: list[int] | None = None,
) -> TokenPairs:
    """Pairs from the ids of (chosen, rejected); neither side may be empty.

    >>> pairs = token_pairs([([1, 2, 3, 9], [1, 2, 4, 5, 9])])
    >>> [part.tolist() for part in pairs.parts(0)]
    [[1, 2], [3, 9], [4, 5, 9]]
    """
    chosen = [np.asarray(side, np.int32) for side, _ in sides]
    rejected = [np.asarray(side, np.int32) for _, side in sides]
    starts = [shared_start(*pair) for pair in zip(chosen, rejected, strict=True)]
    shared = np.array(starts, np.int32)
    rests = [side[start:] for side, start in zip(rejected, starts, strict=True)]
    parts = [part for pair in zip(chosen, rests, strict=True) for part in pair]
    lengths = [len(one) + len(rest) for one, rest in zip(chosen, rests, strict=True)]
    given = margins or [None] * len(sides)
    return TokenPairs(
        ids=np.concatenate(parts) if parts else np.zeros(0, np.int32),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        shared=shared,
        chosen=np.array([len(side) for side in chosen], np.int32) - shared,
        rejected=np.array([len(side) for side in rejected], np.int32) - shared,
        margins=np.array([np.nan if m is None else m for m in given], np.float32),
        rows=np.asarray(rows if rows is not None else np.arange(len(sides)), np.int64),
    )


def shared_start(one: Tokens, other: Tokens) -> int:
    """The length of the common prefix of two sides, such that each has at least one more token."""
    length = min(len(one), len(other))
    unlike = np.flatnonzero(one[:length] != other[:length])
    return min(int(unlike[0]) if len(unlike) else length, length - 1)
