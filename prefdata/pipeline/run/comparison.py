"""Compares the ledgers of two builds, row by row, and sums up what changed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from prefdata.config.audit import AuditConfig
from prefdata.config.fingerprint import fingerprint
from prefdata.errors import IntegrityError
from prefdata.io.files.ledger import ledger_lines, scan_ledger
from prefdata.pipeline.run.manifest import read_manifest
from prefdata.pipeline.run.workspace import put_back
from prefdata.results.changes import (
    KINDS,
    Change,
    ChangedPlace,
    Changes,
    ComparedBuild,
    Setting,
    SourceChange,
)
from prefdata.results.layout import DROPPED, LEDGER, QUARANTINE
from prefdata.results.manifest import Manifest
from prefdata.transforms.changes.matching import LINE, changes_of, side_by_side

SINCE = "audit.report.since"
"""The config key that names an earlier build."""


@dataclass(frozen=True)
class BuiltFolder:
    """A build whose ledger lies in `root`; `name` is what a result calls it."""

    root: Path
    manifest: Manifest
    name: str

    @property
    def identity(self) -> str:
        """A fingerprint of all that a comparison shows of it."""
        manifest = self.manifest
        return fingerprint(self.name, manifest.fingerprint, manifest.config, manifest.versions)


def built_folder(root: Path, *, name: str | None = None) -> BuiltFolder:
    """A finished output folder. Raises IntegrityError if it is none, or cannot be compared."""
    manifest = read_manifest(root)
    if LEDGER in (manifest.left_out or ()) or not (root / LEDGER).is_dir():
        raise IntegrityError(
            f"{root} has no ledger, so its rows cannot be compared. If it was published without "
            "its ledger, take the folder that was built."
        )
    if "pair" not in scan_ledger(root).collect_schema():
        raise IntegrityError(
            f"{root} was built by an older version of prefdata, whose ledger does not say what is "
            "compared here. Build it again."
        )
    return BuiltFolder(root, manifest, str(root) if name is None else name)


def earlier_build(config: AuditConfig) -> BuiltFolder | None:
    """The build that `audit.report.since` names; None if it names none.

    It is called by the name of its folder, since a report is published. Raises IntegrityError if
    it is no output folder that can be compared.
    """
    if config.report.since is None:
        return None
    root = Path(config.report.since)
    put_back(root)
    return built_folder(root, name=folder_name(root))


def folder_name(root: Path) -> str:
    """The name of a folder, without those around it."""
    return Path(os.path.abspath(root)).name or "/"  # noqa: PTH100  # `..` has a name, links stay


@dataclass(frozen=True)
class Comparison:
    """Two builds: their rows `side_by_side`, and a line for each change (`changes_of`)."""

    before: BuiltFolder
    after: BuiltFolder
    lines: pl.DataFrame
    changed: pl.DataFrame


def compared(before: BuiltFolder, after: BuiltFolder) -> Comparison:
    """Compares two builds."""
    left_out = {part for each in (before, after) for part in each.manifest.left_out or ()}
    by_text = left_out.isdisjoint((QUARANTINE, DROPPED))  # else neither by its text
    lines = side_by_side(*(_lines(each.root, by_text=by_text) for each in (before, after)))
    return Comparison(before, after, lines, changes_of(lines))


def _lines(root: Path, *, by_text: bool) -> pl.DataFrame:
    columns = (pl.col(name).cast(kind) for name, kind in LINE.items())
    return ledger_lines(root, by_text=by_text).select(columns).sort("row")


def summed_up(comparison: Comparison, examples: int) -> Changes:
    """What changed, with so many examples of each change."""
    changed = comparison.changed
    before, after = comparison.before, comparison.after
    came, went = (int(changed["kind"].eq(kind).sum()) for kind in ("came", "went"))
    in_both = changed.filter(~pl.col("kind").is_in(["came", "went"]))
    differing = in_both["row_before"].n_unique() if len(in_both) else 0
    return Changes(
        before=_build(before),
        after=_build(after),
        same=len(comparison.lines) - came - went - differing,
        changed=differing,
        came=came,
        went=went,
        changes=tuple(_counted(changed)),
        sources=tuple(_by_source(changed)),
        examples=tuple(_examples(changed, examples)),
        settings=tuple(_settings(before.manifest, after.manifest)),
    )


def changes_since(config: AuditConfig, after: BuiltFolder) -> Changes | None:
    """What changed since the build that `audit.report.since` names; None if it names none."""
    before = earlier_build(config)
    if before is None:
        return None
    return summed_up(compared(before, after), config.report.examples)


def _build(folder: BuiltFolder) -> ComparedBuild:
    manifest = folder.manifest
    return ComparedBuild(
        path=folder.name,
        fingerprint=manifest.fingerprint,
        read=manifest.counts.rows_read,
        lines=manifest.counts.read,
        kept=manifest.counts.kept,
    )


def _counted(changed: pl.DataFrame) -> Iterator[Change]:
    # a margin is one change, however many values it takes
    named = changed.with_columns(
        before=pl.when(pl.col("kind") != "margin").then("before"),
        after=pl.when(pl.col("kind") != "margin").then("after"),
    )
    counts = named.group_by("kind", "before", "after").len("rows").to_dicts()
    order = {kind: place for place, kind in enumerate(KINDS)}
    counts.sort(
        key=lambda line: (
            order[line["kind"]], -line["rows"], line["before"] or "", line["after"] or "",
        )
    )  # fmt: skip
    return (Change(**line) for line in counts)


def _by_source(changed: pl.DataFrame) -> Iterator[SourceChange]:
    came, went = pl.col("kind") == "came", pl.col("kind") == "went"
    counts = (
        changed.unique(["kind", "row_before", "row_after"])
        .group_by("source")
        .agg(
            came=came.sum(),
            went=went.sum(),
            changed=pl.col("row_before").filter(~came & ~went).n_unique(),
        )
        .sort("source")
    )
    return (SourceChange(**line) for line in counts.to_dicts())


def _examples(changed: pl.DataFrame, most: int) -> Iterator[ChangedPlace]:
    is_margin = pl.col("kind") == "margin"
    ends = (pl.when(~is_margin).then(name) for name in ("before", "after"))
    first = changed.filter(pl.int_range(pl.len()).over("kind", *ends) < most)
    return (ChangedPlace(**line) for line in first.to_dicts())


def _settings(one: Manifest, other: Manifest) -> Iterator[Setting]:
    for title, before, after in (
        ("", one.config, other.config),
        ("versions", one.versions, other.versions),
        ("sources", _sources(one), _sources(other)),
    ):
        yield from _differences(before, after, title)


def _sources(manifest: Manifest) -> dict[str, Any]:
    return {source.name: source.fingerprint for source in manifest.sources}


def _differences(before: Any, after: Any, name: str) -> Iterator[Setting]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for key in [*before, *(key for key in after if key not in before)]:
            where = f"{name}.{key}" if name else str(key)
            yield from _differences(before.get(key), after.get(key), where)
    elif before != after and name != SINCE:
        yield Setting(name=name, before=before, after=after)
