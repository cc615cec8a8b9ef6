"""The rows whose labels models speak against, and what speaks for and against them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.claims.posterior import RowChances
from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.records.arrays import Flags, Ints
from prefdata.results.audit import REASONS, LabelClass, RowPlace, Suspect, Texts
from prefdata.transforms.texts.controls import Controls

CONTROLS = "controls"
"""The name of the view of controls, which should not decide a preference."""

_HALF_AS_LONG_AGAIN = 1.5
_STEADY = 2.0  # standard deviations of the margin from 0
_FIFTH = 0.2


def suspects_of(judged: Judged, top: int) -> Ints:
    """Places of at most `top` rows by rank, as far as models speak against their labels.

    None if single rows are not judged.
    """
    if not judged.is_judged:
        return np.zeros(0, np.int64)
    order = judged.ranking.order[:top]
    places: Ints = order[judged.margin[order] < 0]
    return places


@dataclass(frozen=True)
class SuspectRow:
    """What the report shows of a row that does not come from models."""

    place: RowPlace
    split: str
    fingerprint: str
    texts: Texts


def suspects(
    judged: Judged,
    facts: PairFacts,
    reasons: Sequence[tuple[str, ...]],
    chances: RowChances | None,
    classes: npt.NDArray[np.int8],
    places: Ints,
    shown: Sequence[SuspectRow],
) -> tuple[Suspect, ...]:
    """What the report shows of the pairs at `places`. `reasons`, `shown`: of each of them;
    `classes` (n), `chances`: of all pairs."""
    views = judged.margins[:, :, places].mean(axis=1)
    languages = facts.languages[places.tolist()].to_list()
    rows = []
    for number, (at, row) in enumerate(zip(places.tolist(), shown, strict=True)):
        stated = float(facts.margins[at])
        margins = views[:, number].tolist()
        flip = {} if chances is None else _flip(chances, at)
        suspect = Suspect(
            place=row.place,
            split=row.split,
            language=languages[number],
            rank=int(judged.ranking.ranks[at]) + 1,
            label=CLASSES[classes[at]],
            p_label=float(judged.p_label[at]),
            **flip,
            reward_margin=float(judged.margin[at]),
            spread=float(judged.spread[at]),
            views=dict(zip(judged.names, margins, strict=True)),
            margin=stated if np.isfinite(stated) else None,
            reasons=reasons[number],
            fingerprint=row.fingerprint,
            texts=row.texts,
        )
        rows.append(suspect)
    return tuple(rows)


def _flip(chances: RowChances, at: int) -> dict[str, float]:
    ends = {"p_flip": chances.mean, "p_low": chances.low, "p_high": chances.high}
    return {name: float(values[at]) for name, values in ends.items()}


def told_apart(reasons: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """Reasons that hold for every row, and those of each row without them.

    >>> told_apart([("steady", "views-agree"), ("steady",)])
    (('steady',), [('views-agree',), ()])
    """
    if len(reasons) < 2:
        return (), list(reasons)
    shared = tuple(code for code in reasons[0] if all(code in each for each in reasons))
    return shared, [tuple(code for code in each if code not in shared) for each in reasons]


def reasons_of(
    judged: Judged, facts: PairFacts, controls: Controls, places: Ints, *, is_content_told: bool
) -> tuple[tuple[str, ...], ...]:
    """Codes of REASONS that hold for the pairs at `places`, in the order of REASONS.

    `is_content_told`: content, controls taken out, is better than a coin; else it claims nothing.
    """
    flags = {
        **_by_views(judged, places, is_content_told=is_content_told),
        **_by_models(judged, places),
        **_by_sides(facts, controls, places),
        **_by_stated_margins(facts.margins, places),
    }
    assert flags.keys() == REASONS.keys()
    return tuple(
        tuple(code for code in REASONS if flags[code][number]) for number in range(len(places))
    )


def _by_views(judged: Judged, places: Ints, *, is_content_told: bool) -> dict[str, Flags]:
    margins = judged.margins[:, :, places].mean(axis=1)
    content = judged.content[:, places]
    against, favourable = (margins < 0), (margins > 0)
    none = np.zeros(len(places), np.bool_)
    by_controls = judged.names.index(CONTROLS) if CONTROLS in judged.names else None
    has_content, has_many = len(content) > 0 and is_content_told, len(margins) > 1
    return {
        "content-against": (content < 0).all(axis=0) & has_content,
        "content-for": (content > 0).all(axis=0) & has_content,
        "views-agree": against.all(axis=0) & has_many,
        "views-disagree": against.any(axis=0) & favourable.any(axis=0),
        "controls-for": none if by_controls is None else favourable[by_controls],
        "controls-against": none if by_controls is None else against[by_controls],
    }


def _by_models(judged: Judged, places: Ints) -> dict[str, Flags]:
    away, spread = np.abs(judged.margin[places]), judged.spread[places]
    has_repeats = len(judged.stacked) > 1
    return {
        "steady": (away > _STEADY * spread) & has_repeats,
        "unsteady": (away < spread) & has_repeats,
    }


def _by_sides(facts: PairFacts, controls: Controls, places: Ints) -> dict[str, Flags]:
    chosen, rejected = (side[places] for side in facts.lengths)
    refusals = controls.of("refusal")[places].sum(axis=1)
    return {
        "longer-rejected": rejected > np.maximum(_HALF_AS_LONG_AGAIN * chosen - 1, 0),
        "longer-chosen": chosen > np.maximum(_HALF_AS_LONG_AGAIN * rejected - 1, 0),
        "refusal-chosen": refusals > 0,
        "refusal-rejected": refusals < 0,
    }


def _by_stated_margins(margins: npt.NDArray[np.float64], places: Ints) -> dict[str, Flags]:
    """Reasons from the margins in the data; if all are equal, none is small or large."""
    own, known = margins[places], margins[np.isfinite(margins)]
    low, high = np.quantile(known, [_FIFTH, 1 - _FIFTH]) if len(known) else (np.nan, np.nan)
    differ = low < high
    return {
        "margin-against": own < 0,
        "margin-small": (own <= low) & differ & ~(own < 0),
        "margin-large": (own >= high) & differ,
    }


def is_of(judged: Judged, name: LabelClass) -> Flags:
    """Which pairs (n) are of a class; none if single rows are not judged."""
    flags: Flags = (judged.classes == CLASSES.index(name)) & judged.is_judged
    return flags
