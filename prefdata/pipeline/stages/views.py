"""Makes the views of an audit: the models' features of the pairs of a dataset."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from prefdata.config.fingerprint import fingerprint
from prefdata.encoders.encoder import Identity
from prefdata.label_audit.views.view import View
from prefdata.pipeline.stages.dataset import Dataset
from prefdata.results.sentences import Sentence
from prefdata.steps.pairs.pair_table import PairTable
from prefdata.transforms.texts.controls import Controls


@dataclass
class Views:
    """The views of n pairs.

    `known`, `controls`: of the same pairs. `encoder`: None without a view of embeddings. `remarks`:
    on all pairs together, by code. `identity`: a fingerprint of what the views depend on; each view
    adds to it.
    """

    known: PairTable
    controls: Controls
    identity: str
    remarks: dict[str, str]
    encoder: Identity | None = None
    views: list[View] = field(default_factory=list)


def make_views(data: Dataset) -> Views:
    """Makes the views that the config names, and the controls in any case, for shortcuts.

    Raises ModelError if an encoder or model cannot be had.
    """
    makers = {
        "controls": _add_controls,
        "ngrams": _add_ngrams,
        "embeddings": _add_embeddings,
        "backbone": _add_backbone,
    }
    controls, remarks = _controls(data)
    views = Views(data.pairs(), controls, data.trail.identity, remarks)
    names = data.trail.run.config.audit.views
    for name in sorted(names, key=lambda name: name != "controls"):
        makers[name](views, data)
    if data.trail.run.config.audit.judgements:
        _add_judgements(views, data)
    return views


def _controls(data: Dataset) -> tuple[Controls, dict[str, str]]:
    from prefdata.steps.audit.control_columns import control_columns, read_controls

    trail, run = data.trail, data.trail.run
    folder = trail.branch().folder("controls")
    summary = control_columns(
        run.engine, trail.shards, trail.verdicts, trail.names, folder, run.report
    )
    return read_controls(folder), dict(summary.remarks)


def _add_controls(views: Views, data: Dataset) -> None:
    from prefdata.label_audit.views.dense_view import ControlsView

    views.views.append(ControlsView(views.controls))


def _add_ngrams(views: Views, data: Dataset) -> None:
    from prefdata.label_audit.views.ngram_view import NgramView
    from prefdata.steps.audit.ngram_rows import ngram_rows, read_ngrams

    trail, run = data.trail, data.trail.run
    folder = trail.branch().folder("ngrams")
    ngram_rows(run.engine, trail.shards, trail.verdicts, folder, run.report)
    views.views.append(NgramView(read_ngrams(folder)))


def _add_embeddings(views: Views, data: Dataset) -> None:
    from prefdata.label_audit.views.dense_view import EmbeddingsView
    from prefdata.reward.heads.features import PairVectors
    from prefdata.steps.semantic.embed import embed
    from prefdata.steps.semantic.open_encoder import prepare_encoder
    from prefdata.steps.semantic.read_embeddings import read_embedded

    trail, run = data.trail, data.trail.run
    config = run.config.encoder
    encoder = prepare_encoder(config)
    folder = trail.branch().folder("embed", encoder.fingerprint)
    summary = embed(run.engine, trail.shards, trail.verdicts, config, folder, run.report)
    embedded = read_embedded(folder)
    assert np.array_equal(embedded.rows, views.known.rows), "every pair that is left is embedded"
    views.encoder = encoder
    views.remarks |= summary.remarks(config)
    views.views.append(EmbeddingsView(PairVectors(embedded.vectors, embedded.index)))
    views.identity = fingerprint(views.identity, encoder.fingerprint)


def _add_judgements(views: Views, data: Dataset) -> None:
    from prefdata.pipeline.stages.judgements_view import judgements_view

    view, remark, identity = judgements_view(data, views.known.rows)
    views.remarks["judgements"] = remark
    views.views.append(view)
    views.identity = fingerprint(views.identity, identity)


def _add_backbone(views: Views, data: Dataset) -> None:
    from prefdata.pipeline.stages.backbone_view import backbone_view

    view, lost = backbone_view(data, views.known.rows)
    if lost:
        rows = [Sentence("reward.lost", rows=count, reason=why) for why, count in lost.items()]
        views.remarks["not-tokenised"] = Sentence("reward.not-tokenised", lost=tuple(rows))
    views.views.append(view)
    views.identity = fingerprint(views.identity, view.folder.name)
