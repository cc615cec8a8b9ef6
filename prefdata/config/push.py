"""The config of `prefdata push`: the parts to publish, the branch, and retries."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from prefdata.config.section import License, Section

Part = Literal["ledger", "dropped", "quarantine", "report", "review"]
PARTS: tuple[Part, ...] = ("ledger", "dropped", "quarantine", "report", "review")
"""Parts of an output folder that are published only when asked for."""


class PushConfig(Section):
    """What `push` does; the data, the card and a manifest always go."""

    parts: tuple[Part, ...] = Field(
        default=(), description="Parts of the output folder to publish as well."
    )
    reward_model: str | None = Field(
        default=None,
        description="Folder of a reward model (`prefdata train`) to publish as well, under "
        "reward_model/.",
    )
    license: License | None = Field(
        default=None,
        description="Licence of the dataset, by its name on the Hub; if absent, that of the card.",
    )
    private: bool = Field(default=False, description="Make the repository private.")
    branch: str = Field(
        default="main",
        min_length=1,
        description="Branch to publish to; created if it does not exist.",
    )
    revision: str | None = Field(
        default=None,
        description="Commit that this push is based on: a new branch starts from it; an "
        "existing branch must still point to it.",
    )
    tag: str | None = Field(default=None, description="Name for what was published, such as v1.0.")
    message: str | None = Field(default=None, description="First line of the commit.")
    hand_written: Literal["local", "published"] | None = Field(
        default=None,
        description="Which hand-written text of the card is kept, if it was changed both here "
        "and there.",
    )
    replace: bool = Field(
        default=False, description="Delete data in the target that prefdata did not publish."
    )
    verify: bool = Field(default=True, description="Read back what was sent, and compare it.")
    patience: float = Field(
        default=300.0,
        ge=0,
        description="For how many seconds a service that is unavailable or silent is tried again.",
    )
    commit_files: int = Field(
        default=25_000,
        ge=1,
        description="Maximum number of large files in one commit; the Hub takes no more.",
    )
    commit_bytes: int = Field(
        default=1_000_000_000,
        ge=1,
        description="Maximum bytes of small files in one commit; the Hub takes no more.",
    )
