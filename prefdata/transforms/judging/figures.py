"""The figures of a judge: consistency, position, length, ties, agreement with labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from prefdata.records.arrays import Doubles, Flags, Ints
from prefdata.results.judging import JudgingSlice, LabelFigures, OrderFigures
from prefdata.results.training import Estimate
from prefdata.transforms.judging.kappa_interval import kappa_interval
from prefdata.transforms.metrics.bootstrap import Bootstrap, estimate

UNKNOWN = 9
"""In place of a side that nobody stated."""


@dataclass(frozen=True)
class JudgedPairs:
    """Pairs of completions by one criterion (n). A side is 1: first better, 0: tie, -1: second.

    `prompt`: index; `language`: code; `side`: of the judge as a whole; `one`, `other`: with first,
    and with second, shown first; `label`: of the sources; `longer`: 1 where first is longer, -1
    where second is, 0 as long. `UNKNOWN` for sides that nobody stated. `points`: all that were
    given, of ratings; None: verdicts.
    """

    criterion: str
    prompt: Ints
    language: Sequence[str]
    side: Ints
    one: Ints
    other: Ints
    label: Ints
    longer: Ints
    points: Ints | None = None

    def __len__(self) -> int:
        return len(self.prompt)

    def of_language(self, language: str) -> JudgedPairs:
        """Those of prompts in one language, without points."""
        which = np.array([each == language for each in self.language], np.bool_)
        names = ("prompt", "side", "one", "other", "label", "longer")
        arrays = {name: getattr(self, name)[which] for name in names}
        return JudgedPairs(self.criterion, language=[language] * int(which.sum()), **arrays)


def measure(pairs: JudgedPairs, draw: Bootstrap) -> Iterator[JudgingSlice]:
    """All pairs together, then by language if there are several; without sentences."""
    yield _slice(pairs, None, draw)
    languages = sorted(set(pairs.language))
    for language in languages if len(languages) > 1 else ():
        yield _slice(pairs.of_language(language), language, draw)


def _slice(pairs: JudgedPairs, language: str | None, draw: Bootstrap) -> JudgingSlice:
    known = pairs.side != UNKNOWN
    decided = known & (pairs.side != 0) & (pairs.longer != 0)
    is_verdict = bool((pairs.one != UNKNOWN).any() or (pairs.other != UNKNOWN).any())
    return JudgingSlice(
        criterion=pairs.criterion,
        language=language,
        prompts=len(np.unique(pairs.prompt[known])),
        pairs=int(known.sum()),
        ties=_share(pairs.side == 0, known, pairs.prompt, draw),
        longer=_share(pairs.side == pairs.longer, decided, pairs.prompt, draw),
        orders=_orders(pairs, draw) if is_verdict else None,
        labels=_labels(pairs, draw),
        same_points=_most_frequent(pairs.points),
    )


def _orders(pairs: JudgedPairs, draw: Bootstrap) -> OrderFigures:
    both = (pairs.one != UNKNOWN) & (pairs.other != UNKNOWN)
    for_first = np.concatenate([pairs.one == 1, pairs.other == -1])
    decided = np.concatenate([np.abs(pairs.one) == 1, np.abs(pairs.other) == 1])
    prompts = np.concatenate([pairs.prompt] * 2)
    turned = (np.abs(pairs.one) == 1) & (pairs.one == -pairs.other)
    return OrderFigures(
        consistency=_share(pairs.one == pairs.other, both, pairs.prompt, draw),
        kappa=kappa_interval(
            pairs.one[both], pairs.other[both], pairs.prompt[both], draw, orders=True
        ),
        first=_share(for_first, decided, prompts, draw),
        turned=_share(turned, both, pairs.prompt, draw),
    )


def _labels(pairs: JudgedPairs, draw: Bootstrap) -> LabelFigures | None:
    labelled = (pairs.label != UNKNOWN) & (pairs.side != UNKNOWN)
    if not labelled.any():
        return None
    decided = labelled & (pairs.label != 0) & (pairs.side != 0)
    stated = (pairs.label != UNKNOWN) & (pairs.label != 0) & (pairs.longer != 0)
    return LabelFigures(
        pairs=int(labelled.sum()),
        agreement=_points(pairs.side, pairs.label, labelled, pairs.prompt, draw),
        decided=_points(pairs.side, pairs.label, decided, pairs.prompt, draw),
        single=_single(pairs, draw),
        kappa=kappa_interval(
            pairs.side[labelled],
            pairs.label[labelled],
            pairs.prompt[labelled],
            draw,
            orders=False,
        ),
        longer=_share(pairs.label == pairs.longer, stated, pairs.prompt, draw),
    )


def _single(pairs: JudgedPairs, draw: Bootstrap) -> Estimate | None:
    said = np.concatenate([pairs.one, pairs.other])
    label, prompt = (np.concatenate([each] * 2) for each in (pairs.label, pairs.prompt))
    which = (said != UNKNOWN) & (label != UNKNOWN) & (label != 0)
    return _points(said, label, which, prompt, draw) if which.any() else None


def _points(one: Ints, other: Ints, which: Flags, prompt: Ints, draw: Bootstrap) -> Estimate:
    """The mean agreement: 1 the same, one half where one is a tie, 0 opposed."""
    return estimate(2 - np.abs(one - other)[which], prompt[which], draw)


def _share(hits: Flags, which: Flags, prompt: Ints, draw: Bootstrap) -> Estimate:
    return estimate(hits[which].astype(np.int64), prompt[which], draw, most=1)


def _most_frequent(points: Ints | None) -> float | None:
    if points is None or not len(points):
        return None
    _, counts = np.unique(points, return_counts=True)
    shares: Doubles = counts / len(points)
    return float(shares.max())
