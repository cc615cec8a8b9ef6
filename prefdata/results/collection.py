"""What `collect` and `judge` write: the manifest, the ledger of requests, and the dry run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import msgspec
from pydantic import Field

from prefdata.results.closed import Closed, Result
from prefdata.results.layout import MANIFEST_CHECKSUM
from prefdata.results.manifest import EvaluationEntry, FileEntry, Fingerprint, SourceEntry
from prefdata.results.not_read import NotRead

COLLECTION_BEGINS = 200
"""Bytes of a manifest within which its format stands."""


def is_collection(manifest: bytes) -> bool:
    """Whether this is the text of the manifest of a collection, sound or not."""
    return b'"prefdata/collection/' in manifest[:COLLECTION_BEGINS]


State = Literal["answered", "failed", "not-asked"]


class CollectionCounts(Closed):
    """Where everything went.

    read = asked + quarantined + sum(dropped.values()); wanted = answered + sum(failed.values()) +
    sum(not_asked.values()); answered = kept + sum(left_out.values()).
    """

    rows: int = Field(ge=0, description="Rows of the sources.")
    read: int = Field(
        ge=0, description="Prompts (collect) or comparisons (judge) in these rows, and rows that "
        "could not be read; a row may hold several.",
    )  # fmt: skip
    asked: int = Field(ge=0, description="Of these, how many a model was to answer.")
    quarantined: int = Field(ge=0, description="Rows that could not be read.")
    dropped: dict[str, int] = Field(default_factory=dict, description="Reason to prompts.")
    wanted: int = Field(ge=0, description="Completions or verdicts.")
    answered: int = Field(ge=0)
    failed: dict[str, int] = Field(default_factory=dict, description="Reason to how many.")
    not_asked: dict[str, int] = Field(
        default_factory=dict, description="Reason to how many, such as a limit on the cost."
    )
    left_out: dict[str, int] = Field(
        default_factory=dict, description="Answers that are not in the data, by rule."
    )
    kept: int = Field(ge=0, description="Answers that are in the data.")
    flagged: dict[str, int] = Field(
        default_factory=dict,
        description="Reason to prompts and answers with a remark; no part of any sum.",
    )
    written: int = Field(ge=0, description="Rows of the data.")
    different: int | None = Field(
        default=None, ge=0,
        description="Completions in the data, the same ones of a prompt as one; null: "
        "verdicts were asked for.",
    )  # fmt: skip
    single: int = Field(
        default=0, ge=0, description="Prompts with one completion, which nobody can compare."
    )

    def imbalances(self) -> list[str]:
        """The laws that do not hold, as sentences; none, or something is wrong."""
        sums = {
            "read = asked + quarantined + dropped": self.read
            - self.asked
            - self.quarantined
            - sum(self.dropped.values()),
            "wanted = answered + failed + not asked": self.wanted
            - self.answered
            - sum(self.failed.values())
            - sum(self.not_asked.values()),
            "answered = kept + left out": self.answered - self.kept - sum(self.left_out.values()),
        }
        return [f"{law} does not hold by {by:,}" for law, by in sums.items() if by]


class CollectionUsage(Closed):
    """Tokens of all answers in the ledger, as servers count them, and what they cost; a prompt once
    for all completions of a request, however often a run was stopped."""

    prompt_tokens: int = Field(default=0, ge=0)
    completion_tokens: int = Field(default=0, ge=0)
    cost: float | None = Field(
        default=None, description="By the prices in the config; null: none given."
    )
    without_usage: int = Field(default=0, ge=0, description="Answers whose tokens nobody counted.")


class SettingEntry(Closed):
    """One way in which every prompt was asked."""

    name: str
    model: str
    asked: str | None = Field(
        default=None,
        description="What requests called it, with a digest of its files; null: its name.",
    )
    parameters: dict[str, Any] = Field(description="What the request stated besides.")
    n: int = Field(ge=1, description="Completions of each prompt.")


class CollectionManifest(Result):
    """The contract for machines: what the output of `collect` or `judge` holds."""

    in_brief: ClassVar[tuple[str, ...]] = ("counts",)

    format: Literal["prefdata/collection/1"] = "prefdata/collection/1"
    kind: Literal["collect", "judge"]
    fingerprint: Fingerprint = Field(description="Of sources, config, answers and code version.")
    versions: dict[str, str]
    config: dict[str, Any]
    settings: tuple[SettingEntry, ...]
    sources: tuple[SourceEntry, ...]
    not_read: tuple[NotRead, ...] = ()
    evaluation: tuple[EvaluationEntry, ...] = ()
    counts: CollectionCounts
    usage: CollectionUsage = Field(default_factory=CollectionUsage)
    files: tuple[FileEntry, ...]
    checksum: str | None = Field(default=None, pattern=f"^{re.escape(MANIFEST_CHECKSUM)}$")


class DryRun(Closed):
    """What a run would ask for, were it to begin now."""

    settings: tuple[SettingEntry, ...]
    counts: CollectionCounts = Field(description="With what is stored already as answered.")
    missing: int = Field(ge=0, description="Completions to ask for.")
    requests: int = Field(
        ge=0, description="Where a server gives several completions at once; `missing` elsewhere."
    )
    prompt_tokens: tuple[int, int] = Field(
        description="Of the prompts, estimated from their texts: in so many requests, and where "
        "each completion is asked for by itself."
    )
    completion_tokens: int | None = Field(
        default=None, description="At most, of completions; null where a request states no limit."
    )
    cost: float | None = Field(default=None, description="At most; null where a price is missing.")


class RequestLine(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One line of the ledger: a completion or verdict that was wanted, and what became of it.

    `number`: of the completion among those of one request. `reason`: why there is none, or the rule
    that left it out (`left_out`). `said`: by the server, of a failure.
    """

    source: str
    source_row: int
    setting: str
    number: int
    key: str
    state: State
    reason: str | None = None
    left_out: bool = False
    flags: tuple[str, ...] = ()
    finish_reason: str | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    said: str | None = None
    about: Mapping[str, Any] | None = None
    """What it was of besides, such as the two completions that a judge compared."""


def collection_equation(counts: CollectionCounts) -> str:
    """What was read and what was asked, as two sums."""
    return (
        f"{counts.read:,} read = {counts.asked:,} asked + {sum(counts.dropped.values()):,} dropped "
        f"+ {counts.quarantined:,} quarantined; {counts.wanted:,} wanted = {counts.answered:,} "
        f"answered + {sum(counts.failed.values()):,} failed + "
        f"{sum(counts.not_asked.values()):,} not asked"
    )
