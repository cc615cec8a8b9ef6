"""The dataset to train on or to audit: from raw sources, or from the output of a build."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from prefdata.pipeline.run.opened import warn_of_not_read
from prefdata.pipeline.run.output_run import Run, refuse_unbalanced
from prefdata.pipeline.run.trail import Trail
from prefdata.pipeline.stages.compare_rows import compare_rows
from prefdata.pipeline.stages.prepare import prepare
from prefdata.results.manifest import Counts
from prefdata.steps.pairs.pair_table import PairTable, pair_table_file, read_pair_table
from prefdata.steps.pairs.row_counts import row_counts
from prefdata.steps.pairs.write_pair_table import write_pair_table
from prefdata.steps.write.read_output import output_identity, read_output


@dataclass(frozen=True)
class Dataset:
    """Rows that are read, checked and divided into splits.

    `trail`: its verdicts drop the rows that are not in the dataset. `pairs_file`: the table of
    facts on each pair (`steps.pairs.pair_table`). `counts`: for an output folder those of its data
    alone; rows dropped when it was built do not count again.
    """

    trail: Trail
    pairs_file: Path
    counts: Counts

    def pairs(self) -> PairTable:
        """The table of facts on each pair."""
        return read_pair_table(self.pairs_file)


def dataset_of(run: Run) -> Dataset:
    """Prepares the dataset of a run; finished steps are read from its workspace.

    Raw sources pass the rules, the comparisons and the division into splits, as in `build`. The
    rows of an output folder passed them when it was built, and stay in their splits. Raises
    RunError if rows are unaccounted for.
    """
    if run.opened.manifest is not None:
        return divided_dataset(*output_trail(run))
    warn_of_not_read(run.opened)
    prepared = prepare(run)
    data = divided_dataset(prepared.trail, compare_rows(prepared).split)
    margins = data.pairs().margins
    data.trail.remarks = prepared.remarks(len(margins), int((~np.isnan(margins)).sum()))
    return data


def output_trail(run: Run) -> tuple[Trail, Path]:
    """The kept rows of an output folder, and the table of the split and group of each."""
    out, manifest = run.opened.out, run.opened.manifest
    assert out is not None and manifest is not None, "an output folder is what is read"
    identity = output_identity(manifest)
    rows = read_output(run.engine, out, manifest, run.place / f"output-{identity}", run.report)
    return Trail(run, rows.shards, rows.names, rows.verdicts, identity), rows.destined


def divided_dataset(trail: Trail, split: Path) -> Dataset:
    """The dataset of the rows that a trail keeps.

    `split`: a table of `SPLIT_SCHEMA` or `DESTINED_SCHEMA` on them. Raises RunError if rows are
    unaccounted for.
    """
    run, folder = trail.run, trail.branch().folder("known")
    summary = write_pair_table(
        run.engine, trail.shards, trail.verdicts, split, trail.names, folder, run.report
    )
    counts = Counts(
        read=summary.read,
        kept=summary.kept,
        quarantined=summary.quarantined,
        dropped=summary.dropped,
        flagged=summary.flagged,
        splits=summary.splits,
        rows=row_counts(trail.shards),
    )
    refuse_unbalanced(counts, "the table of pairs")
    return Dataset(trail, pair_table_file(folder), counts)
