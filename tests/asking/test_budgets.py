"""Budgets stop a run before they are passed; what is under way is still kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from prefdata.config.asking import LimitsConfig, PriceConfig
from prefdata.errors import UsageError
from prefdata.io.answers.answers import AnswerStore
from prefdata.steps.asking.estimate import estimate
from tests.asking.asked import asked_of, quick, texts_in, wanting
from tests.asking.fault_server import FaultServer

PROMPTS = [f"p{k}" for k in range(100)]
PRICES = {"*": PriceConfig(prompt=1, completion=2)}


def test_a_budget_of_tokens_is_not_passed(server: FaultServer, store: Path) -> None:
    wanted = wanting(PROMPTS, 2, max_tokens=60)
    totals = asked_of(server.url, store, wanted, quick(max_tokens=3000))
    spent = totals.prompt_tokens + totals.completion_tokens
    assert totals.stopped_by == "max-tokens"
    assert totals.not_asked == {"max-tokens": 200 - totals.answered}
    assert 3000 - 2 * (60 + 9) - 8 <= spent <= 3000
    assert sum(text is not None for text in texts_in(store, wanted)) == totals.answered


def test_a_budget_of_money_is_not_passed(server: FaultServer, store: Path) -> None:
    limits = quick(max_cost=0.002, prices=PRICES)
    totals = asked_of(server.url, store, wanting(PROMPTS, max_tokens=60), limits)
    assert totals.stopped_by == "max-cost"
    assert totals.cost is not None
    assert 0.0018 < totals.cost <= 0.002
    assert totals.cost == pytest.approx((totals.prompt_tokens + 2 * totals.completion_tokens) / 1e6)


def test_a_budget_that_nothing_fits_into_asks_for_nothing(server: FaultServer, store: Path) -> None:
    totals = asked_of(server.url, store, wanting(PROMPTS), quick(max_tokens=1))
    assert (server.told.requests, totals.not_asked) == (0, {"max-tokens": 100})


def test_tokens_that_are_not_told_are_estimated(server: FaultServer, store: Path) -> None:
    totals = asked_of(server.url, store, wanting(["[always:no-usage] why?"]))
    assert totals.estimated_tokens == totals.prompt_tokens + totals.completion_tokens > 0


def test_a_budget_without_a_price_is_refused(server: FaultServer, store: Path) -> None:
    with pytest.raises(ValueError, match="prices"):
        LimitsConfig(max_cost=1)
    limits = quick(max_cost=1, prices={"another": PriceConfig(prompt=1)})
    with pytest.raises(UsageError, match="'m'"):
        asked_of(server.url, store, wanting(PROMPTS), limits)


def test_a_cost_is_unknown_where_a_price_is(server: FaultServer, store: Path) -> None:
    totals = asked_of(server.url, store, wanting(["why?"]))
    assert totals.cost is None


def test_an_estimate_says_what_is_missing(server: FaultServer, store: Path) -> None:
    wanted = wanting(["four bytes a token.."], 4, max_tokens=10)
    limits = quick(prices=PRICES)
    told = estimate(wanted(), None, limits)
    assert (told.completions, told.requests, told.prompt_tokens) == (4, 1, 9)
    assert (told.prompt_tokens_singly, told.completion_tokens) == (36, 40)
    assert told.cost == pytest.approx((36 + 80) / 1e6)
    asked_of(server.url, store, wanting(["four bytes a token.."], 3, max_tokens=10))
    with AnswerStore(store) as answers:
        left = estimate(wanted(), answers, limits)
    assert (left.wanted, left.known, left.completions) == (4, 3, 1)
    assert left.prompt_tokens_singly == 9


def test_an_estimate_without_a_limit_of_tokens_or_a_price_says_so() -> None:
    assert estimate(wanting(["why?"])(), None, quick(prices=PRICES)).completion_tokens is None
    assert estimate(wanting(["why?"], max_tokens=5)(), None, quick()).cost is None
