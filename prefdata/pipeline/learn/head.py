"""Trains a head on frozen embeddings of the pairs of a dataset."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import numpy as np
import polars as pl
import pyarrow as pa

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.encoders.encoder import Identity
from prefdata.io.files.atomic import write_text_atomic
from prefdata.io.files.shards import read_table
from prefdata.pipeline.learn.trained import (
    Division,
    TrainedResult,
    measured,
    refuse_nothing,
    rule_of,
)
from prefdata.pipeline.run.manifest_entries import versions
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.records.arrays import Ints
from prefdata.results.layout import MODEL_NOTE
from prefdata.results.sentences import Sentence
from prefdata.results.training import Course, Metrics, TrainedModel
from prefdata.reward.heads.crossfit import HeadFit, fit_heads
from prefdata.reward.heads.features import PairVectors
from prefdata.reward.heads.head_file import EncoderNote, save_head
from prefdata.reward.heads.heads import HeadRewards, rewards_of_head
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.steps.progress import Report
from prefdata.steps.reward.read_rewards import Scored
from prefdata.steps.semantic.embed import embed
from prefdata.steps.semantic.open_encoder import prepare_encoder
from prefdata.steps.semantic.read_embeddings import Embedded, read_embedded
from prefdata.steps.verdict_tables import DROP, VERDICT_SCHEMA, write_verdicts
from prefdata.transforms.metrics.folds import grouped_folds


def learn_head(data: Dataset) -> TrainedResult:
    """Embeds, trains and cross-validates on the train split, and measures the held-out pairs.

    Raises ModelError if the encoder cannot be had, DataError if too few pairs are left.
    """
    trail = data.trail.branch()
    run, config = trail.run, trail.run.config
    encoder = prepare_encoder(config.encoder)
    folder = trail.folder("embed", encoder.fingerprint)
    summary = embed(run.engine, trail.shards, trail.verdicts, config.encoder, folder, run.report)
    embedded = read_embedded(folder)
    features = config.reward.head.features
    has_vectors = PairVectors(embedded.vectors, embedded.index).having(features)
    lost = _drop(folder, embedded.rows[~has_vectors])
    trail.add_verdicts("embed", folder / "dropped.arrow")
    embedded = embedded.only(has_vectors)
    known = data.pairs().of(embedded.rows)
    division = _divide(known)
    refuse_nothing(data, lost, division)
    settings = config.reward.model_dump(mode="json", include={"head", "objective", "optimiser"})
    began = perf_counter()
    fit = _fitted(embedded, known, division, config, run.report)
    seconds = perf_counter() - began
    rest = _pairs(embedded.only(division.held_out))
    held_out = rewards_of_head(fit.head, rest.vectors, rest.index)
    rule = rule_of(known.of(embedded.rows[division.trained]))
    return TrainedResult(
        kind="head",
        model=TrainedModel(
            name=encoder.name,
            fingerprint=encoder.fingerprint,
            parameters=sum(array.size for array in fit.head.arrays.values()),
            trained_parameters=sum(array.size for array in fit.head.arrays.values()),
        ),
        course=_course(fit, seconds, config),
        rows=embedded.rows,
        division=division,
        scored=_scored(embedded.rows, division, fit, held_out, known),
        verdicts=trail.verdicts,
        dropped=lost,
        held_out=measured(
            known.of(embedded.rows[division.held_out]), held_out.rewards, rule, config
        ),
        cross_validated=_cross_validated(embedded.rows, division, fit, known, config),
        remarks=summary.remarks(config.encoder) | _remarks(fit),
        identity=fingerprint(trail.identity, settings),
        save=lambda final: _save(final, fit, encoder, data.trail.identity),
        versions=versions(),
    )


def _divide(known: PairTable) -> Division:
    """The train split is trained on, all else held out: heads do not stop early."""
    trained = known.is_in("train")
    return Division(trained, np.zeros_like(trained), ~trained)


def _pairs(embedded: Embedded) -> PairVectors:
    return PairVectors(embedded.vectors, embedded.index)


def _fitted(
    embedded: Embedded, known: PairTable, division: Division, config: BuildConfig, report: Report
) -> HeadFit:
    reward, groups = config.reward, known.groups[division.trained]
    folds = reward.head.folds
    return fit_heads(
        _pairs(embedded.only(division.trained)),
        groups,
        grouped_folds(groups, folds, reward.optimiser.seed) if folds else None,
        known.margins[division.trained],
        reward,
        progress=lambda done, total: report("train", done, total),
    )


def _drop(folder: Path, lost: Ints) -> dict[str, int]:
    """Writes drop verdicts for rows without an embedding, which cannot be trained on."""
    verdicts = pl.DataFrame(
        pa.Table.from_batches(read_table(folder / "verdicts.arrow"), VERDICT_SCHEMA)
    )
    dropped = verdicts.filter(pl.col("row").is_in(pl.Series(lost).implode()))
    counts = write_verdicts(folder / "dropped.arrow", dropped.with_columns(verdict=pl.lit(DROP)))
    return {name.partition(":")[2]: rows for name, rows in counts.items()}


def _scored(
    rows: Ints, division: Division, fit: HeadFit, held_out: HeadRewards, known: PairTable
) -> Scored:
    """Rewards of all rows: of trained ones by heads that were not trained on their group."""
    rewards = np.full((len(rows), 2), np.nan, np.float32)
    spread = np.full(len(rows), np.nan, np.float32)
    rewards[division.trained], spread[division.trained] = fit.rewards, fit.spread
    rewards[division.held_out], spread[division.held_out] = held_out.rewards, held_out.spread
    is_known = np.isfinite(rewards).all(axis=1)
    return Scored(rows[is_known], rewards[is_known], spread[is_known], known.margins[is_known])


def _cross_validated(
    rows: Ints, division: Division, fit: HeadFit, known: PairTable, config: BuildConfig
) -> Metrics | None:
    is_known = np.isfinite(fit.rewards).all(axis=1)
    if not is_known.any():
        return None
    pairs = known.of(rows[division.trained][is_known])
    null_margins = fit.null_margins[is_known, 0]
    return measured(pairs, fit.rewards[is_known], rule_of(pairs), config, null_margins)


def _course(fit: HeadFit, seconds: float, config: BuildConfig) -> Course:
    head = config.reward.head
    return Course(
        seconds=seconds,
        device="cpu",
        dtype="float32",
        members=fit.head.members,
        folds=head.folds,
        penalty=fit.penalty,
    )


def _remarks(fit: HeadFit) -> dict[str, str]:
    if not fit.unfinished:
        return {}
    return {"unfinished": Sentence("train.unfinished", unfinished=fit.unfinished, fits=fit.fits)}


def _save(final: Path, fit: HeadFit, encoder: Identity, data: str) -> None:
    import msgspec

    note = EncoderNote(encoder.name, encoder.fingerprint, encoder.dimension)
    save_head(final, fit.head, note, penalty=fit.penalty, versions=versions())
    described = {"kind": "head", "fingerprints": {"data": data, "encoder": encoder.fingerprint}}
    text = msgspec.json.format(msgspec.json.encode(described), indent=2).decode()
    write_text_atomic(final / MODEL_NOTE, text + "\n")
