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

    parts: tuple[Part, ...] = Field(default=(), description="Parts of the output that go along.")
    reward_model: str | None = Field(
        default=None,
        description="Folder of a reward model (`prefdata train`) that goes along, into "
        "reward_model/.",
    )
    license: License | None = Field(
        default=None,
        description="Licence of the dataset, as the Hub names it; else that of the card.",
    )
    private: bool = Field(default=False, description="The repository is private, or made so.")
    branch: str = Field(
        default="main", min_length=1, description="Branch to publish to; made if it is not there."
    )
    revision: str | None = Field(
        default=None,
        description="Commit that this push builds on: a new branch starts there, one that exists "
        "must still be there.",
    )
    tag: str | None = Field(default=None, description="Name for what was published, such as v1.0.")
    message: str | None = Field(default=None, description="First line of the commit.")
    hand_written: Literal["local", "published"] | None = Field(
        default=None,
        description="Whose text of the card stays, where people changed it here and there.",
    )
    replace: bool = Field(
        default=False, description="Deletes data there that prefdata did not publish."
    )
    verify: bool = Field(default=True, description="Reads back what was sent, and compares.")
    patience: float = Field(
        default=300.0,
        ge=0,
        description="Seconds for which a service that is unavailable is tried again, or silent.",
    )
    commit_files: int = Field(
        default=25_000, ge=1, description="Large files in one commit; the Hub takes no more."
    )
    commit_bytes: int = Field(
        default=1_000_000_000,
        ge=1,
        description="Bytes of small files in one commit; the Hub takes no more.",
    )
