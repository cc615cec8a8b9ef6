"""What a reward model is trained on or scores: raw preference files, or the output of a build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prefdata.config.model import BuildConfig, ReadConfig
from prefdata.engines.engine import Engine
from prefdata.errors import RunError
from prefdata.io.files.shards import Shard
from prefdata.io.sources.find import find_sources
from prefdata.pipeline.run.reading import IdentifiedSource, find, refuse_changed, workers_for
from prefdata.pipeline.stages.compare_rows import Comparisons
from prefdata.pipeline.stages.prepare import prepare
from prefdata.pipeline.verify import read_manifest
from prefdata.results.layout import MANIFEST
from prefdata.results.manifest import Counts, Manifest
from prefdata.steps.pairs.pair_table import PairTable, pair_table_file, read_pair_table
from prefdata.steps.pairs.write_pair_table import write_pair_table
from prefdata.steps.progress import Report
from prefdata.steps.verdict_tables import Tables
from prefdata.steps.write.read_output import data_files, output_identity, read_output


@dataclass(frozen=True)
class Opened:
    """The data that was named: sources that were found, or an output folder of a build."""

    found: tuple[IdentifiedSource, ...]
    out: Path | None = None
    manifest: Manifest | None = None

    @property
    def workers(self) -> int:
        """The processes that it is worth to share the work out to."""
        return workers_for(self.found)

    def refuse_changed(self) -> None:
        """Raises SourceError where a source is no longer what it was when it was opened."""
        refuse_changed(self.found)


@dataclass(frozen=True)
class Dataset:
    """Rows that are read, checked and divided.

    `verdicts` drop the rows that are none of it. `names`: of the sources, by `shard.source`.
    `pairs_file`: what is known of each pair (`steps.known_pairs`). `identity`: a fingerprint of all
    this depends on. `counts`: of an output folder those of its data; rows that were dropped when
    it was built do not count again. `remarks`: on all rows together, by code.
    """

    shards: list[Shard]
    verdicts: Tables
    names: tuple[str, ...]
    pairs_file: Path
    identity: str
    counts: Counts
    remarks: dict[str, str]
    opened: Opened

    def pairs(self) -> PairTable:
        """What is known of each pair."""
        return read_pair_table(self.pairs_file)


def open_data(places: Sequence[str], config: ReadConfig, spool: Path) -> Opened:
    """Finds the sources behind names, or the one output folder of a build.

    An output folder beside other places is a source like any other: its data are read anew. Raises
    SourceError or DialectError for what cannot be read, IntegrityError for an output folder whose
    manifest is damaged.
    """
    if len(places) != 1 or not is_output(Path(places[0])):
        return Opened(tuple(find(places, config, spool)))
    out = Path(places[0])
    manifest = read_manifest(out)
    has_data = bool(data_files(manifest))
    sources = find_sources(places, spool=spool, config=config) if has_data else []
    return Opened(tuple(IdentifiedSource(source, None) for source in sources), out, manifest)


def is_output(folder: Path) -> bool:
    """Whether a build has written this folder; a manifest of somebody else's does not say so."""
    return (folder / MANIFEST).is_file() and (folder / "ledger").is_dir()


def dataset_of(
    places: Sequence[str], config: BuildConfig, engine: Engine, place: Path, report: Report
) -> Dataset:
    """Opens the data at some places and makes it ready, in folders of the workspace `place`."""
    opened = open_data(places, config.read, place / "spool")
    return dataset_from(opened, config, engine, place, report)


def dataset_from(
    opened: Opened, config: BuildConfig, engine: Engine, place: Path, report: Report
) -> Dataset:
    """Makes data ready, in folders of the workspace `place`; what is done already is read.

    Raw sources pass the rules, the comparisons and the division into splits, as in `build`. The
    rows of an output folder passed them when it was built, and stay in their splits.
    """
    if opened.out is not None and opened.manifest is not None:
        return _built(opened, opened.out, opened.manifest, engine, place, report)
    return _raw(opened, config, engine, place, report)


def _raw(
    opened: Opened, config: BuildConfig, engine: Engine, place: Path, report: Report
) -> Dataset:
    ready = prepare(engine, place, config, opened.found, report)
    compared = Comparisons(ready, engine, place, config, report).run()
    remarks = ready.rules.of_dataset(ready.tally) | compared.remarks
    rows = Rows(ready.shards, compared.verdicts, ready.names, compared.sides, compared.identity)
    return known_dataset(rows, opened, remarks, engine, place, report)


def _built(
    opened: Opened, out: Path, manifest: Manifest, engine: Engine, place: Path, report: Report
) -> Dataset:
    identity = output_identity(manifest)
    output = read_output(engine, out, manifest, place / f"output-{identity}", report)
    rows = Rows(output.shards, output.verdicts, output.names, output.destined, identity)
    return known_dataset(rows, opened, {}, engine, place, report)


@dataclass(frozen=True)
class Rows:
    """Rows of a run; `sides`: a table of `SIDES_SCHEMA` on those that the verdicts leave."""

    shards: list[Shard]
    verdicts: Tables
    names: tuple[str, ...]
    sides: Path
    identity: str


def known_dataset(
    rows: Rows,
    opened: Opened,
    remarks: dict[str, str],
    engine: Engine,
    place: Path,
    report: Report,
) -> Dataset:
    """Finds out what is to be known of each pair. Raises RunError where rows do not balance."""
    folder = place / f"known-{rows.identity}"
    summary = write_pair_table(
        engine, rows.shards, rows.verdicts, rows.sides, rows.names, folder, report
    )
    counts = Counts(
        read=summary.read,
        kept=summary.kept,
        quarantined=summary.quarantined,
        dropped=summary.dropped,
        flagged=summary.flagged,
        splits=summary.splits,
    )
    if missing := counts.balance():
        raise RunError(
            f"{missing} rows are unaccounted for: {counts}. This is a fault of prefdata, please "
            "report it."
        )
    return Dataset(
        shards=rows.shards,
        verdicts=rows.verdicts,
        names=rows.names,
        pairs_file=pair_table_file(folder),
        identity=rows.identity,
        counts=counts,
        remarks=remarks,
        opened=opened,
    )
