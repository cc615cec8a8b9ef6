"""The registry of all rules, and their levels under a config."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from prefdata.config.section import Level
from prefdata.config.similar_names import did_you_mean
from prefdata.errors import ConfigError
from prefdata.rules import (
    across,
    artefacts,
    collected,
    conversation,
    pairing,
    preference,
    preflight,
    reading,
    reasoning,
    refusal,
    values,
)
from prefdata.rules.rule import Rule

ALL_RULES: tuple[Rule, ...] = tuple(
    sorted(
        (
            *across.RULES,
            *artefacts.RULES,
            *collected.RULES,
            *conversation.RULES,
            *pairing.RULES,
            *preference.RULES,
            *preflight.RULES,
            *reading.RULES,
            *reasoning.RULES,
            *refusal.RULES,
            *values.RULES,
        ),
        key=lambda rule: rule.code,
    )
)
"""Every rule of any kind, sorted by code."""

_BY_CODE = {rule.code: rule for rule in ALL_RULES}


def rule_named(code: str) -> Rule:
    """The rule with a code. Raises ConfigError, naming similar codes, if there is none."""
    if code in _BY_CODE:
        return _BY_CODE[code]
    raise ConfigError(
        f"There is no rule {code!r}. {did_you_mean(code, _BY_CODE)}`prefdata rules` lists all of "
        "them."
    )


def level_of(code: str, levels: Mapping[str, Level]) -> Level:
    """The level of a rule under the overrides of a config. Raises ConfigError if it is unknown."""
    return levels.get(code, rule_named(code).level)


def active_rules(levels: Mapping[str, Level]) -> tuple[Rule, ...]:
    """The rules of every kind that are not off, sorted by code, at the levels of a config.

    `levels`: rule code to level. Raises ConfigError for an unknown code, and for a reason of having
    no record, whose level is fixed: without a record the row cannot be kept.
    """
    for code in levels:
        if rule_named(code).kind == "pairing":
            raise ConfigError(
                f"The level of {code!r} is fixed: such a row makes no pair, so there is none to "
                "keep. Remove it from check.rules; read.pairs says how pairs are made."
            )
        if rule_named(code).kind == "reading":
            raise ConfigError(
                f"The level of {code!r} is fixed: such a row cannot be read and always goes to "
                "quarantine. Remove it from check.rules."
            )
    levelled = (replace(rule, level=level_of(rule.code, levels)) for rule in ALL_RULES)
    return tuple(rule for rule in levelled if rule.level != "off")
