"""A judge that reads answers, and one that is ruled by position, as reports show them."""

from __future__ import annotations

from prefdata.results.judging import (
    JudgingReport,
    JudgingSlice,
    KappaEstimate,
    LabelFigures,
    OrderFigures,
    VerdictCounts,
)
from prefdata.results.training import Estimate
from prefdata.transforms.judging.in_words import in_words_again


def _share(value: float, half: float, pairs: int) -> Estimate:
    return Estimate(pairs=pairs, groups=pairs, value=value, low=value - half, high=value + half)


def _kappa(value: float, pairs: int) -> KappaEstimate:
    return KappaEstimate(
        pairs=pairs, prompts=pairs, value=value, low=value - 0.06, high=value + 0.06
    )


def judging_slice(
    language: str | None = None, *, pairs: int = 400, is_ruled: bool = False
) -> JudgingSlice:
    """Figures of one criterion and language."""
    return JudgingSlice(
        criterion="overall",
        language=language,
        prompts=pairs,
        pairs=pairs,
        ties=_share(0.88 if is_ruled else 0.14, 0.03, pairs),
        longer=_share(0.54, 0.06, pairs - 60),
        orders=OrderFigures(
            consistency=_share(0.12 if is_ruled else 0.86, 0.03, pairs),
            kappa=_kappa(-0.04 if is_ruled else 0.71, pairs),
            first=_share(0.93 if is_ruled else 0.52, 0.02, 2 * pairs),
            turned=_share(0.86 if is_ruled else 0.1, 0.03, pairs),
        ),
        labels=LabelFigures(
            pairs=pairs,
            agreement=_share(0.51 if is_ruled else 0.79, 0.03, pairs),
            decided=_share(0.55 if is_ruled else 0.84, 0.04, pairs - 60),
            single=_share(0.51 if is_ruled else 0.79, 0.03, 2 * pairs),
            kappa=_kappa(0.01 if is_ruled else 0.6, pairs),
            longer=_share(0.53, 0.05, pairs),
        ),
    )


def judging(name: str = "qwen", *, is_ruled: bool = False) -> JudgingReport:
    """The report on one judge, with its sentences."""
    whole = judging_slice(is_ruled=is_ruled)
    parts = (judging_slice(each, pairs=200, is_ruled=is_ruled) for each in ("en", "zh"))
    return in_words_again(
        JudgingReport(
            judge=name,
            kind="pairwise",
            verdicts=VerdictCounts(
                wanted=1000,
                parsed=830,
                unparsed=120,
                failed={"refused-by-filter": 30},
                not_asked={"max-cost": 20},
                repaired=40,
                graded=700,
            ),
            unparsed=_share(0.12, 0.02, 1000),
            slices=(whole, *parts),
        )
    )
