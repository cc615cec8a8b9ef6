"""Judges the labels of a dataset by models that are trained across folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from threadpoolctl import threadpool_limits

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.encoders.encoder import Identity
from prefdata.errors import DataError
from prefdata.io.review.key import design_of
from prefdata.label_audit.claims.claims import Claimed, claims_of
from prefdata.label_audit.claims.evidence import Evidence
from prefdata.label_audit.claims.shape import FIRST
from prefdata.label_audit.judge.judge import judge
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.report.ablation import ablate
from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.label_audit.report.summary import labels_of
from prefdata.label_audit.views.plans import why_too_few
from prefdata.label_audit.views.view import View
from prefdata.pipeline.run.output_run import Run
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.pipeline.stages.views import make_views
from prefdata.records.arrays import Ints
from prefdata.results.audit import Ablation, LabelAuditResult
from prefdata.steps.audit.judged_file import read_judged, write_judged
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.steps.report.shown_texts import fingerprints_of
from prefdata.transforms.texts.controls import Controls

_FEWEST_COPIES = 1  # of the self-test, if each needs its own training of language models


@dataclass(frozen=True)
class LabelAudit:
    """The result of the models for n pairs, whose `rows` (n) are ascending.

    `judged`, `labels`: None if there are too few pairs to learn anything; `remarks` then say so.
    `claimed`: what is said of wrong labels; None if single rows are not judged. `controls`,
    `facts`: of the same pairs. `identity`: a fingerprint of all that this depends on.
    """

    rows: Ints
    known: PairTable
    facts: PairFacts
    controls: Controls
    judged: Judged | None
    claimed: Claimed | None
    labels: LabelAuditResult | None
    identity: str
    remarks: dict[str, str]
    encoder: Identity | None = None


def audit_labels(data: Dataset, *, evidence: Evidence | None = None) -> LabelAudit:
    """Judges every label of a dataset.

    `evidence`: what people said of rows. Raises ModelError if an encoder or model cannot
    be had.
    """
    run = data.trail.run
    views = make_views(data)
    run.engine.rest()  # the models train in this process, and need the most memory of all steps
    config = _settled(run.config)
    facts, identity = _facts(views.known), _identity(views.identity, run.config)
    remarks = dict(views.remarks)
    evidence = evidence or Evidence((), config.audit.review.reading_error)
    judged = claimed = labels = None
    if why := why_too_few(facts.groups, config.audit):
        remarks["not-audited"] = why
    else:
        # many small matrix products, in which BLAS threads only wait for one another;
        # the large ones run in torch and Numba, with their own threads
        with threadpool_limits(1, user_api="blas"):
            judged = _judged(run, run.place / f"judge-{identity}", views.views, facts)
            if judged.is_judged:
                places = {row: place for place, row in enumerate(views.known.rows.tolist())}
                if evidence.rows:
                    evidence = replace(evidence, today=_sheet(data, views.known, judged, config))
                claimed = claims_of(judged.ranking, places, evidence, config.audit)
            ablation = _ablation(run, views.views, facts, remarks)
            labels = labels_of(
                judged, facts, views.controls, config.audit, claimed, ablation=ablation
            )
    return LabelAudit(
        rows=views.known.rows,
        known=views.known,
        facts=facts,
        controls=views.controls,
        judged=judged,
        claimed=claimed,
        labels=labels,
        identity=fingerprint(identity, _said(evidence)),
        remarks=remarks,
        encoder=views.encoder,
    )


def _settled(config: BuildConfig) -> BuildConfig:
    """The config with one copy in the self-test if each copy needs language models of its own."""
    if "backbone" not in config.audit.views or "copies" in config.audit.self_test.model_fields_set:
        return config
    from prefdata.config.load import overridden

    return overridden(config, {"audit.self_test.copies": _FEWEST_COPIES})


def _identity(views: str, config: BuildConfig) -> str:
    """A fingerprint of all that judgements depend on."""
    settings = _settled(config).audit.model_dump(
        mode="json", exclude={"run", "review", "report", "likely", "precision", "action", "top"}
    )
    return fingerprint(views, settings)


def _sheet(data: Dataset, known: PairTable, judged: Judged, config: BuildConfig) -> tuple[int, int]:
    """What rows have in common that are drawn from this ranking (`Drawn.sheet`)."""
    first = known.rows[judged.ranking.order[:FIRST]]
    prints = fingerprints_of(data.trail.shards, first.tolist())
    return design_of(prints.values(), config.audit.seed), len(known)


def _said(evidence: Evidence) -> dict[str, object]:
    rows = {str(row.row): [*row.readings, *(row.drawn or ())] for row in evidence.rows}
    return {"error": evidence.error, "rows": rows}


def _facts(known: PairTable) -> PairFacts:
    return PairFacts(
        rows=known.rows,
        groups=known.groups,
        sources=known.sources,
        languages=known.languages,
        lengths=known.lengths,
        margins=known.margins,
        turns=known.turns,
    )


def _judged(
    run: Run,
    folder: Path,
    views: Sequence[View],
    facts: PairFacts,
) -> Judged:
    kept = read_judged(folder)
    if kept is not None:
        return kept
    judged = judge(
        views,
        facts.groups,
        facts.lengths,
        _settled(run.config).audit,
        progress=lambda done, total: run.report("judge", done, total),
    )
    write_judged(folder, judged)
    return judged


def _ablation(
    run: Run, views: Sequence[View], facts: PairFacts, remarks: dict[str, str]
) -> Ablation | None:
    """The ablation on the views that are quick to train; None if off, or with too few groups."""
    quick = [view for view in views if view.name != "backbone"]
    config = _settled(run.config).audit
    if not config.ablation.run or not quick:
        return None
    try:
        return ablate(quick, facts, config, lambda done, total: run.report("ablate", done, total))
    except DataError as error:
        remarks["no-ablation"] = error.args[0]  # a Sentence: str() of it would be English alone
        return None
