"""Judged pairs, and what is known of them, for the tests of diagnostics."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from audit_world import World, world

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.judge import judge
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.transforms.texts.controls import Controls, Family


def facts_of(made: World, **known: Any) -> PairFacts:
    pairs = len(made.groups)
    names = pl.Series(["a.jsonl"] * pairs)
    languages = pl.Series(["en"] * pairs)
    stated = np.full(pairs, np.nan)
    plain = PairFacts(np.arange(pairs), made.groups, names, languages, made.lengths, stated)
    return replace(plain, **known)


def controls_of(**columns: Any) -> Controls:
    """`family=column`; one column a family."""
    families: tuple[Any, ...] = tuple(columns)
    values = np.stack(list(columns.values()), axis=1).astype(np.float32)
    return Controls(np.arange(len(values)), families, families, values)


def no_controls(pairs: int) -> Controls:
    families: tuple[Family, ...] = ()
    return Controls(np.arange(pairs), (), families, np.zeros((pairs, 0), np.float32))


def judged_world(config: AuditConfig, **kind: Any) -> tuple[Judged, World]:
    made = world(**kind)
    return judge(made.views, made.groups, made.lengths, config), made
