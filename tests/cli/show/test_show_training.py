from __future__ import annotations

import re

import numpy as np
import polars as pl
import pytest
from rich.cells import cell_len

from prefdata.cli.show.metrics import SLICES_SHOWN
from prefdata.cli.show.training import show_training
from prefdata.config.reward import EvaluationConfig
from prefdata.results.training import Course, Metrics, TrainedModel, TrainingCounts, TrainingResult
from prefdata.transforms.metrics.baselines import length_rule
from prefdata.transforms.metrics.reward_metrics import HeldOut, measure


def metrics(pairs: int = 400, sources: tuple[str, ...] = ("web", "网页")) -> Metrics:
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 300, (2, pairs))
    held_out = HeldOut(
        chosen=rng.normal(0.5, 1, pairs),
        rejected=rng.normal(0, 1, pairs).round(1),
        rows=np.arange(pairs),
        groups=np.arange(pairs) // 2,
        margins=np.ones(pairs),
        sources=pl.Series([sources[row % len(sources)] for row in range(pairs)], dtype=pl.String),
        languages=pl.Series(["en"] * pairs, dtype=pl.String),
        chosen_length=lengths[0],
        rejected_length=lengths[1],
    )
    return measure(held_out, length_rule(*lengths), EvaluationConfig(bootstrap=50), margin=True)


def trained(held_out: Metrics | None, **given: object) -> TrainingResult:
    fields: dict[str, object] = {
        "kind": "head",
        "model": TrainedModel(name="english"),
        "data": TrainingCounts(
            read=12_000, trained=11_000, held_out=400, quarantined=50, dropped={"too-long": 550}
        ),
        "training": Course(steps=1, seconds=3661.2, members=5, folds=5, device="cpu"),
        "held_out": held_out,
        "versions": {},
        "config": {},
        "fingerprint": "0" * 32,
    }
    return TrainingResult.model_validate(fields | given)


def shown(
    result: TrainingResult,
    width: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> str:
    monkeypatch.setenv("COLUMNS", str(width))
    show_training(result, "models/one")
    return capsys.readouterr().out


def test_numbers_stand_in_columns_beside_those_of_the_nulls(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = metrics()
    out = shown(trained(found), 100, monkeypatch, capsys)
    assert "\x1b" not in out
    lines = [line for line in out.splitlines() if line.endswith(" 400")]
    known = found.accuracy
    numbers = [f"{known.value:.3f}", f"{known.low:.3f}", "to", f"{known.high:.3f}"]
    assert lines[0].split() == ["held", "out", *numbers, f"{found.loss:.3f}", "400"]
    assert [re.split(r"  +", line.strip())[0] for line in lines[1:]] == [
        "length only",
        "shuffled labels",
        "the same reward for all",
    ]
    assert lines[3].split()[-3:] == ["0.500", "0.693", "400"]
    assert len(set(map(len, lines))) == 1
    assert "12,000 read = 11,000 trained on + 400 held out + 550 dropped (too-long 550)" in out
    assert "1 step, 5 folds, 1 h 1 min, on cpu" in out
    assert "by language" not in out


@pytest.mark.parametrize("width", [100, 80, 79, 60, 40])
@pytest.mark.parametrize("sources", [("web", "网页"), ("很长的来源名" * 8, "x" * 200, "c")])
def test_fits_the_screen_and_loses_no_number(
    width: int,
    sources: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = metrics(sources=sources)
    out = shown(trained(found, cross_validated=found), width, monkeypatch, capsys)
    table = out[: out.index("models/one")]
    assert max(cell_len(line) for line in table.splitlines()) <= width
    length = found.length
    for each in (found.accuracy, length.matched, length.rejected_longer, *found.sources):
        said = f"{each.value:.3f} {each.low:.3f} to {each.high:.3f}".split()
        assert re.search(r"\D*".join(map(re.escape, [s for s in said if s != "to"])), out)


def test_slices_that_are_not_shown_are_counted_and_few_pairs_are_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = metrics(sources=tuple("abcdefgh") + ("\x1b[31m[red]",) * 16)
    out = shown(trained(found), 100, monkeypatch, capsys)
    assert f"and {9 - SLICES_SHOWN} more: see metrics.json" in out
    assert "\\x1b[31m[red]" in out
    assert "a (few)" in out
    assert "fewer than 30 leakage groups" in out


def test_a_model_that_was_not_measured_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    result = trained(None, kind="backbone", remarks={"no-held-out": "split.test is 0."})
    out = shown(result, 100, monkeypatch, capsys)
    assert "not measured: no pairs were held out" in out
    assert "no-held-out: split.test is 0." in out
    assert "prefdata score DATA --model models/one" in out


@pytest.mark.parametrize("pairs", [0, 2])
def test_what_cannot_be_computed_is_said(
    pairs: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = shown(trained(metrics(pairs)), 100, monkeypatch, capsys)
    assert "nan" not in out and "None" not in out
    assert ("take it as a hint" in out) == bool(pairs)
    assert ("There are no pairs." if not pairs else "No interval: all pairs are of one") in out


@pytest.mark.parametrize("pairs", [20, 2_000])
def test_a_model_that_may_know_length_alone_is_called_out(
    pairs: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = metrics(pairs)
    assert found.over_length_only.low is not None
    may_be_chance = found.over_length_only.low <= 0
    assert may_be_chance == (pairs == 20)
    out = shown(trained(found), 100, monkeypatch, capsys)
    assert ("not clearly better than length alone" in out) == may_be_chance


def test_a_model_that_is_worse_than_length_alone_is_called_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = metrics(20)
    worse = found.over_length_only.model_copy(update={"value": -0.1, "low": -0.2, "high": -0.01})
    told = found.model_copy(update={"over_length_only": worse})
    out = shown(trained(told), 100, monkeypatch, capsys)
    assert "The model is worse than length alone." in out
    assert "not clearly better than length alone" not in out


def test_the_counts_balance() -> None:
    counts = trained(None).data
    assert counts.balance() == 0
    assert counts.model_copy(update={"validation": 3}).balance() == -3
