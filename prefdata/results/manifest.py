"""The models of verdicts and of manifest.json, and the equation of row counts, also in words.

The JSON Schemas that `prefdata schema verdict` and `prefdata schema manifest` print come from
these models.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, Field

from prefdata.results.closed import Closed, Result
from prefdata.results.layout import DATA, LEDGER, MANIFEST_CHECKSUM, lies_in
from prefdata.results.not_read import NotRead

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Fingerprint = Annotated[str, Field(pattern="^[0-9a-f]{32}$", description="128 bits, hexadecimal.")]
Outcome = Literal["keep", "drop", "flag", "quarantine"]


class Verdict(Closed):
    """What one step said of one row."""

    row: int = Field(ge=0, description="Number of the row in the run, from 0, in source order.")
    step: str = Field(description="The step that passed the verdict.")
    verdict: Outcome
    reason: str = Field(description="A rule code; see `prefdata rules`.")
    evidence: str = Field(
        default="", description="What the verdict rests on, for a person to read."
    )
    other: int | None = Field(
        default=None, description="The row it is about besides, if there is one."
    )


class RowCounts(Closed):
    """Where the rows of sources went whose rows are not pairs, but judgements that make some.

    read = in_pairs + quarantined + sum(unpaired.values()). Rows of other sources, each of which is
    one pair, count as well.
    """

    read: int = Field(ge=0)
    in_pairs: int = Field(ge=0, description="Rows that speak in at least one pair.")
    quarantined: int = Field(ge=0)
    unpaired: dict[str, int] = Field(
        default_factory=dict, description="Rows that make no pair, by reason."
    )
    pairs: int = Field(ge=0, description="Pairs made.")

    def balance(self) -> int:
        """Rows unaccounted for: 0, or something is wrong."""
        return self.read - self.in_pairs - self.quarantined - sum(self.unpaired.values())


class Counts(Closed):
    """Where the rows went: read = kept + quarantined + sum(dropped.values()).

    Where rows are judgements, what counts here is every pair made, and every row that makes none;
    `rows` counts the rows themselves.
    """

    read: int = Field(ge=0)
    kept: int = Field(ge=0)
    quarantined: int = Field(ge=0)
    dropped: dict[str, int] = Field(default_factory=dict, description="Reason to rows.")
    flagged: dict[str, int] = Field(
        default_factory=dict, description="Reason to rows kept with a remark; not part of the sum."
    )
    splits: dict[str, int] = Field(default_factory=dict, description="Split to rows kept.")
    rows: RowCounts | None = Field(
        default=None,
        description="Null where every row is a pair, and no other number of rows was read.",
    )

    @property
    def rows_read(self) -> int:
        """The rows that sources hold: `read`, or `rows.read` where rows are judgements."""
        return self.read if self.rows is None else self.rows.read

    def balance(self) -> int:
        """Rows unaccounted for: 0, or something is wrong."""
        return self.read - self.kept - self.quarantined - sum(self.dropped.values())


class FileEntry(Closed):
    """One file of the output folder."""

    path: str = Field(description="Relative to the output folder, with forward slashes.")
    bytes: int = Field(ge=0)
    sha256: Sha256
    rows: int | None = Field(default=None, ge=0, description="Rows it holds, where it holds rows.")


class ContentEntry(Closed):
    """What a source held, counted apart from its rows: held = in_rows + sum(structure.values())."""

    unit: Literal["bytes", "rows"] = Field(
        description="Bytes of UTF-8, decompressed; rows in Parquet and Arrow files."
    )
    held: int = Field(ge=0, description="By the size of the file, or what its stream delivered.")
    in_rows: int = Field(ge=0, description="In the rows that were read, quarantined ones included.")
    structure: dict[str, int] = Field(
        default_factory=dict,
        description="What belongs to no row, by name: separators, brackets, a header, members of "
        "an object around the rows.",
    )

    def balance(self) -> int:
        """What is unaccounted for: 0, or something is wrong."""
        return self.held - self.in_rows - sum(self.structure.values())


class SourceEntry(Closed):
    """One file that was read."""

    name: str
    bytes: int
    fingerprint: Fingerprint
    container: str
    compression: str
    encoding: str
    dialect: str
    polarity: str
    read: int
    quarantined: int
    content: ContentEntry | None = Field(
        default=None, description="Null where an earlier version of prefdata has read it."
    )


class EvaluationEntry(Closed):
    """One file of an evaluation set that the prompts were compared with."""

    name: str
    fingerprint: Fingerprint
    field: str = Field(description="Where its prompts stand.")
    rows: int = Field(ge=0)
    without_prompt: int = Field(default=0, ge=0)
    unreadable: int = Field(default=0, ge=0)


class EncoderEntry(Closed):
    """The encoder whose embeddings filters looked at."""

    name: str
    fingerprint: Fingerprint = Field(description="Of its weights and settings.")
    dimension: int = Field(ge=1)
    window: int | None = Field(description="Tokens that it looks at at a time; null: any number.")
    backend: str
    dtype: str
    device: str


class RewardModelEntry(Closed):
    """The reward model that rows were judged by."""

    name: str = Field(description="Of its folder.")
    kind: Literal["backbone", "head"] = Field(
        description="A whole language model, or a head on embeddings."
    )
    fingerprint: Fingerprint = Field(description="Of its weights and of all that rewards rest on.")


class AuditEntry(Closed):
    """What the audit of the labels came to; all of it is in report/report.json."""

    fingerprint: Fingerprint = Field(description="Of the report.")
    pairs: int = Field(ge=0, description="Pairs whose labels were looked at.")
    accuracy: float | None = Field(description="Held-out pairwise accuracy of all views.")
    auroc: float | None = Field(description="Of flips that were planted, in the self-test.")
    is_judged: bool = Field(description="The self-test allows to speak of single labels.")
    likely_flipped: int | None = Field(
        default=None,
        ge=0,
        description="Rows likely flipped by answers of people; null: there are none.",
    )
    wrong: tuple[float, float] | None = Field(
        default=None,
        description="Between which and which the share of wrong labels lies, by answers of people.",
    )
    prior: tuple[float, float] | None = Field(
        default=None, exclude=True, description="What earlier versions took that share to be."
    )


class AgreementEntry(Closed):
    """How far judges agree by one criterion; all of it is in agreement.json."""

    criterion: str
    source: str | None = Field(description="Null: all sources together.")
    judges: int = Field(ge=0)
    votes: int = Field(ge=0)
    shared_items: int = Field(
        ge=0, description="Pairs of completions that two or more judges voted on."
    )
    scale: Literal["nominal", "ordinal", "interval"]
    alpha: float | None = Field(description="Krippendorff's alpha; null: it cannot be measured.")
    low: float | None = Field(description="Lower end of its 95% interval.")
    high: float | None = Field(description="Upper end.")


class JudgingEntry(Closed):
    """A language model that judged; all that is known of it is in judging.json."""

    judge: str
    kind: Literal["pairwise", "rating"]
    pairs: int = Field(ge=0, description="Pairs of completions that it judged.")
    consistency: float | None = Field(
        description="Share of pairs with the same verdict in both orders; null: not known."
    )
    agreement: float | None = Field(
        description="With labels that its sources held; null: they held none."
    )
    faults: tuple[str, ...] = Field(
        description="What it was found to do: chance, position, leans, length, against, constant."
    )


class CardEntry(Closed):
    """The dataset card: people may write in it, so two parts of it are told apart."""

    generated: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] = Field(
        description="SHA-256 of what prefdata wrote in it, but for the tags."
    )
    tags: tuple[str, ...] = Field(
        default=(), description="Written by prefdata; people may add theirs."
    )
    hand_written: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = Field(
        default=None,
        description="SHA-256 of what people had written in it here, where it was published from; "
        "null: nothing.",
    )


class Manifest(Result):
    """The contract for machines: what an output folder holds, and how it came about."""

    main_table: ClassVar[str] = "counts"
    in_brief: ClassVar[tuple[str, ...]] = ("counts",)

    def _lines(self) -> Iterator[dict[str, Any]]:
        counts = self.counts
        yield {"verdict": "read", "reason": "", "rows": counts.read}
        for verdict, reasons in (
            ("drop", counts.dropped),
            ("quarantine", {"": counts.quarantined}),
            ("keep", counts.splits or {"": counts.kept}),
            ("flag", counts.flagged),
        ):
            for reason, rows in reasons.items():
                yield {"verdict": verdict, "reason": reason, "rows": rows}

    format: Literal["prefdata/1"] = "prefdata/1"
    fingerprint: Fingerprint = Field(description="Of sources, config and code version.")
    versions: dict[str, str]
    config: dict[str, Any]
    sources: tuple[SourceEntry, ...]
    not_read: tuple[NotRead, ...] = Field(
        default=(), description="Files in source folders that were not read, and why."
    )
    evaluation: tuple[EvaluationEntry, ...] = Field(
        default=(), description="Evaluation sets that no kept prompt overlaps, or only with a flag."
    )
    examples: tuple[EvaluationEntry, ...] = Field(
        default=(), description="Files of examples (semantic.like) that rows were compared with."
    )
    encoder: EncoderEntry | None = Field(
        default=None, description="Null where no filter needed one."
    )
    reward_model: RewardModelEntry | None = Field(
        default=None, description="Null where no reward model judged the rows."
    )
    dependencies: dict[str, Fingerprint] = Field(
        validation_alias=AliasChoices("dependencies", "rests_on"),
        default_factory=dict,
        description="Libraries, and what the config names by a path or a name and no other entry "
        "speaks of, with a fingerprint of each: what another build must share to be the same.",
    )
    audit: AuditEntry | None = Field(
        default=None, description="Null where labels were not audited."
    )
    agreement: tuple[AgreementEntry, ...] = Field(
        default=(), description="Of judges; empty where no two of them judged the same."
    )
    judging: tuple[JudgingEntry, ...] = Field(
        default=(),
        description="Language models whose verdicts it was built from; see `prefdata judge`.",
    )
    counts: Counts
    remarks: dict[str, str] = Field(
        default_factory=dict, description="What is to be said of all rows together, by code."
    )
    files: tuple[FileEntry, ...]
    sheets: dict[str, Sha256] = Field(
        default_factory=dict,
        description="Review sheets among the files, which people fill in: path to the SHA-256 of "
        "what is not for them to write.",
    )
    card: CardEntry | None = Field(
        default=None, description="Of README.md, which is not among files."
    )
    left_out: tuple[str, ...] | None = Field(
        default=None,
        description="Parts of the output folder that this copy of it was published without; null: "
        "it is no copy.",
    )
    checksum: str | None = Field(
        default=None,
        pattern=f"^{re.escape(MANIFEST_CHECKSUM)}$",
        description="The file beside this one that holds its SHA-256; null: an older version of "
        "prefdata wrote it.",
    )


def equation(counts: Counts) -> str:
    """What was read, as a sum; with judgements, a sum of rows and one of the pairs made of them.

    >>> equation(Counts(read=3, kept=2, quarantined=1))
    '3 read = 2 kept + 0 dropped + 1 quarantined'
    """
    dropped, rows = sum(counts.dropped.values()), counts.rows
    if rows is None:
        return (
            f"{counts.read:,} read = {counts.kept:,} kept + {dropped:,} dropped + "
            f"{counts.quarantined:,} quarantined"
        )
    unpaired = sum(rows.unpaired.values())
    return (
        f"{row_equation(rows)}; {rows.pairs:,} pairs made = {counts.kept:,} kept + "
        f"{dropped - unpaired:,} dropped"
    )


def row_equation(rows: RowCounts) -> str:
    """The rows of sources that are judgements, as a sum.

    >>> row_equation(RowCounts(read=3, in_pairs=2, quarantined=0, unpaired={"tie": 1}, pairs=1))
    '3 rows read = 2 in pairs + 1 without a pair + 0 quarantined'
    """
    return (
        f"{rows.read:,} rows read = {rows.in_pairs:,} in pairs + "
        f"{sum(rows.unpaired.values()):,} without a pair + {rows.quarantined:,} quarantined"
    )


def equation_in_chinese(counts: Counts) -> str:
    """The same in Chinese."""
    dropped, rows = sum(counts.dropped.values()), counts.rows
    if rows is None:
        return (
            f"读入 {counts.read:,} 行 = 保留 {counts.kept:,} + 剔除 {dropped:,} + 隔离 "
            f"{counts.quarantined:,}"
        )
    unpaired = sum(rows.unpaired.values())
    return (
        f"读入 {rows.read:,} 行 = 成对 {rows.in_pairs:,} + 未成对 {unpaired:,} + 隔离 "
        f"{rows.quarantined:,}；成对 {rows.pairs:,} 条 = 保留 {counts.kept:,} + 剔除 "
        f"{dropped - unpaired:,}"
    )


def data_files(manifest: Manifest) -> list[FileEntry]:
    """The files of an output folder that hold kept rows, by path."""
    return _files_of_rows(manifest, DATA)


def ledger_files(manifest: Manifest) -> list[FileEntry]:
    """The files of an output folder that hold the lines of its ledger, by path."""
    return _files_of_rows(manifest, LEDGER)


def _files_of_rows(manifest: Manifest, folder: str) -> list[FileEntry]:
    named = (entry for entry in manifest.files if lies_in(entry.path, folder))
    return [entry for entry in named if entry.rows is not None]
