"""The rows whose labels are suspected to be wrong, and the reasons."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.records.arrays import Flags, Ints
from prefdata.results.audit import LabelClass, PrecisionAtK, RowPlace, Suspect, Texts
from prefdata.results.suspicions import REASONS
from prefdata.transforms.texts.controls import Controls

CONTROLS = "controls"
"""The name of the view of controls, which should not decide a preference."""

_HALF_AS_LONG_AGAIN = 1.5
_STEADY = 2.0  # standard deviations of the margin from 0
_FIFTH = 0.2
_HALF = 0.5


def suspects_of(judged: Judged, top: int) -> Ints:
    """Places of at most `top` suspected rows, the likeliest flips first (`order_of_flips`).

    Labels that are likely flipped, followed by those that only controls contradict, so that a
    person can check what was left in. None if single rows are not judged.
    """
    order = order_of_flips(judged)
    is_suspected = is_of(judged, "likely-flipped") | is_of(judged, "shortcut-contradicting")
    places: Ints = order[is_suspected[order]][:top]
    return places


def suspects(
    judged: Judged,
    facts: PairFacts,
    controls: Controls,
    places: Ints,
    shown: Sequence[tuple[RowPlace, str, Texts]],
) -> tuple[Suspect, ...]:
    """What the report shows of the pairs at `places`; `shown`: row, split and texts of each."""
    why = reasons_of(judged, facts, controls, places)
    views = judged.margins[:, :, places].mean(axis=1)
    languages = facts.languages[places.tolist()].to_list()
    rows = []
    for number, (at, (place, split, texts)) in enumerate(zip(places.tolist(), shown, strict=True)):
        stated = float(facts.margins[at])
        margins = views[:, number].tolist()
        suspect = Suspect(
            place=place,
            split=split,
            language=languages[number],
            label=CLASSES[judged.classes[at]],
            p_flip=float(judged.p_flip[at]),
            p_low=float(judged.p_low[at]),
            p_high=float(judged.p_high[at]),
            reward_margin=float(judged.margin[at]),
            spread=float(judged.spread[at]),
            views=dict(zip(judged.names, margins, strict=True)),
            margin=stated if np.isfinite(stated) else None,
            reasons=why[number],
            texts=texts,
        )
        rows.append(suspect)
    return tuple(rows)


def reasons_of(
    judged: Judged, facts: PairFacts, controls: Controls, places: Ints
) -> tuple[tuple[str, ...], ...]:
    """Codes of REASONS that hold for the pairs at `places`, in the order of REASONS."""
    flags = {
        **_by_views(judged, places),
        **_by_models(judged, places),
        **_by_sides(facts, controls, places),
        **_by_stated_margins(facts.margins, places),
    }
    assert flags.keys() == REASONS.keys()
    return tuple(
        tuple(code for code in REASONS if flags[code][number]) for number in range(len(places))
    )


def _by_views(judged: Judged, places: Ints) -> dict[str, Flags]:
    margins = judged.margins[:, :, places].mean(axis=1)
    content = judged.content[:, places]
    against, favourable = (margins < 0), (margins > 0)
    none = np.zeros(len(places), np.bool_)
    by_controls = judged.names.index(CONTROLS) if CONTROLS in judged.names else None
    has_content, has_many = len(content) > 0, len(margins) > 1
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
    sure = judged.p_low[places] >= _HALF
    return {
        "steady": (away > _STEADY * spread) & has_repeats,
        "unsteady": (away < spread) & has_repeats,
        "at-any-prior": sure,
        "by-prior": ~sure & (judged.p_high[places] >= _HALF),
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


TOPS = (10, 20, 50, 100, 200, 500, 1000)


def is_of(judged: Judged, name: LabelClass) -> Flags:
    """Which pairs (n) are of a class; none if single rows are not judged."""
    flags: Flags = (judged.classes == CLASSES.index(name)) & judged.is_judged
    return flags


def order_of_flips(judged: Judged) -> Ints:
    """Places (n) of the pairs, likeliest flips first.

    Ties are ordered by reward margin, lowest first, then by row. Labels that are likely flipped go
    first. Those that only controls contradict go last, however probable a flip seems: a short
    answer may be right.
    """
    last = is_of(judged, "shortcut-contradicting").astype(np.int8)
    first = is_of(judged, "likely-flipped").astype(np.int8)
    order: Ints = np.lexsort((judged.margin, -judged.p_flip, last - first))
    return order


def precision_at_k(judged: Judged) -> tuple[PrecisionAtK, ...]:
    """The expected share of wrong labels among the k likeliest flips, and at the prior's ends.

    For each k of TOPS up to the number of rows, and for k = all labels that are likely flipped;
    empty if single rows are not judged.
    """
    if not judged.is_judged:
        return ()
    order = order_of_flips(judged)
    likely = int(is_of(judged, "likely-flipped").sum())
    wanted = sorted({k for k in (*TOPS, likely) if 0 < k <= len(order)})
    of_rows = {"expected": judged.p_flip, "low": judged.p_low, "high": judged.p_high}
    means = {name: _means(values[order]) for name, values in of_rows.items()}
    return tuple(
        PrecisionAtK(k=k, **{name: float(mean[k - 1]) for name, mean in means.items()})
        for k in wanted
    )


def _means(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Means of the first value, of the first two, and so on."""
    means: npt.NDArray[np.float64] = np.cumsum(values) / np.arange(1, len(values) + 1)
    return means
