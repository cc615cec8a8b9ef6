"""Trains a reward model: preference data in; a model, its metrics and a table of all rows out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from prefdata.config.fingerprint import fingerprint
from prefdata.config.load import given_config
from prefdata.config.model import BuildConfig
from prefdata.config.settings import settings_of
from prefdata.errors import OutputError, UsageError
from prefdata.extras import demand
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.atomic import write_json_atomic
from prefdata.io.sources.in_memory import Sources
from prefdata.models.quiet import cause_of
from prefdata.pipeline.learn.trained import TrainedResult
from prefdata.pipeline.run.demands import demand_for_training
from prefdata.pipeline.run.output_run import output_run, refuse_unbalanced
from prefdata.pipeline.stages.dataset import Dataset, dataset_of
from prefdata.results.layout import MARKS, METRICS, ROWS_TABLE, lies_in
from prefdata.results.training import TrainingCounts, TrainingResult
from prefdata.steps.progress import Report, silent
from prefdata.steps.reward.write_trained import TrainedBooks, write_trained
from prefdata.steps.verdict_tables import rows_by_reason

DEFAULT_BACKBONE = "Qwen/Qwen3-0.6B"
FROZEN, AUTO = "frozen", "auto"


@in_our_words
def train(
    sources: Sources,
    *,
    out: str | Path,
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    workers: int | None = None,
    force: bool = False,
    report: Report = silent,
) -> TrainingResult | None:
    """Trains a reward model on preference files, or on the output folder of a build.

    Writes to `out` the model, `rows.parquet` (a line for every row read: its use, or why it had
    none, and its reward by a model that was not trained on it) and, last, `metrics.json`, which is
    returned. An interrupted training resumes when it is called again. Under torchrun all processes
    train one model; the first returns the result, the others None.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict; or the output folder of a build.
    - `out`: the folder to write. It appears when it is complete.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
      `config.reward` says what is trained, and how.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `force`: replace the output of an earlier run in `out`. By default that raises OutputError.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises a PrefdataError: ModelError if the model or encoder cannot be had, DataError if no pair
    is left to train on, RunError if a loss is not finite, and what `build` raises.
    """
    demand("train", "prefdata train", "torch", "safetensors")
    from prefdata.reward.training.processes import processes_here

    config = settled(given_config(config))
    demand_for_training(config, frozen=config.reward.backbone.name == FROZEN)
    processes = processes_here()
    if config.reward.backbone.name == FROZEN and processes.count > 1:
        raise UsageError(
            "a head on embeddings is trained by one process, and torchrun has started "
            f"{processes.count}: run prefdata train by itself, or name a model (--model)"
        )
    if not processes.is_first:
        from prefdata.pipeline.learn.backbone import follow

        follow(config)
        return None
    with output_run(
        sources, Path(out), config, mark=METRICS, force=force, workers=workers, report=report
    ) as output:
        data = dataset_of(output.run)
        trained = _trained(data)
        output.finished = output.run.final(trained.identity, empty=True)
        return _written(output.finished, data, trained)


def settled(config: BuildConfig) -> BuildConfig:
    """The config with `auto` replaced: a language model on a GPU, frozen embeddings without one."""
    backbone = config.reward.backbone
    if backbone.name != AUTO:
        return config
    from prefdata.config.load import overridden
    from prefdata.models.device import device_named

    device = device_named(backbone.device, "reward.backbone.device")
    name = DEFAULT_BACKBONE if device.startswith("cuda") else FROZEN
    return overridden(config, {"reward.backbone.name": name})


def _trained(data: Dataset) -> TrainedResult:
    if data.trail.run.config.reward.backbone.name == FROZEN:
        from prefdata.pipeline.learn.head import learn_head

        return learn_head(data)
    from prefdata.pipeline.learn.backbone import learn_backbone

    return learn_backbone(data)


def _written(final: Path, data: Dataset, trained: TrainedResult) -> TrainingResult:
    """Fills the folder to publish."""
    with _disk_errors(final):
        trained.save(final)
    _open_to_readers(final)
    books = TrainedBooks(trained.verdicts, trained.scored, data.pairs(), trained.rows, trained.uses)
    booked = write_trained(final / ROWS_TABLE, data.trail.shards, data.trail.names, books)
    counts = _counts(data, trained)
    counted = dict(counts) | {"rows": booked.rows}  # the table has no judgements
    refuse_unbalanced(booked, "the table of rows", counted)
    result = TrainingResult(
        kind=trained.kind,
        model=trained.model,
        data=counts,
        training=trained.course,
        held_out=trained.held_out,
        cross_validated=trained.cross_validated,
        remarks=data.trail.remarks | trained.remarks,
        versions=trained.versions,
        config=settings_of(data.trail.run.config),
        fingerprint=fingerprint(trained.identity),
        files=tuple(_files(final)),
    )
    write_json_atomic(final / METRICS, result)
    return result


def _files(final: Path) -> Iterator[str]:
    """The files of the model folder, but `metrics.json`, which is still to be written."""
    for path in sorted(final.rglob("*")):
        name = path.relative_to(final).as_posix()
        if path.is_file() and not lies_in(name, MARKS):
            yield name


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError) as error:
        raise OutputError(
            f"cannot write the model to {folder}: {cause_of(error)}. Free some space or choose "
            "another place, and run the same command again: what was trained is not lost where "
            "checkpoints are kept"
        ) from error


def _open_to_readers(folder: Path) -> None:
    """Gives files default permissions: safetensors makes its files readable by the owner alone."""
    mask = os.umask(0)
    os.umask(mask)
    for file in folder.rglob("*"):
        if file.is_file():
            file.chmod(0o666 & ~mask)


def _counts(data: Dataset, trained: TrainedResult) -> TrainingCounts:
    division = trained.division
    return TrainingCounts(
        read=data.counts.read,
        rows=data.counts.rows,
        trained=int(division.trained.sum()),
        validation=int(division.validation.sum()),
        held_out=int(division.held_out.sum()),
        quarantined=data.counts.quarantined,
        dropped=rows_by_reason([data.counts.dropped, trained.dropped]),
    )
