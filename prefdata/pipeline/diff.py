"""Compares two builds: which rows came, went, or changed verdict, split or label."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from prefdata.errors import OutputError, UsageError
from prefdata.foreign_errors import in_our_words
from prefdata.pipeline.run.comparison import built_folder, compared, summed_up
from prefdata.results.changes import Changes

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
    text, or by its place where a published copy left the texts out), so a row that only moved,
    within a file or to another one, did not change.

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
    comparison = compared(built_folder(Path(before)), built_folder(Path(after)))
    if out is not None:
        _write(comparison.changed, Path(out))
    return summed_up(comparison, examples)


def _write(changed: pl.DataFrame, path: Path) -> None:
    try:
        getattr(changed, _WRITERS[path.suffix])(path)
    except OSError as error:
        raise OutputError(f"{path} cannot be written: {error.strerror}") from error
