"""Where resamples of the prompts do not differ, nothing is said of other prompts."""

from __future__ import annotations

import numpy as np

from prefdata.results.agreement import AgreementSlice, AlphaEstimate
from prefdata.transforms.judgements.alpha import krippendorff_alpha
from prefdata.transforms.judgements.in_words import in_words
from prefdata.transforms.judgements.votes import votes_of
from prefdata.transforms.metrics.bootstrap import Bootstrap


def test_judges_who_agree_everywhere_have_no_interval_of_no_width() -> None:
    units = np.arange(40)
    verdict = np.tile([1, -1], 20)
    answers = votes_of(np.repeat(units, 2), np.tile([0, 1], 40), np.repeat(verdict, 2))
    found = krippendorff_alpha(answers, units, "nominal", Bootstrap())
    assert (found.value, found.low, found.high) == (1.0, None, None)


def test_it_is_said_why_there_is_no_interval() -> None:
    def says(prompts: int) -> str:
        alpha = AlphaEstimate(
            scale="nominal", units=40, prompts=prompts, value=1.0, low=None, high=None
        )
        fields = dict.fromkeys(("judges", "pairs_of_judges", "says"), ())
        part = AgreementSlice.model_construct(alpha=alpha, **fields)
        return str(in_words(part).says[0])

    assert says(40).startswith("Krippendorff's alpha 1.00; no interval: however prompts are drawn")
    assert says(1) == "Krippendorff's alpha 1.00; no interval: everything is of one prompt."
