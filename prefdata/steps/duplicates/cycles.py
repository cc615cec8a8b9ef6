"""Step 3, second half: preference cycles, that is labels of one prompt such as A > B > C > A."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
import polars as pl

from prefdata.config.model import LabelsConfig
from prefdata.engines.engine import Engine
from prefdata.steps.duplicates.exact import ROWS_IN_MEMORY
from prefdata.steps.once import once
from prefdata.steps.verdict_tables import Tables, dropped_by, write_verdicts
from prefdata.transforms.duplicates.cycles import VERDICT_COLUMNS, cycle_verdicts


def find_cycles(
    engine: Engine, tables: Sequence[Path], verdicts: Tables, labels: LabelsConfig, folder: Path
) -> dict[str, int]:
    """Finds preference cycles among active rows and writes `folder/verdicts.arrow`.

    `tables`: the keys of all rows, one table per shard. With `labels.cycles` off the result is
    empty. Returns "verdict:reason" to number of rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    return once(
        folder / "done.json",
        dict[str, int],
        lambda: write_verdicts(
            folder / "verdicts.arrow", _find_cycles(engine, tables, verdicts, labels, folder)
        ),
    )


def _find_cycles(
    engine: Engine, tables: Sequence[Path], verdicts: Tables, labels: LabelsConfig, folder: Path
) -> pl.DataFrame:
    if labels.cycles == "off":
        return pl.DataFrame(schema=VERDICT_COLUMNS)
    dropped = dropped_by([table for _, table in verdicts.steps])
    frames = engine.group(
        partial(_of_active, dropped=dropped, labels=labels),
        tables,
        by="prompt",
        work=folder,
        rows_in_memory=ROWS_IN_MEMORY,
    )
    return pl.concat(frames)


def _of_active(keys: pl.DataFrame, dropped: np.ndarray, labels: LabelsConfig) -> pl.DataFrame:
    is_active = ~np.isin(keys["row"].to_numpy(), dropped)
    return cycle_verdicts(keys.filter(is_active), labels)
