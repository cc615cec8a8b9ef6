from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hand_judged import power
from runs import run_on

from prefdata.config.load import config_of
from prefdata.engines.local import LocalEngine
from prefdata.errors import RunError
from prefdata.io.files.ledger import scan_ledger
from prefdata.label_audit.claims.claims import Claimed
from prefdata.label_audit.claims.posterior import RowChances
from prefdata.label_audit.judge.judged import CLASSES, Judged
from prefdata.pipeline.build import build
from prefdata.pipeline.stages.dataset import Dataset, dataset_of
from prefdata.pipeline.stages.write_audit import accounts_of
from prefdata.results.audit import Claims
from prefdata.steps.audit.write_audited import AUDITED_SCHEMA, AuditedBooks, write_audited

VIEWS = ("controls", "ngrams")
CONFIG = config_of({"split": {"test": 0.4}})


def judged(count: int, *, is_judged: bool = True) -> Judged:
    """Numbers that say which pair they belong to."""
    at = np.arange(count, dtype=np.float64)
    margins = np.stack([[at + repeat + 10 * view for repeat in (0, 1)] for view in (0, 1)])
    return Judged(
        names=VIEWS,
        weights=np.ones(2),
        margins=margins.astype(np.float32),
        without=np.zeros((2, count)),
        stacked=np.stack([at, at]).astype(np.float32),
        margin=at,
        spread=np.where(at == 0, np.nan, at / 10),
        content=np.zeros((1, count), np.float32),
        shuffled=np.zeros(count),
        p_label=at / count,
        classes=(np.arange(count) % (len(CLASSES) - 1)).astype(np.int8) * is_judged,
        power=power(is_enough=is_judged),
        is_judged=is_judged,
        why_not=None if is_judged else "too few",
    )


@pytest.fixture(params=["raw", "output folder"])
def data(tmp_path: Path, request: pytest.FixtureRequest) -> Dataset:
    rows = [
        {
            "prompt": f"What is {n}?",
            "chosen": f"A number, {n}.",
            "rejected": "It",
            "margin": n + 1.5,
        }
        for n in range(30)
    ]
    rows[4] |= {"chosen": "It"}
    rows[6] = rows[5]
    lines = [json.dumps(row) for row in rows]
    lines[8] = "{broken"
    source = tmp_path / "a.jsonl"
    source.write_text("\n".join(lines) + "\n", encoding="utf-8")
    build([source], out=tmp_path / "out", config=CONFIG)
    place = source if request.param == "raw" else tmp_path / "out"
    with LocalEngine(1) as engine:
        (tmp_path / "work").mkdir()
        return dataset_of(run_on([place], tmp_path / "work", CONFIG, engine=engine))


def answered(count: int) -> Claimed:
    """What answers tell, other for each pair."""
    at = np.arange(count, dtype=np.float64)
    told = RowChances(1 - at / count, at / count / 2, 1 - at / count / 4, 0.5)
    return Claimed(Claims(first=count, most=count, what_if=(), says=()), told)


def books(
    data: Dataset,
    found: Judged | None,
    keep: slice = slice(None),
    claimed: Claimed | None = None,
    likely: float = 0.5,
) -> AuditedBooks:
    pairs = data.pairs()
    return AuditedBooks(accounts_of(data), pairs, pairs.rows[keep], found, claimed, likely)


