from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.label_audit.report.slice_names import LENGTHS, TURNS
from prefdata.label_audit.report.slices import slices
from prefdata.transforms.metrics.bootstrap import Bootstrap

RATIOS = {0: (100, 300), 1: (100, 150), 2: (100, 110), 3: (150, 100), 4: (300, 100)}
COUNTS = (0, 1, 2, 3, 7)


def facts_of(
    sources: list[str], languages: list[str], ratios: list[int], turns: list[int], groups: Any
) -> PairFacts:
    pairs = len(sources)
    lengths = np.array([RATIOS[ratio] for ratio in ratios]).reshape(pairs, 2)
    return PairFacts(
        rows=np.arange(pairs),
        groups=np.asarray(groups),
        sources=pl.Series(sources, dtype=pl.String),
        languages=pl.Series(languages, dtype=pl.String),
        lengths=(lengths[:, 0], lengths[:, 1]),
        margins=np.full(pairs, np.nan),
        turns=np.array([COUNTS[turn] for turn in turns]),
    )


def slow_parts(facts: PairFacts) -> dict[tuple[tuple[str, str], ...], set[int]]:
    """Every row by every set of one, two and all conditions; the same rows are told once."""
    chosen, rejected = facts.lengths
    known = {pair: number for number, pair in RATIOS.items()}
    columns: dict[str, list[str]] = {
        "source": facts.sources.to_list(),
        "language": facts.languages.to_list(),
        "length": [LENGTHS[known[pair]] for pair in zip(chosen, rejected, strict=True)],
        "turns": [TURNS[COUNTS.index(count)] for count in facts.turns],
    }
    varied = [name for name, values in columns.items() if len(set(values)) > 1]
    parts: dict[tuple[tuple[str, str], ...], set[int]] = {}
    every: dict[tuple[tuple[str, str], ...], set[int]] = {}
    for count in range(1, len(varied) + 1):
        for names in combinations(varied, count):
            for row in range(len(facts)):
                key = tuple((name, columns[name][row]) for name in names)
                every.setdefault(key, set()).add(row)
    for key, rows in every.items():
        fewer = [tuple(each for each in key if each != out) for out in key]
        is_new = not any(every.get(other) == rows for other in fewer)
        if is_new and len(key) in {1, 2, len(varied)}:
            parts[key] = rows
    return parts


row = st.tuples(
    st.sampled_from("ab"), st.sampled_from(["en", "zh"]), st.integers(0, 4), st.integers(0, 4),
    st.integers(0, 6), st.booleans(), st.booleans(),
)  # fmt: skip


@given(st.lists(row, min_size=1, max_size=40), st.integers(1, 4))
def test_parts_are_those_of_a_plain_count(rows: list[tuple[Any, ...]], least: int) -> None:
    *columns, right, suspected = map(list, zip(*rows, strict=True))
    facts = facts_of(*columns)
    hit, flagged = np.array(right), np.array(suspected)
    found = slices(hit, flagged, facts, Bootstrap(), least)
    told = {tuple(each.by.items()): each for each in found.slices}
    inside: set[int] = set()
    parts = slow_parts(facts)
    for key, members in parts.items():
        places = sorted(members)
        groups = len(set(facts.groups[places].tolist()))
        if groups < least:
            inside |= members
            continue
        part = told.pop(key)
        assert (part.pairs, part.groups) == (len(places), groups)
        assert part.suspected == flagged[places].sum()
        assert part.accuracy == pytest.approx(hit[places].mean(), abs=1e-6)
        assert part.low - 1e-6 <= part.accuracy <= part.high + 1e-6
        assert part.name == ", ".join(value for _, value in key)
    assert not told
    assert found.small.pairs == len(inside)
    assert found.small.slices == len(parts) - len(found.slices)
    assert found.small.least == least


