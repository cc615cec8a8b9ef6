"""One result of every kind that has charts; with hostile names where data give them."""

from __future__ import annotations

import numpy as np
import polars as pl
from reports.hostile_report import PAYLOADS, hostile
from reports.judging_values import judging
from reports.report_values import agreement, report

from prefdata.config.reward import EvaluationConfig
from prefdata.results.agreement import AgreementReport
from prefdata.results.closed import Charted
from prefdata.results.collection import CollectionCounts, CollectionManifest
from prefdata.results.judging import JudgeResult
from prefdata.results.manifest import RewardModelEntry, SourceEntry
from prefdata.results.scores import Agreement, ScoreCounts, ScoreResult
from prefdata.results.training import Course, Metrics, TrainedModel, TrainingCounts, TrainingResult
from prefdata.transforms.metrics.baselines import length_rule
from prefdata.transforms.metrics.reward_metrics import HeldOut, measure

NONE = "0" * 32


def plotted(*, is_hostile: bool = False) -> dict[str, Charted]:
    """The results by their kind."""
    names = PAYLOADS if is_hostile else ("a.jsonl", "网页/b.jsonl")
    slices = (agreement(), agreement(0.7, names[0]))
    return {
        "audit": hostile() if is_hostile else report(judging=(judging(),)),
        "training": trained(names),
        "scores": scored(names),
        "agreement": AgreementReport(
            slices=tuple(each.model_copy(update={"criterion": names[0]}) for each in slices)
        ),
        "judging": JudgeResult(manifest=collected(), report=judging(names[0])),
    }


def trained(names: tuple[str, ...]) -> TrainingResult:
    return TrainingResult(
        kind="head",
        model=TrainedModel(name=names[0]),
        data=TrainingCounts(read=1000, trained=600, held_out=400),
        training=Course(),
        held_out=measured(names, pairs=400),
        cross_validated=measured(names, pairs=600),
        versions={},
        config={},
        fingerprint=NONE,
    )


def measured(names: tuple[str, ...], *, pairs: int) -> Metrics:
    """Metrics of random rewards that lean to the label; `names`: of the sources."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 300, (2, pairs))
    held_out = HeldOut(
        chosen=rng.normal(0.5, 1, pairs),
        rejected=rng.normal(0, 1, pairs),
        rows=np.arange(pairs),
        groups=np.arange(pairs) // 2,
        margins=np.ones(pairs),
        sources=pl.Series([names[row % len(names)] for row in range(pairs)], dtype=pl.String),
        languages=pl.Series(["en", "zh"] * (pairs // 2), dtype=pl.String),
        chosen_length=lengths[0],
        rejected_length=lengths[1],
    )
    return measure(held_out, length_rule(*lengths), EvaluationConfig(bootstrap=50))


def scored(names: tuple[str, ...]) -> ScoreResult:
    return ScoreResult(
        fingerprint=NONE,
        versions={},
        config={},
        sources=tuple(
            SourceEntry(
                name=name, bytes=1, fingerprint=NONE, container="jsonl", compression="none",
                encoding="utf-8", dialect="pairs", polarity="stated", read=100, quarantined=2,
            )
            for name in names
        ),
        reward_model=RewardModelEntry(name=names[0], kind="head", fingerprint=NONE),
        counts=ScoreCounts(
            read=100 * len(names), scored=90 * len(names), quarantined=2 * len(names),
            not_scored={"reward-too-long": 8 * len(names)}, verdicts={},
            reasons={"reward-low": 40},
        ),
        accuracy=0.7,
        agreement=Agreement(rows=0, signed=0, agree_ratio=None, spearman=None),
        files=(),
    )  # fmt: skip


def collected() -> CollectionManifest:
    counts = CollectionCounts(
        rows=1, read=1, asked=1, quarantined=0, wanted=2, answered=2, kept=2, written=1
    )
    return CollectionManifest(
        kind="judge", fingerprint=NONE, versions={}, config={}, settings=(), sources=(),
        counts=counts, files=(),
    )  # fmt: skip
