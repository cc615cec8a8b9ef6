"""Step: what the audit says of rows, as verdicts and as probabilities of labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.report.suspects import is_of, order_of_flips
from prefdata.records.texts import Flags, Ints
from prefdata.results.audit import LabelClass
from prefdata.results.sentences import Sentence, joined
from prefdata.steps.pairs.label_table import LABEL_SCHEMA
from prefdata.steps.verdict_tables import DROP, FLAG, VERDICT_SCHEMA

LIKELY: LabelClass = "likely-flipped"
FLAGGED: tuple[LabelClass, ...] = ("ambiguous", "model-uncertain", "shortcut-contradicting")


@dataclass(frozen=True)
class AuditVerdicts:
    """`verdicts`: a frame of `VERDICT_SCHEMA`; `labels`: one of `LABEL_SCHEMA`, of labels that get
    a probability; `remarks`: what is to be said of all rows together, by code."""

    verdicts: pl.DataFrame
    labels: pl.DataFrame
    remarks: dict[str, Sentence]


def audit_verdicts(
    judged: Judged | None, rows: Ints, config: AuditConfig, protected: Ints
) -> AuditVerdicts:
    """Verdicts on `rows` (n, those of `judged`), but for `protected` ones (any number).

    Likely flips, at most `config.top` and the likeliest first, meet with `config.action`; the other
    classes are flagged. Where single rows could not be judged there is a remark and nothing else.
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
    verdicts = pl.DataFrame(lines, schema=pl.Schema(VERDICT_SCHEMA), orient="row")
    soft = np.sort(taken) if config.action == "soft-label" else likely[:0]
    return AuditVerdicts(
        verdicts.sort("row"), _soft(judged, rows, soft), _remarks(len(likely), len(taken))
    )


def _nothing(remarks: dict[str, Sentence]) -> AuditVerdicts:
    verdicts, labels = (
        pl.DataFrame(schema=pl.Schema(schema)) for schema in (VERDICT_SCHEMA, LABEL_SCHEMA)
    )
    return AuditVerdicts(verdicts, labels, remarks)


_Line = tuple[int, str, str, str, None]


def _likely(judged: Judged, rows: Ints, taken: Ints, config: AuditConfig) -> Iterator[_Line]:
    verdict = DROP if config.action == "drop" else FLAG
    for place in taken.tolist():
        flip, low, high = (float(p[place]) for p in (judged.p_flip, judged.p_low, judged.p_high))
        said = Sentence("judged.flip", flip=flip, low=low, high=high)
        if config.action == "soft-label":
            said = joined(said, Sentence("judged.soft", probability=1 - flip))
        yield int(rows[place]), verdict, LIKELY, said, None


def _flagged(judged: Judged, rows: Ints, is_open: Flags) -> Iterator[_Line]:
    for name in FLAGGED:
        for place in np.flatnonzero(is_open & is_of(judged, name)).tolist():
            margin, spread = float(judged.margin[place]), float(judged.spread[place])
            said = Sentence("judged.margin", margin=margin, spread=spread)
            yield int(rows[place]), FLAG, name, said, None


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