def simulated(seed: int, pairs: int = 3000, better: float = 0.0) -> tuple[np.ndarray, PairFacts]:
    """Pairs in groups that are right together; `better`: how much more often those of b.jsonl."""
    random = np.random.default_rng(seed)
    groups = random.integers(0, pairs // 3, pairs)
    source = np.where(random.random(pairs) < 0.15, "b.jsonl", "a.jsonl")
    quality = random.normal(size=pairs)[groups] + random.normal(size=pairs)
    right = quality < 0.95 + better * (source == "b.jsonl")
    ratios, turns = random.integers(0, 5, pairs), random.integers(1, 4, pairs)
    languages = np.where(random.random(pairs) < 0.3, "zh", "en")
    return right, facts_of(
        source.tolist(), languages.tolist(), ratios.tolist(), turns.tolist(), groups
    )


def test_intervals_hold_the_truth_in_all_parts_at_once() -> None:
    """Nothing differs, so that each part has the same accuracy; it is known from many pairs."""
    truth = simulated(0, 200_000)[0].mean()
    held, stood_out, runs = 0, 0, 80
    for seed in range(1, runs + 1):
        right, facts = simulated(seed, 1500)
        found = slices(right, right, facts, Bootstrap(seed=seed)).slices
        assert len(found) > 30
        held += all(each.low <= truth <= each.high for each in found)
        stood_out += any(each.stands_out != "no" for each in found)
    assert held / runs >= 0.88
    assert stood_out / runs <= 0.12


def test_intervals_are_narrower_than_for_parts_that_know_nothing_of_each_other() -> None:
    from scipy.special import ndtri

    right, facts = simulated(1)
    found = slices(right, right, facts, Bootstrap()).slices
    reach = ndtri(1 - 0.025 / len(found))
    widest = max(found, key=lambda each: each.pairs)
    share, pairs, groups = widest.accuracy, widest.pairs, widest.groups
    assert widest.high - widest.low < 2 * reach * np.sqrt(share * (1 - share) / groups)
    assert widest.high - widest.low > 2 * 1.96 * np.sqrt(share * (1 - share) / pairs)


@pytest.mark.parametrize(("better", "which"), [(1.0, "above"), (-1.0, "below"), (0.0, "no")])
def test_a_source_that_differs_stands_out(better: float, which: str) -> None:
    right, facts = simulated(3, better=better)
    found = {each.name: each for each in slices(right, right, facts, Bootstrap()).slices}
    assert found["b.jsonl"].stands_out == which
    assert found["en"].stands_out == "no"


def test_what_does_not_differ_is_passed_over() -> None:
    facts = facts_of(["a"] * 40, ["en"] * 40, [2] * 40, [1] * 40, np.arange(40))
    right = np.arange(40) < 30
    found = slices(right, right, facts, Bootstrap())
    assert found.slices == ()
    assert found.small.slices == found.small.pairs == 0


def test_parts_that_are_nearly_the_same_are_told_once() -> None:
    """99% of the pairs are English: neither `en` nor its crossings say anything new."""
    sources, languages = ["a", "b"] * 500, ["en"] * 990 + ["zh"] * 10
    facts = facts_of(sources, languages, [2] * 1000, [1] * 1000, np.arange(1000))
    found = slices(np.arange(1000) % 3 > 0, np.zeros(1000, np.bool_), facts, Bootstrap())
    assert [each.name for each in found.slices] == ["a", "b"]
    assert (found.small.slices, found.small.pairs) == (3, 10)  # zh; a, zh; b, zh


def test_parts_without_a_single_error_have_an_interval_for_their_groups() -> None:
    sources = ["a"] * 60 + ["b"] * 60
    facts = facts_of(sources, ["en"] * 120, [2] * 120, [1] * 120, np.arange(120) // 2)
    right = np.ones(120, np.bool_)
    for each in slices(right, ~right, facts, Bootstrap()).slices:
        assert each.high == 1
        assert 0.8 < each.low < 0.9
        assert each.stands_out == "no"
