from __future__ import annotations

import pytest

from prefdata.errors import ConfigError
from prefdata.rules.registry import ALL_RULES, active_rules, level_of, rule_named

OF_THE_READER = (
    *("duplicate-key", "disagreement", "prompt-from-sides"),
    *("missing-media", "unreadable-media"),
)
"""Findings on records that only the reader can make."""


def test_codes_are_sorted_and_unique() -> None:
    codes = [rule.code for rule in ALL_RULES]
    assert codes == sorted(set(codes))


@pytest.mark.parametrize("rule", ALL_RULES, ids=lambda rule: rule.code)
def test_every_rule_explains_itself(rule) -> None:  # type: ignore[no-untyped-def]
    for sentence in (rule.summary, rule.fix):
        assert "\n" not in sentence
        assert sentence.endswith(".")
        assert len(sentence) <= 100
    assert (rule.examine is not None) == (rule.kind == "record" and rule.code not in OF_THE_READER)
    assert rule.examine is None or rule.candidates is not None


def test_the_default_levels() -> None:
    active = active_rules({})
    assert [rule.code for rule in ALL_RULES if rule not in active] == ["refusal"]


def test_a_config_overrules_levels() -> None:
    levels = {rule.code: rule.level for rule in active_rules({"tie": "off", "refusal": "error"})}
    assert "tie" not in levels
    assert levels["refusal"] == "error"
    assert level_of("tie", {"tie": "off"}) == "off"
    assert level_of("tie", {}) == "error"


def test_an_unknown_code_names_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"'identical_side'.*'identical-sides'"):
        active_rules({"identical_side": "off"})
    for unlike in ("", "colour"):
        with pytest.raises(ConfigError, match=r"There is no rule '\w*'\. `prefdata rules`"):
            rule_named(unlike)


def test_reasons_of_quarantine_cannot_be_overruled() -> None:
    with pytest.raises(ConfigError, match="'invalid-json' is fixed"):
        active_rules({"invalid-json": "warning"})
