"""What an audit says has Chinese beside it: sentences that it really makes."""

from __future__ import annotations

import re

import numpy as np
import pytest
from reports import report_sentences
from reports.report_values import claims, estimate, labels, nothing, power, report

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.claims.sentences import said
from prefdata.label_audit.judge import judge
from prefdata.label_audit.report import ablation
from prefdata.label_audit.views import plans
from prefdata.reports.page.translations import chinese_of
from prefdata.results.audit import Ablation
from prefdata.results.sentences import Sentence, chinese
from prefdata.transforms.metrics.baselines import constant
from prefdata.transforms.metrics.bootstrap import Bootstrap
from prefdata.transforms.metrics.bootstrap import estimate as estimated

CONFIG = AuditConfig()
GROUPS = np.arange(500)
OUR_NAMES = (
    r"`[^`]*`|--\w+(?: drop)?|review\.csv|\"[^\"]*\"|AUROC|audit\.folds|chosen|rejected|prompt"
    r"|Unicode"
)


def of_claims() -> list[Sentence]:
    """All that is claimed, without answers and with many kinds of them."""
    alone, told = claims(answered=False), claims()
    answers = told.answers
    assert answers is not None
    changes = ({}, {"once": 3}, {"again": 0}, {"may_drop": True}, {"unread": 0}, {"more": ()})
    kinds = [told.model_copy(update={"answers": answers.model_copy(update=c)}) for c in changes]
    return list(dict.fromkeys(text for kind in (alone, *kinds) for text in said(kind, CONFIG)))


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
    alike = nothing("-").model_copy(update={"value": 0.0, "groups": 9})
    told = [ablation.gain_sentence(gain, full.arms, 330) for gain in (*gains, alike)]
    return [*told, ablation.gain_sentence(full.gain, full.arms, 0)]


def of_nothing() -> list[str | None]:
    alone = estimated(np.array([2, 0]), np.zeros(2, np.int64), Bootstrap(seed=0))
    empty = estimated(np.zeros(0, np.int64), np.zeros(0, np.int64), Bootstrap(seed=0))
    return [alone.absent, empty.absent, constant(GROUPS).absent]


def of_reports() -> list[str]:
    return [text for name, text in vars(report_sentences).items() if name.isupper()]


@pytest.mark.parametrize(
    "told", [*of_claims(), *of_power(), *of_ablations(), *of_nothing(), *of_reports()]
)
def test_a_sentence_of_the_audit_is_told_in_chinese(told: str | None) -> None:
    assert isinstance(told, Sentence)
    translated = chinese(told)
    numbers = r"\d[\d,.]*\d%?|\d%?|`[^`]*`"
    assert sorted(re.findall(numbers, told)) == sorted(re.findall(numbers, translated))
    assert not re.search(r"[A-Za-z]{4,}", re.sub(OUR_NAMES, "", translated))


def test_every_sentence_of_a_report_is_there_in_chinese() -> None:
    shown = report()
    assert shown.labels is not None
    told = chinese_of(shown)["sentences"]
    assert shown.labels.claims is not None
    assert {*shown.labels.claims.says, *shown.remarks.values()} <= told.keys()
    assert {shortcut.says for shortcut in shown.labels.shortcuts} <= told.keys()
    assert not re.search(r"no row says", "".join(told.values()))


def test_a_text_without_code_has_no_chinese() -> None:
    assert "later" not in chinese_of(report(remarks={"x": "later"}))["sentences"]
