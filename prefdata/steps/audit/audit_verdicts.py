"""Step: the results of the label audit as verdicts on rows and probabilities of labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from prefdata.config.audit import AuditConfig
from prefdata.label_audit.claims.claims import Claimed, likely_rows
from prefdata.label_audit.judge.judged import Judged
from prefdata.label_audit.report.suspects import is_of
from prefdata.records.arrays import Flags, Ints
from prefdata.results.audit import LabelClass
from prefdata.results.sentences import Sentence, joined
from prefdata.steps.pairs.label_table import LABEL_SCHEMA
from prefdata.steps.verdict_tables import DROP, FLAG, VERDICT_SCHEMA, Line, verdict_frame

LIKELY: LabelClass = "likely-flipped"
DISAGREES: LabelClass = "model-disagrees"
SUSPECTED = "suspected"
"""The reason of rows that are dropped: unread ones of the first of the ranking."""
FLAGGED: tuple[LabelClass, ...] = ("ambiguous", "model-uncertain")


@dataclass(frozen=True)
class AuditVerdicts:
    """`verdicts`: a frame of `VERDICT_SCHEMA`. `labels`: a frame of `LABEL_SCHEMA` with the labels
    that get a probability. `remarks`: code to a sentence about the dataset as a whole."""

    verdicts: pl.DataFrame
    labels: pl.DataFrame
    remarks: dict[str, Sentence]


def audit_verdicts(
    judged: Judged | None,
    claimed: Claimed | None,
    rows: Ints,
    config: AuditConfig,
    protected: Ints,
) -> AuditVerdicts:
    """The verdicts of the audit on `rows` (n), the rows of `judged`, except the `protected` ones.

    Rows that models disagree with are flagged by their rank, likely flipped ones by what answers
    of people say; at most `config.top` of both, by rank. `drop` takes the unread rows of the first
    of the ranking, if the answers promise the wanted precision, `soft-label` the likely flipped
    ones. What cannot be promised is not done, and a remark says why. Without a judgement of single
    rows there is only a remark.
    """
    if config.action == "off" or judged is None:
        return _nothing({})
    if judged.why_not is not None or claimed is None:
        return _nothing({"not-judged": Sentence("judged.none", why=judged.why_not or "")})
    suspected = _Suspected(judged, claimed, rows, config, ~np.isin(rows, protected))
    soft = suspected.soft
    return AuditVerdicts(
        verdict_frame(suspected.lines()).sort("row"), _soft(suspected, soft), suspected.remarks()
    )


@dataclass(frozen=True)
class _Suspected:
    """The rows (n) that verdicts may be passed on. `is_open` (n): nobody decided about them."""

    judged: Judged
    claimed: Claimed
    rows: Ints
    config: AuditConfig
    is_open: Flags

    @cached_property
    def is_likely(self) -> Flags:
        """Likely flipped (n), by answers of people."""
        return likely_rows(self.claimed.chances, len(self.rows), self.config.likely)

    @cached_property
    def by_rank(self) -> Ints:
        """Places of the rows that are flagged or more, by rank."""
        order = self.judged.ranking.order
        is_against = self.is_likely | is_of(self.judged, DISAGREES)
        places: Ints = order[(is_against & self.is_open)[order]]
        return places[: self.config.top]

    @cached_property
    def dropped(self) -> Ints:
        """Places of the rows that are dropped: of the first of the ranking those nobody decided."""
        answers = self.claimed.claims.answers
        if self.config.action != "drop" or answers is None or not answers.may_drop:
            return self.rows[:0]
        first = self.judged.ranking.order[: self.claimed.claims.first]
        places: Ints = first[self.is_open[first]]
        return places

    @property
    def soft(self) -> Ints:
        """Places of the rows whose labels become probabilities."""
        is_soft = self.config.action == "soft-label"
        return self.by_rank[self.is_likely[self.by_rank]] if is_soft else self.rows[:0]

    def lines(self) -> Iterator[Line]:
        """The verdicts."""
        dropped = set(self.dropped.tolist())
        for place in self.dropped.tolist():
            yield int(self.rows[place]), DROP, SUSPECTED, self._evidence(place), None
        for place in self.by_rank.tolist():
            if place not in dropped:
                reason = LIKELY if self.is_likely[place] else DISAGREES
                yield int(self.rows[place]), FLAG, reason, self._evidence(place), None
        for name in FLAGGED:
            for place in np.flatnonzero(self.is_open & is_of(self.judged, name)).tolist():
                if place not in dropped and not self.is_likely[place]:
                    margin, spread = (
                        float(self.judged.margin[place]),
                        float(self.judged.spread[place]),
                    )
                    evidence = Sentence("judged.margin", margin=margin, spread=spread)
                    yield int(self.rows[place]), FLAG, name, evidence, None

    def _evidence(self, place: int) -> Sentence:
        rank = int(self.judged.ranking.ranks[place]) + 1
        evidence = Sentence(
            "judged.rank", rank=rank, rows=len(self.rows), label=float(self.judged.p_label[place])
        )
        chances = self.claimed.chances
        if chances is None:
            return evidence
        flip, low, high = (float(p[place]) for p in (chances.mean, chances.low, chances.high))
        evidence = joined(evidence, Sentence("judged.flip", flip=flip, low=low, high=high))
        if self.config.action == "soft-label" and self.is_likely[place]:
            evidence = joined(evidence, Sentence("judged.soft", probability=1 - flip))
        return evidence

    def remarks(self) -> dict[str, Sentence]:
        """What was asked for and not done."""
        answers = self.claimed.claims.answers
        if self.config.action not in ("drop", "soft-label"):
            return {}
        if answers is None:
            return {SUSPECTED: Sentence("suspected.no-answers", action=self.config.action)}
        if self.config.action == "drop" and not answers.may_drop:
            code = "suspected.not-shown" if answers.unread else "suspected.all-read"
            return {SUSPECTED: Sentence(code, rows=answers.unread, precision=self.config.precision)}
        return {}


def _nothing(remarks: dict[str, Sentence]) -> AuditVerdicts:
    verdicts, labels = (
        pl.DataFrame(schema=pl.Schema(schema)) for schema in (VERDICT_SCHEMA, LABEL_SCHEMA)
    )
    return AuditVerdicts(verdicts, labels, remarks)


def _soft(suspected: _Suspected, taken: Ints) -> pl.DataFrame:
    chances = suspected.claimed.chances
    flipped = np.zeros(0) if chances is None else chances.mean[taken]
    return pl.DataFrame(
        {
            "row": suspected.rows[taken],
            "is_turned": np.zeros(len(taken), np.bool_),
            "probability": 1 - flipped,
        },
        schema=pl.Schema(LABEL_SCHEMA),
    )
