"""The result of `prefdata push`, as `--json` prints it; of a dry run, what a push would do."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from prefdata.results.closed import Closed, Result
from prefdata.results.manifest import (
    Counts,
    Fingerprint,
)

Fate = Literal["new", "changed", "same", "delete", "unknown"]


class PublishedEntry(Closed):
    """One file there."""

    path: str
    bytes: int = Field(ge=0)
    fate: Fate = Field(
        description="new and changed are sent; same stays as it is; delete goes; unknown: it may "
        "be there already, since the place could not be asked."
    )


class Publication(Result):
    """What was published where. `commit` and `url` are null after a dry run."""

    main_table: ClassVar[str] = "files"

    target: str = Field(description="ORG/NAME, or the URL or folder, without credentials.")
    fingerprint: Fingerprint = Field(description="Of the build that was published.")
    counts: Counts
    is_dry_run: bool
    is_compared: bool = Field(
        default=True, description="False after a dry run that could not ask what is there."
    )
    is_new: bool = Field(description="There was nothing there before.")
    is_private: bool | None = Field(description="Null where the target does not say.")
    branch: str | None = Field(description="Null where the target knows no branches.")
    commits: tuple[str, ...] = Field(description="Made by this push, in order.")
    commit: str | None = Field(description="Where the branch is now; also when nothing changed.")
    tag: str | None
    url: str | None
    files: tuple[PublishedEntry, ...]
    bytes_sent: int = Field(ge=0, description="Bytes of the files sent (not of what went again).")
    read_back: int = Field(ge=0, description="Files compared with what is there now.")
    remarks: tuple[str, ...] = Field(
        default=(), description="What is to be said besides, in sentences."
    )
