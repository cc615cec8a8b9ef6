"""The seam between steps and machines: two verbs, and nothing else.

Steps say *what* is done to each item or to each group of rows; an engine says *where*. Functions
and items cross process (later: machine) borders, so they are module-level functions, partials of
such, and plain values. Results come back in the order of the items, whatever finished first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, TypeVar

import polars as pl

Item = TypeVar("Item")
Result = TypeVar("Result")


class Engine(Protocol):
    """What a step may ask of the machinery."""

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
        """Brings rows with equal `by` together and applies a function to them.

        `tables` are Arrow IPC files of one schema. The function sees frames that hold whole
        groups, at most about `rows_in_memory` rows each (a group is never cut). How rows are
        gathered depends on the rows alone, not on the engine or the number of workers.
        """
        ...
