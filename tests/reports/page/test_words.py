"""Every string of the page, in both languages; every code that a report can name."""

from __future__ import annotations

import re
from importlib.resources import files
from typing import get_args

import pytest
from reports.report_values import report

from prefdata.config.audit import View
from prefdata.label_audit.judge.power import LENGTH, SHUFFLED
from prefdata.label_audit.report.slice_names import LENGTHS, TURNS
from prefdata.records.judgement import OVERALL
from prefdata.reports.page.page import SCRIPTS, STYLES, words
from prefdata.reports.page.plot import PLOT_SCRIPTS
from prefdata.reports.page.translations import chinese_of, chinese_rules
from prefdata.results.agreement import AgreementScale, AnswerName
from prefdata.results.audit import REASONS, AlikeKind, Arm, LabelClass
from prefdata.results.changes import KINDS
from prefdata.results.manifest import Outcome
from prefdata.results.review import DECISIONS
from prefdata.rules.registry import ALL_RULES
from prefdata.transforms.texts.controls import Family

ASSETS = files("prefdata.reports") / "assets"
CODE = "".join((ASSETS / name).read_text(encoding="utf-8") for name in (*SCRIPTS, *PLOT_SCRIPTS))
CHINESE = re.compile(r"[\u4e00-\u9fff]")

NAMED = {
    "alike": get_args(AlikeKind),
    "class": (*get_args(LabelClass), "all"),
    "means": get_args(LabelClass),
    "outcome": get_args(Outcome),
    "view": ("all", "content", "judgements", *get_args(View)),
    "detection": ("all", "judgements", *get_args(View), LENGTH, SHUFFLED),
    "shortcut": (*get_args(Family), "prompt-blind"),
    "slice.length": LENGTHS,
    "slice.turns": TURNS,
    "slice.out": ("below", "above", "no"),
    "by": ("source", "language", "length", "turns"),
    "arm": get_args(Arm.model_fields["name"].annotation),
    "decision": DECISIONS,
    "decide": DECISIONS,
    "part": ("first", "others", "all"),
    "length": ("prompt", "chosen", "rejected"),
    "scale": get_args(AgreementScale),
    "answer": get_args(AnswerName),
    "change": (*KINDS, "changed"),
    "criterion": (OVERALL,),
    "baseline": ("constant", LENGTH, SHUFFLED),
}


def test_every_asset_is_used() -> None:
    assert {"page.html", "words.json", "rules_chinese.json", *SCRIPTS, *PLOT_SCRIPTS, *STYLES} == {
        each.name for each in ASSETS.iterdir()
    }


@pytest.mark.parametrize("key", sorted(words()))
def test_a_string_is_there_in_both_languages(key: str) -> None:
    english, chinese = words()[key]
    assert english.strip()
    assert chinese.strip()
    assert sorted(re.findall(r"\{\w+\}", english)) == sorted(re.findall(r"\{\w+\}", chinese))
    alike = {"language.name.en", "glossary.auroc"}
    assert CHINESE.search(chinese) or key in alike or not re.search(r"[A-Za-z]", english)


def test_the_scripts_ask_for_no_string_that_is_missing() -> None:
    asked = set(re.findall(r'\b(?:say|sentence|lead)\("([\w.]*\w)"', CODE))
    asked |= set(re.findall(r'"((?:found|judged)\.[\w.]+)"', CODE))
    assert asked
    assert asked <= words().keys()


def test_no_string_is_left_over() -> None:
    quoted = set(re.findall(r'["`]([\w.-]+)["`]', CODE))
    starts = ("nav.", "section.", "glossary.", "tag.", "switch.", "theme.", "language.", "judged.")
    for key in words().keys() - quoted:
        family = key.rsplit(".", 1)[0]
        assert key.startswith(starts) or family in NAMED, key


@pytest.mark.parametrize(("kind", "name"), [(k, n) for k, all_of in NAMED.items() for n in all_of])
def test_every_name_that_a_report_can_hold_has_words(kind: str, name: str) -> None:
    assert f"{kind}.{name}" in words()


def test_every_rule_speaks_chinese() -> None:
    assert {rule.code for rule in ALL_RULES} == chinese_rules().keys()
    for says, to_do in chinese_rules().values():
        assert CHINESE.search(says)
        assert CHINESE.search(to_do)


def test_a_page_holds_the_chinese_of_what_its_report_names() -> None:
    shown = report()
    found = chinese_of(shown)
    assert {issue.code for issue in shown.issues} <= found["rules"].keys()
    assert shown.labels is not None
    told = {reason for suspect in shown.labels.suspects for reason in suspect.reasons}
    told |= set(shown.labels.shared_reasons)
    assert "steady" in told  # of all suspects, and of none by itself
    assert told == found["reasons"].keys()
    assert told <= REASONS.keys()
