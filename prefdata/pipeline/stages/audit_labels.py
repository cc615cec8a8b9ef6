"""Models across folds judge the labels of a dataset: views are made, and what they say is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import BuildConfig
from prefdata.encoders.encoder import Identity
from prefdata.engines.engine import Engine
from prefdata.errors import DataError
from prefdata.label_audit.judge.judge import judge
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.report.ablation import ablate
from prefdata.label_audit.report.pair_facts import PairFacts
from prefdata.label_audit.report.summary import labels_of
from prefdata.label_audit.views.plans import why_too_few
from prefdata.label_audit.views.view import View
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.records.texts import Ints
from prefdata.results.audit import Ablation, AuditReport, LabelAuditResult
from prefdata.results.manifest import AuditEntry
from prefdata.results.training import Estimate
from prefdata.steps.audit.judged_file import read_judged, write_judged
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.steps.progress import Report
from prefdata.transforms.texts.controls import Controls

_FEWEST_COPIES = 1  # of the self-test where a language model is trained for each of them


@dataclass(frozen=True)
class LabelAudit:
    """What the models say of n pairs, whose `rows` (n) are ascending.

    `judged`, `labels`: None where there are too few pairs to learn anything; `remarks` say so.
    `controls`, `facts`: of the same pairs. `identity`: a fingerprint of all this depends on.
    """

    rows: Ints
    known: PairTable
    facts: PairFacts
    controls: Controls
    judged: Judged | None
    labels: LabelAuditResult | None
    identity: str
    remarks: dict[str, str]
    encoder: Identity | None = None


def audit_labels(
    data: Dataset,
    engine: Engine,
    place: Path,
    config: BuildConfig,
    report: Report,
    *,
    reviewed: Estimate | None = None,
) -> LabelAudit:
    """Judges every label of a dataset, in folders of the workspace `place`.

    `reviewed`: the flip rate by people's decisions. Raises ModelError where an encoder or model
    cannot be had.
    """
    views = _Views(data, engine, place, config, report)
    views.make()
    audit = _settled(config)
    facts, identity = _facts(views.known), _identity(views.identity, config, reviewed)
    rows, remarks = views.known.rows, dict(views.remarks)
    judged = labels = None
    if why := why_too_few(facts.groups, audit.audit):
        remarks["not-audited"] = why
    else:
        # many small products of matrices, for which threads of BLAS only wait for one another;
        # the large ones are torch's and Numba's, with threads of their own
        with threadpool_limits(1, user_api="blas"):
            judged = _judged(
                place / f"judge-{identity}", views.views, facts, audit, reviewed, report
            )
            ablation = _ablation(views.views, facts, audit, report, remarks)
            labels = labels_of(judged, facts, views.controls, audit.audit, ablation=ablation)
    return LabelAudit(
        rows=rows,
        known=views.known,
        facts=facts,
        controls=views.controls,
        judged=judged,
        labels=labels,
        identity=identity,
        remarks=remarks,
        encoder=views.encoder,
    )


def audit_entry(report: AuditReport) -> AuditEntry | None:
    """What the manifest says of an audit; None where no label was audited."""
    labels = report.labels
    if labels is None:
        return None
    whole = labels.power.detections[0]
    return AuditEntry(
        fingerprint=report.fingerprint,
        pairs=labels.pairs,
        accuracy=labels.accuracy.value,
        auroc=whole.auroc,
        is_judged=labels.is_judged,
        likely_flipped=labels.classes.get("likely-flipped", 0),
        prior=(labels.prior.low, labels.prior.high),
    )


def _settled(config: BuildConfig) -> BuildConfig:
    """One copy in the self-test where every copy costs the training of language models."""
    if "backbone" not in config.audit.views or "copies" in config.audit.self_test.model_fields_set:
        return config
    from prefdata.config.load import overridden

    return overridden(config, {"audit.self_test.copies": _FEWEST_COPIES})


def _identity(views: str, config: BuildConfig, reviewed: Estimate | None) -> str:
    settings = _settled(config).audit.model_dump(mode="json", exclude={"run", "review", "report"})
    known = reviewed.model_dump(mode="json") if reviewed else {}
    return fingerprint(views, settings, known)


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
    folder: Path,
    views: Sequence[View],
    facts: PairFacts,
    config: BuildConfig,
    reviewed: Estimate | None,
    report: Report,
) -> Judged:
    found = read_judged(folder)
    if found is not None:
        return found
    judged = judge(
        views,
        facts.groups,
        facts.lengths,
        config.audit,
        reviewed=reviewed,
        progress=lambda done, total: report("judge", done, total),
    )
    write_judged(folder, judged)
    return judged


def _ablation(
    views: Sequence[View],
    facts: PairFacts,
    config: BuildConfig,
    report: Report,
    remarks: dict[str, str],
) -> Ablation | None:
    """Three ways to train, on the views that are quick to train."""
    quick = [view for view in views if view.name != "backbone"]
    if not config.audit.ablation.run or not quick:
        return None
    try:
        return ablate(quick, facts, config.audit, lambda done, total: report("ablate", done, total))
    except DataError as error:
        remarks["no-ablation"] = str(error)
        return None


@dataclass
class _Views:
    """The views of a run while they are made; `identity` grows with each of them."""

    data: Dataset
    engine: Engine
    place: Path
    config: BuildConfig
    report: Report
    known: PairTable = field(init=False)
    controls: Controls = field(init=False)
    encoder: Identity | None = None
    views: list[View] = field(default_factory=list)
    remarks: dict[str, str] = field(default_factory=dict)
    identity: str = field(init=False)

    def make(self) -> None:
        """Makes those that the config names; controls are made in any case, to tell shortcuts."""
        self.known, self.identity = self.data.pairs(), self.data.identity
        makers = {
            "ngrams": self._ngrams,
            "embeddings": self._embeddings,
            "backbone": self._backbone,
        }
        self._controls()
        for name in self.config.audit.views:
            if name in makers:
                makers[name]()

    def _controls(self) -> None:
        from prefdata.label_audit.views.dense_view import ControlsView
        from prefdata.steps.audit.control_columns import control_columns, read_controls

        folder = self.place / f"controls-{self.data.identity}"
        data = self.data
        summary = control_columns(
            self.engine, data.shards, data.verdicts, data.names, folder, self.report
        )
        self.controls = read_controls(folder)
        self.remarks |= summary.remarks
        if "controls" in self.config.audit.views:
            self._add(ControlsView(self.controls))

    def _ngrams(self) -> None:
        from prefdata.label_audit.views.ngram_view import NgramView
        from prefdata.steps.audit.ngram_rows import ngram_rows, read_ngrams

        folder = self.place / f"ngrams-{self.data.identity}"
        ngram_rows(self.engine, self.data.shards, self.data.verdicts, folder, self.report)
        self._add(NgramView(read_ngrams(folder)))

    def _embeddings(self) -> None:
        from prefdata.label_audit.views.dense_view import EmbeddingsView
        from prefdata.reward.heads.features import PairVectors
        from prefdata.steps.semantic.embed import embed
        from prefdata.steps.semantic.open_encoder import opened
        from prefdata.steps.semantic.read_embeddings import read_embedded

        config = self.config.encoder
        self.encoder = opened(config)
        folder = self.place / f"embed-{fingerprint(self.data.identity, self.encoder.fingerprint)}"
        data = self.data
        summary = embed(self.engine, data.shards, data.verdicts, config, folder, self.report)
        embedded = read_embedded(folder)
        assert np.array_equal(embedded.rows, self.known.rows), "every pair that is left is embedded"
        self.remarks |= summary.remarks(config)
        self._add(EmbeddingsView(PairVectors(embedded.vectors, embedded.index)))
        self.identity = fingerprint(self.identity, self.encoder.fingerprint)

    def _backbone(self) -> None:
        from prefdata.pipeline.stages.backbone_view import backbone_view

        view, lost = backbone_view(
            self.data, self.known.rows, self.engine, self.place, self.config, self.report
        )
        if lost:
            why = ", ".join(f"{rows:,} {reason}" for reason, rows in lost.items())
            self.remarks["not-tokenised"] = f"the language model judges nothing of {why}"
        self._add(view)
        self.identity = fingerprint(self.identity, view.folder.name)

    def _add(self, view: View) -> None:
        self.views.append(view)
