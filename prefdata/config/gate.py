"""The config of `prefdata gate`: limits that an audit must meet before publication."""

from __future__ import annotations

from pydantic import Field

from prefdata.config.section import Ratio, Section


class GateConfig(Section):
    """Limits of `prefdata gate`. Numbers with an interval are compared at its lower end."""

    flipped: Ratio = Field(
        default=0.05,
        description="At most this share of the labels is wrong, by people who read some; if nobody "
        "did, it is asked only when given.",
    )
    accuracy: Ratio | None = Field(
        default=None,
        description="Held-out accuracy to reach, at the lower end of its interval; if absent, more "
        "than length, a constant and shuffled labels reach.",
    )
    auroc: Ratio | None = Field(
        default=None,
        description="AUROC to reach on planted flips, at the lower end of its interval; if absent, "
        "what the audit asked of itself before it judged single labels (audit.self_test.at_least).",
    )
    kept: Ratio = Field(default=0.5, description="At least this share of the rows read is kept.")
    allow_unjudged: bool = Field(
        default=False, description="The audit need not have been able to judge single labels."
    )
    allow_unaudited: bool = Field(
        default=False, description="There need not be an audit; one that is there still counts."
    )
