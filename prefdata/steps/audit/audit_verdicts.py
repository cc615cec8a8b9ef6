"""Step: the results of the label audit as verdicts on rows and probabilities of labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.report.suspects import is_of, order_of_flips
from prefdata.records.arrays import Flags, Ints
from prefdata.results.audit import LabelClass
from prefdata.results.sentences import Sentence, joined
from prefdata.steps.pairs.label_table import LABEL_SCHEMA
from prefdata.steps.verdict_tables import DROP, FLAG, VERDICT_SCHEMA, Line, verdict_frame

LIKELY: LabelClass = "likely-flipped"
FLAGGED: tuple[LabelClass, ...] = ("ambiguous", "model-uncertain", "shortcut-contradicting")


@dataclass(frozen=True)
class AuditVerdicts:
    """`verdicts`: a frame of `VERDICT_SCHEMA`. `labels`: a frame of `LABEL_SCHEMA` with the labels
    that get a probability. `remarks`: code to a sentence about the dataset as a whole."""

    verdicts: pl.DataFrame
    labels: pl.DataFrame
    remarks: dict[str, Sentence]


def audit_verdicts(
    judged: Judged | None, rows: Ints, config: AuditConfig, protected: Ints
) -> AuditVerdicts:
    """The verdicts of the audit on `rows` (n), the rows of `judged`, except the `protected` ones.

    `config.action` applies to likely flips: to the `config.top` most probable ones at most. Rows of
    the other classes are flagged. If single rows could not be judged, the result is only a remark.
    """
    if config.action == "off" or judged is None:
        return _nothing({})
    if judged.why_not is not None:
        return _nothing({"not-judged": Sentence("judged.none", why=judged.why_not)})
    is_open = ~np.isin(rows, protected)
    order = order_of_flips(judged)
    likely = order[(is_open & is_of(judged, LIKELY))[order]]
    taken = likely[: config.top]
    lines = [*_likely(judged, rows, np.sort(taken), config), *_flagged(judged, rows, is_open)]
    verdicts = verdict_frame(lines)
    soft = np.sort(taken) if config.action == "soft-label" else likely[:0]
    return AuditVerdicts(
        verdicts.sort("row"), _soft(judged, rows, soft), _remarks(len(likely), len(taken))
    )


def _nothing(remarks: dict[str, Sentence]) -> AuditVerdicts:
    verdicts, labels = (
        pl.DataFrame(schema=pl.Schema(schema)) for schema in (VERDICT_SCHEMA, LABEL_SCHEMA)
    )
    return AuditVerdicts(verdicts, labels, remarks)


def _likely(judged: Judged, rows: Ints, taken: Ints, config: AuditConfig) -> Iterator[Line]:
    verdict = DROP if config.action == "drop" else FLAG
    for place in taken.tolist():
        flip, low, high = (float(p[place]) for p in (judged.p_flip, judged.p_low, judged.p_high))
        evidence = Sentence("judged.flip", flip=flip, low=low, high=high)
        if config.action == "soft-label":
            evidence = joined(evidence, Sentence("judged.soft", probability=1 - flip))
        yield int(rows[place]), verdict, LIKELY, evidence, None


def _flagged(judged: Judged, rows: Ints, is_open: Flags) -> Iterator[Line]:
    for name in FLAGGED:
        for place in np.flatnonzero(is_open & is_of(judged, name)).tolist():
            margin, spread = float(judged.margin[place]), float(judged.spread[place])
            evidence = Sentence("judged.margin", margin=margin, spread=spread)
            yield int(rows[place]), FLAG, name, evidence, None


def _soft(judged: Judged, rows: Ints, taken: Ints) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "row": rows[taken],
            "is_turned": np.zeros(len(taken), np.bool_),
            "probability": 1 - judged.p_flip[taken],
        },
        schema=pl.Schema(LABEL_SCHEMA),
    )


def _remarks(likely: int, taken: int) -> dict[str, Sentence]:
    if likely == taken:
        return {}
    return {LIKELY: Sentence("judged.top", likely=likely, taken=taken)}
