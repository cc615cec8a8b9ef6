"""Compares two builds: which rows came, went, or changed verdict, split or label."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from prefdata.errors import IntegrityError, OutputError, UsageError
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.ledger import ledger_lines
from prefdata.pipeline.run.manifest import read_manifest
from prefdata.results.changes import (
    KINDS,
    Change,
    ChangedPlace,
    Changes,
    ComparedBuild,
    Setting,
    SourceChange,
)
from prefdata.results.layout import LEDGER
from prefdata.results.manifest import Manifest
from prefdata.transforms.changes.matching import LINE, changes_of, side_by_side

EXAMPLES = 3
"""Rows of each change that are shown."""

_WRITERS = {".parquet": "write_parquet", ".jsonl": "write_ndjson", ".csv": "write_csv"}


@in_our_words
def diff(
    before: str | Path,
    after: str | Path,
    *,
    examples: int = EXAMPLES,
    out: str | Path | None = None,
) -> Changes:
    """Says what changed from one build to another, row by row.

    Rows are matched by what they hold (`pair` in the ledger; a row without a record by its raw
    text), so a row that only moved, within a file or to another one, did not change.

    - `before`: the folder that the earlier `build` wrote.
    - `after`: the folder that the later `build` wrote.
    - `examples`: rows of each change in the result, 0 or more.
    - `out`: a file (`.parquet`, `.jsonl` or `.csv`) for all changes, a line each; it is replaced if
      it exists. None: no file.

    Raises IntegrityError if a folder is no output or has no ledger that can be compared, UsageError
    if `out` has another suffix, OutputError if it cannot be written.
    """
    if out is not None and Path(out).suffix not in _WRITERS:
        raise UsageError(f"{out}: name a file that ends in {', '.join(_WRITERS)}.")
    if examples < 0:
        raise UsageError(f"examples={examples}: a number from 0.")
    roots = Path(before), Path(after)
    one, other = manifests = tuple(read_manifest(root) for root in roots)
    lines = side_by_side(*(_lines(*each) for each in zip(roots, manifests, strict=True)))
    changed = changes_of(lines)
    if out is not None:
        _write(changed, Path(out))
    came, went = (int(changed["kind"].eq(kind).sum()) for kind in ("came", "went"))
    in_both = changed.filter(~pl.col("kind").is_in(["came", "went"]))
    differing = in_both.select("row_before").n_unique() if len(in_both) else 0
    return Changes(
        before=_build(roots[0], one),
        after=_build(roots[1], other),
        same=len(lines) - came - went - differing,
        changed=differing,
        came=came,
        went=went,
        changes=tuple(_counted(changed)),
        sources=tuple(_by_source(changed)),
        examples=tuple(_examples(changed, examples)),
        settings=tuple(_settings(one, other)),
    )


def _lines(root: Path, manifest: Manifest) -> pl.DataFrame:
    if LEDGER in (manifest.left_out or ()):
        raise IntegrityError(
            f"{root}: its ledger was left out when it was published. Compare the folder that was "
            "built, or publish with the ledger."
        )
    try:
        return (
            ledger_lines(root)
            .select(pl.col(name).cast(kind) for name, kind in LINE.items())
            .sort("row")
        )
    except pl.exceptions.ColumnNotFoundError as error:
        raise IntegrityError(
            f"{root} was built by an older version of prefdata, whose ledger does not say what is "
            "compared here. Build it again."
        ) from error


def _write(changed: pl.DataFrame, path: Path) -> None:
    try:
        getattr(changed, _WRITERS[path.suffix])(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error


def _build(root: Path, manifest: Manifest) -> ComparedBuild:
    counts = manifest.counts
    return ComparedBuild(
        path=str(root), fingerprint=manifest.fingerprint, read=counts.read, kept=counts.kept
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
    elif before != after:
        yield Setting(name=name, before=before, after=after)
