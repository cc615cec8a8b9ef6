"""The protocol between steps and the machines on which they run: `map` and `group`.

A step defines *what* is done to each item or group of rows, an engine *where* it runs. Functions
and items are sent to other processes (later: machines), so they must be module-level functions,
partials of these, and plain values. Results are returned in the order of the items.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import polars as pl

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """Runs functions over items, or over groups of rows."""

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Result]:
        """Applies a function to every item; yields the results in order."""
        ...

    def group(
        self,
        function: Callable[[pl.DataFrame], pl.DataFrame],
        tables: Sequence[Path],
        *,
        by: str,
        work: Path,
        rows_in_memory: int,
    ) -> Iterator[pl.DataFrame]:
        """Groups rows by the column `by` and applies a function to frames of whole groups.

        `tables`: Arrow IPC files of one schema. A frame has at most about `rows_in_memory` rows,
        but a group is never cut. `work`: folder for bucket files. The frames depend on the rows
        only, not on the engine or the number of workers.
        """
        ...

    def rest(self) -> None:
        """Gives back the memory of what has no work now; the next `map` or `group` starts anew."""
        ...
