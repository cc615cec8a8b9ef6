"""What the figures of a judge mean, in sentences that are made of these figures alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from prefdata.results.judging import JudgeFault, JudgingReport, JudgingSlice, KappaEstimate
from prefdata.results.sentences import Sentence
from prefdata.results.training import Estimate

LEAST_PAIRS = 20
"""Pairs below which nothing is said of a judge."""

BIASED = 0.1
"""Distance from one half from which a share is called a bias."""

RULED = 0.5
"""Share of pairs whose verdict turns, from which position is said to rule the verdicts."""

UNREADABLE = 0.1
"""Share of replies from which it is said that many could not be read."""

CONSTANT = 0.9
"""Share of one number of points from which a judge is said to give always the same."""

Told = tuple[JudgeFault | None, Sentence]


def in_words(part: JudgingSlice) -> JudgingSlice:
    """The slice with what it comes to: codes, and sentences with their numbers."""
    told = list(_told(part))
    return part.model_copy(
        update={
            "faults": tuple(fault for fault, _ in told if fault is not None),
            "says": tuple(sentence for _, sentence in told),
        }
    )


def summed_up(report: JudgingReport) -> JudgingReport:
    """The report with its conclusion, and what its replies were like."""
    says = list(_conclusion(report))
    if report.unparsed.value is not None and report.unparsed.value >= UNREADABLE:
        counts = report.verdicts
        answered = counts.parsed + counts.unparsed
        says.append(Sentence("judging.unparsed", unparsed=counts.unparsed, answered=answered))
    return report.model_copy(update={"says": tuple(says)})


def in_words_again(report: JudgingReport) -> JudgingReport:
    """A report that was read from JSON, where sentences are English alone, in both languages."""
    slices = tuple(in_words(part) for part in report.slices)
    return summed_up(report.model_copy(update={"slices": slices}))


def _conclusion(report: JudgingReport) -> Iterator[Sentence]:
    faults = report.faults
    if not report.slices or report.slices[0].pairs < LEAST_PAIRS:
        yield Sentence("judging.few", pairs=report.slices[0].pairs if report.slices else 0)
    elif "chance" in faults or "position" in faults or "against" in faults:
        yield Sentence("judging.not-to-be-used", judge=report.judge)
    elif faults:
        yield Sentence("judging.with-care", judge=report.judge)
    elif report.slices[0].orders is None and report.slices[0].labels is None:
        yield Sentence("judging.untested", judge=report.judge)
    else:
        yield Sentence("judging.nothing-found", judge=report.judge)


def _told(part: JudgingSlice) -> Iterator[Told]:
    if part.pairs < LEAST_PAIRS:
        yield None, Sentence("judging.few", pairs=part.pairs)
        return
    yield from _of_orders(part)
    yield from _of_labels(part)
    yield from _of_length(part)
    if part.same_points is not None and part.same_points >= CONSTANT:
        yield "constant", Sentence("judging.constant", share=part.same_points)


def _of_orders(part: JudgingSlice) -> Iterator[Told]:
    orders = part.orders
    if orders is None or orders.consistency.pairs < LEAST_PAIRS:
        return
    if orders.kappa.value is None:
        yield "chance", Sentence("judging.one-verdict", pairs=orders.kappa.pairs)
    elif _ends(orders.kappa) and (orders.kappa.low or 0.0) <= 0:
        yield "chance", Sentence("judging.chance-orders", **_seen(orders.kappa))
    elif _ends(orders.consistency):
        yield None, Sentence("judging.consistent", **_seen(orders.consistency))
    first, turned = orders.first, orders.turned.value or 0.0
    if not _ends(first) or first.value is None or abs(first.value - 0.5) < BIASED:
        return
    if (first.low or 0) > 0.5 or (first.high or 1) < 0.5:
        side = "first" if first.value > 0.5 else "second"
        is_ruled = turned >= RULED
        code = _BY_PLACE[is_ruled, side]
        yield (
            "position" if is_ruled else "leans",
            Sentence(code, **_seen(first, flipped=side == "second"), turned=turned),
        )


def _of_labels(part: JudgingSlice) -> Iterator[Told]:
    labels = part.labels
    if labels is None or labels.agreement.pairs < LEAST_PAIRS:
        return
    if not _ends(labels.agreement):
        return
    kappa = labels.kappa
    seen = _seen(labels.agreement)
    if labels.agreement.value is not None and (labels.agreement.high or 1) < 0.5:
        yield "against", Sentence("judging.against", **seen, pairs=labels.pairs)
    elif kappa.value is None or not _ends(kappa) or (kappa.low or 0.0) <= 0:
        yield "chance", Sentence("judging.chance-labels", **seen, pairs=labels.pairs)
    else:
        told: dict[str, Any] = {"kappa": kappa.value, "lowest": kappa.low, "highest": kappa.high}
        yield None, Sentence("judging.labels", **seen, pairs=labels.pairs, **told)


def _of_length(part: JudgingSlice) -> Iterator[Told]:
    longer = part.longer
    if longer.pairs < LEAST_PAIRS or not _ends(longer) or longer.value is None:
        return
    labels = part.labels.longer if part.labels is not None else None
    usual = labels.value if labels is not None and labels.value is not None else None
    low, high = (usual, usual) if usual is not None else (0.5, 0.5)
    if labels is not None and _ends(labels):
        low, high = labels.low or 0.0, labels.high or 1.0
    is_more = (longer.low or 0.0) > high and longer.value >= high + BIASED
    is_less = (longer.high or 1.0) < low and longer.value <= low - BIASED
    if is_more or is_less:
        seen = _seen(longer, flipped=is_less)
        if usual is None:
            yield "length", Sentence("judging.longer" if is_more else "judging.shorter", **seen)
        elif is_more:
            yield "length", Sentence("judging.longer-than-labels", **seen, labels=usual)
        else:
            yield "length", Sentence("judging.shorter-than-labels", **seen, labels=1 - usual)


_BY_PLACE = {
    (True, "first"): "judging.ruled-first",
    (True, "second"): "judging.ruled-second",
    (False, "first"): "judging.leans-first",
    (False, "second"): "judging.leans-second",
}


def _ends(figure: Estimate | KappaEstimate) -> bool:
    return figure.low is not None and figure.high is not None


def _seen(figure: Estimate | KappaEstimate, *, flipped: bool = False) -> dict[str, Any]:
    """Value and interval; of the opposite share, if `flipped`."""
    assert figure.value is not None and figure.low is not None and figure.high is not None
    if flipped:
        return {"value": 1 - figure.value, "low": 1 - figure.high, "high": 1 - figure.low}
    return {"value": figure.value, "low": figure.low, "high": figure.high}
