"""The result of `prefdata score`, and the Arrow schema of its table of rows."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

import pyarrow as pa
from pydantic import Field

from prefdata.results.closed import Charted, Closed
from prefdata.results.manifest import (
    FileEntry,
    Fingerprint,
    RewardModelEntry,
    RowCounts,
    SourceEntry,
)

SCORES_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("source", pa.string()),
        ("source_row", pa.int64()),
        ("fingerprint", pa.string()),
        ("verdict", pa.string()),
        ("reason", pa.string()),
        ("evidence", pa.string()),
        ("chosen_reward", pa.float32()),
        ("rejected_reward", pa.float32()),
        ("reward_margin", pa.float32()),
        ("spread", pa.float32()),
        ("margin", pa.float64()),
        ("agrees", pa.bool_()),
    ]
)
"""A line for every row that was read, ascending.

`verdict`: keep, flag, drop or quarantine; `reason` and `evidence` explain all but keep. Rewards are
null if the row could not be scored. `reward_margin`: chosen - rejected reward;
`spread`: its standard deviation over the members of an ensemble, null for a single model.
`margin`: of the row itself; `agrees`: whether both margins have the same sign, null if the row has
no margin or 0. `fingerprint`: null if the row could not be converted to a record."""


class ScoreCounts(Closed):
    """Where the rows went: read = scored + sum(not_scored.values()) + quarantined."""

    read: int = Field(ge=0)
    scored: int = Field(ge=0)
    not_scored: dict[str, int] = Field(description="Reason to rows.")
    quarantined: int = Field(ge=0)
    verdicts: dict[str, int] = Field(description="keep, flag, drop or quarantine to rows.")
    reasons: dict[str, int] = Field(
        description="Reason to the scored rows that are flagged or dropped for it."
    )
    rows: RowCounts | None = Field(
        default=None,
        description="Where rows are judgements; `read` counts the pairs made of them, and every "
        "row that makes none.",
    )

    def balance(self) -> int:
        """Rows unaccounted for: 0, or something is wrong."""
        return self.read - self.scored - sum(self.not_scored.values()) - self.quarantined


class Agreement(Closed):
    """How rewards go with the margins that rows state themselves."""

    rows: int = Field(ge=0, description="Scored rows with a margin of their own.")
    signed: int = Field(ge=0, description="Those of them whose margin is not 0.")
    agree_ratio: float | None = Field(
        description="Share of the signed ones whose reward margin has the same sign."
    )
    spearman: float | None = Field(
        description="Rank correlation of the two margins; null where one of them never varies."
    )


class ScoreResult(Charted):
    """What was scored, by which model, and how well its rewards go with the labels."""

    in_brief: ClassVar[tuple[str, ...]] = ("reward_model", "counts")

    format: Literal["prefdata-scores/1"] = "prefdata-scores/1"
    fingerprint: Fingerprint = Field(description="Of rows, model, config and code version.")
    versions: dict[str, str]
    config: dict[str, Any]
    sources: tuple[SourceEntry, ...] = Field(
        default=(), description="Files read; none for a built folder."
    )
    dataset: Fingerprint | None = Field(
        default=None,
        description="Of the manifest of the folder that was built, where one was scored.",
    )
    reward_model: RewardModelEntry
    counts: ScoreCounts
    accuracy: float | None = Field(
        description="Share of scored rows whose chosen reward is the higher one; a tie is not."
    )
    agreement: Agreement
    remarks: dict[str, str] = Field(default_factory=dict)
    files: tuple[FileEntry, ...]
