"""The config of `prefdata gate`: limits that an audit must meet before publication."""

from __future__ import annotations

from pydantic import Field

from prefdata.config.section import Ratio, Section


class GateConfig(Section):
    """Limits of `prefdata gate`. Numbers with an interval are compared at its lower end."""

    flipped: Ratio = Field(
        default=0.05,
        description="Maximum share of wrong labels, estimated from rows that people have read; "
        "if nobody has read any, it is checked only when this option is given.",
    )
    accuracy: Ratio | None = Field(
        default=None,
        description="Minimum held-out accuracy, at the lower end of its interval; if absent, it "
        "must exceed the length-only, constant and shuffled-label baselines.",
    )
    auroc: Ratio | None = Field(
        default=None,
        description="Minimum AUROC on planted flips, at the lower end of its interval; if "
        "absent, the limit of the audit's own self-test (audit.self_test.at_least).",
    )
    kept: Ratio = Field(default=0.5, description="Minimum share of the rows read that is kept.")
    allow_unjudged: bool = Field(
        default=False,
        description="Pass even if the audit's self-test failed, so that no row was flagged.",
    )
    allow_unaudited: bool = Field(
        default=False, description="Pass without an audit; if there is one, it still counts."
    )
