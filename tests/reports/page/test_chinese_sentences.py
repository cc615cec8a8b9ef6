"""What the audit says in English has Chinese beside it: sentences that it really makes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from reports import report_sentences
from reports.report_values import estimate, labels, nothing, power

from prefdata.config.audit import AuditConfig, PriorConfig
from prefdata.label_audit.judge import judge
from prefdata.label_audit.judge.prior import prior_of
from prefdata.label_audit.people import flip_rate
from prefdata.label_audit.report import ablation, shortcuts
from prefdata.label_audit.views import plans
from prefdata.reports.page.chinese_sentences import SENTENCES, in_chinese
from prefdata.results.audit import Ablation
from prefdata.transforms.metrics.baselines import constant
from prefdata.transforms.metrics.bootstrap import Bootstrap
from prefdata.transforms.metrics.bootstrap import estimate as estimated

MARGINS = np.linspace(-1, 3, 500)
GROUPS = np.arange(500)
ENDS = ({}, {"low": 0.01}, {"high": 0.2}, {"low": 0.01, "high": 0.2})


def of_priors() -> list[str]:
    reviewed = estimate(0.05, 0.02)
    return [
        prior_of(MARGINS, GROUPS, PriorConfig(**ends), people).made
        for ends in ENDS
        for people in (None, reviewed)
    ]


def of_power() -> list[str | None]:
    enough, few = power(), power(enough=False)
    unknown = few.detections[0].model_copy(update={"low": None})
    shuffled = enough.detections[-1].model_copy(update={"auroc": 0.9})
    return [
        plans.why_too_few(np.arange(2), AuditConfig()),
        judge.why_not_judged(few),
        judge.why_not_judged(few.model_copy(update={"detections": (unknown, *few.detections[1:])})),
        judge.why_not_judged(
            enough.model_copy(update={"detections": (*enough.detections[:-1], shuffled)})
        ),
    ]


def of_ablations() -> list[str]:
    full = labels().ablation
    assert isinstance(full, Ablation)
    gains = (estimate(0.01, 0.002), estimate(-0.01, 0.002), estimate(0.0, 0.01), nothing("-"))
    told = [ablation.in_words(gain, full.arms, 330) for gain in gains]
    return [*told, ablation.in_words(full.gain, full.arms, 0)]


def of_shortcuts() -> list[str]:
    signs = np.array([1, 1, -1])
    which = ("the longer completion", "the completion of `a`", "the completion with more of `a`; b")
    return [*shortcuts.ABSENT.values(), shortcuts.in_words(signs, which[0], "differ in length")] + [
        shortcuts.in_words(signs, each, "differ in it") for each in which[1:2]
    ]


def of_nothing() -> list[str | None]:
    alone = estimated(np.array([2, 0]), np.zeros(2, np.int64), Bootstrap(seed=0))
    empty = estimated(np.zeros(0, np.int64), np.zeros(0, np.int64), Bootstrap(seed=0))
    return [alone.absent, empty.absent, constant(GROUPS).absent, flip_rate.NOBODY]


def of_reports() -> list[str]:
    return [text for name, text in vars(report_sentences).items() if name.isupper()]


@pytest.mark.parametrize(
    "told",
    [*of_priors(), *of_power(), *of_ablations(), *of_shortcuts(), *of_nothing(), *of_reports()],
)
def test_a_sentence_of_the_audit_is_told_in_chinese(told: str | None) -> None:
    assert told
    chinese = in_chinese(told)
    assert chinese, told
    numbers = r"\d[\d,.]*\d%?|\d%?|`[^`]*`"
    missing = set(re.findall(numbers, told)) - set(re.findall(numbers, chinese))
    assert not missing
    assert not re.search(r"[A-Za-z]{4,}", re.sub(r"`[^`]*`|AUROC|audit\.folds", "", chinese))


@pytest.mark.parametrize("text", ["", "Something else", "no interval: x", "given in the config."])
def test_what_is_not_known_stays_as_it_is(text: str) -> None:
    assert in_chinese(text) is None or text.startswith("given")


def test_names_in_a_sentence_are_not_patterns() -> None:
    told = (
        "the completion of `{0.__class__} %s .*` is chosen in 5% of the 2 pairs that differ in it"
    )
    assert "`{0.__class__} %s .*`" in (in_chinese(told) or "")


def test_templates_name_the_same_values() -> None:
    for english, chinese in SENTENCES.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese))