def test_every_row_that_was_read_has_a_line(data: Dataset, tmp_path: Path) -> None:
    pairs = data.pairs()
    table = tmp_path / "rows.parquet"
    said, told = judged(len(pairs)), answered(len(pairs))
    written, counts = write_audited(table, books(data, said, claimed=told, likely=0.8))
    lines = pl.read_parquet(table)
    ledger = scan_ledger(tmp_path / "out").collect()
    views = [f"reward_margin_{name}" for name in VIEWS]
    assert lines.columns == [*AUDITED_SCHEMA.names, *views]
    same = ["row", "source", "source_row", "split", "verdict", "reason", "evidence"]
    assert lines.select(same).equals(ledger.select(same))
    kept = pl.col("verdict") == "keep"
    assert lines.filter(kept)["group"].equals(ledger.filter(kept)["group"])
    assert (written.rows, counts.read, counts.balance()) == (30, 30, 0)
    assert counts.kept == len(pairs) == lines["audited"].sum()
    assert counts.dropped == {"duplicate-pair": 1, "identical-sides": 1}
    assert counts.quarantined == 1

    chances = told.chances
    assert chances is not None
    classes = np.where(chances.mean > 0.8, CLASSES.index("likely-flipped"), said.classes)
    of_pairs = pl.DataFrame(
        {
            "row": pairs.numbers,
            "p_flip": chances.mean,
            "p_low": chances.low,
            "p_high": chances.high,
            "rank": said.ranking.ranks + 1,
            "p_label": said.p_label,
            "reward_margin": said.margin,
            "class": np.array(CLASSES)[classes],
            "margin": pairs.margins,
            views[0]: said.margins[0].mean(axis=0),
            views[1]: said.margins[1].mean(axis=0),
        }
    ).sort("row")
    audited = lines.filter(audited=True)
    assert audited.select(of_pairs.columns).equals(of_pairs)
    assert audited["spread"].null_count() == 1
    others = lines.filter(~pl.col("audited")).drop(
        *("row", "source", "source_row", "verdict", "audited", "reason", "evidence")
    )
    assert others.null_count().row(0) == (3,) * others.width


def test_where_rows_are_not_judged_no_row_has_a_class(data: Dataset, tmp_path: Path) -> None:
    table = tmp_path / "rows.parquet"
    _, counts = write_audited(table, books(data, judged(len(data.pairs()), is_judged=False)))
    lines = pl.read_parquet(table)
    unknown = lines.select("class", "rank", "p_flip", "p_low", "p_high")
    assert unknown.null_count().row(0) == (30,) * 5
    assert lines["reward_margin"].count() == lines["p_label"].count() == counts.kept


def test_without_answers_no_row_has_a_flip_probability(data: Dataset, tmp_path: Path) -> None:
    table = tmp_path / "rows.parquet"
    pairs = len(data.pairs())
    nobody = Claimed(answered(pairs).claims, None)
    for claimed in (None, nobody):
        write_audited(table, books(data, judged(pairs), claimed=claimed))
        lines = pl.read_parquet(table)
        assert lines.select("p_flip", "p_low", "p_high").null_count().row(0) == (30,) * 3
        assert "likely-flipped" not in lines["class"]
        assert sorted(lines["rank"].drop_nulls()) == list(range(1, pairs + 1))
        assert lines["class"].count() == pairs


def test_without_models_rows_are_kept(data: Dataset, tmp_path: Path) -> None:
    table = tmp_path / "rows.parquet"
    _, counts = write_audited(table, books(data, None))
    lines = pl.read_parquet(table)
    assert lines.columns == AUDITED_SCHEMA.names
    assert set(lines["verdict"]) == {"keep", "drop", "quarantine"}
    assert not lines["audited"].any()
    assert counts.kept == len(data.pairs())
    assert lines["margin"].count() == counts.kept
    assert lines["reward_margin"].count() == 0


def test_rows_that_models_passed_by_are_kept(data: Dataset, tmp_path: Path) -> None:
    table = tmp_path / "rows.parquet"
    pairs = data.pairs()
    _, counts = write_audited(table, books(data, judged(len(pairs) - 2), slice(2, None)))
    lines = pl.read_parquet(table)
    passed = lines.filter(verdict="keep", audited=False)
    assert sorted(passed["row"]) == sorted(pairs.numbers[:2])
    assert passed["p_label"].null_count() == 2
    assert counts.kept == len(pairs)


def test_a_judged_row_that_nobody_read_is_an_error(data: Dataset, tmp_path: Path) -> None:
    said = judged(1)
    strange = AuditedBooks(accounts_of(data), data.pairs(), np.array([999]), said)
    with pytest.raises(RunError, match="1 rows were judged, and 0 of them"):
        write_audited(tmp_path / "rows.parquet", strange)
    assert not (tmp_path / "rows.parquet").exists()
