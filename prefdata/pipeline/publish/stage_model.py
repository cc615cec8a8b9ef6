"""Prepares a reward model for publication beside the data that it was trained on."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from prefdata.errors import UsageError
from prefdata.io.targets.target import LocalFile
from prefdata.results.layout import METRICS, MODEL_NOTE, REWARD_MODEL, ROWS_TABLE
from prefdata.results.manifest import FileEntry, Manifest
from prefdata.results.training import TrainingResult
from prefdata.steps.reward.open_scorer import kind_of
from prefdata.steps.write.read_output import output_identity

_LEFT_OUT = ("checkpoint-*", "step-*", "best-*.safetensors", "tensorboard")
"""Files of the training, not of the model; those of TensorBoard also contain the machine's name."""


@dataclass(frozen=True)
class StagedModel:
    """The files of a reward model as published, and remarks on it."""

    files: tuple[LocalFile, ...]
    entries: tuple[FileEntry, ...]
    remarks: tuple[str, ...]


def staged_model(folder: Path, manifest: Manifest) -> StagedModel:
    """The reward model that `prefdata train` wrote to `folder`, beside the data of `manifest`.

    Hidden files, checkpoints and TensorBoard logs are left out. Raises UsageError if the folder is
    not a finished output of `prefdata train`, or is incomplete.
    """
    result = _result(folder)
    _refuse_incomplete(folder, result)
    files, entries = [], []
    for path in sorted(_paths(folder)):
        name = f"{REWARD_MODEL}/{path.relative_to(folder).as_posix()}"
        with path.open("rb") as content:
            checksum = hashlib.file_digest(content, "sha256").hexdigest()
        size = path.stat().st_size
        rows = result.data.read if path == folder / ROWS_TABLE else None
        files.append(LocalFile(name, path, size, checksum))
        entries.append(FileEntry(path=name, bytes=size, sha256=checksum, rows=rows))
    return StagedModel(tuple(files), tuple(entries), tuple(_remarks(folder, result, manifest)))


def _result(folder: Path) -> TrainingResult:
    try:
        return TrainingResult.model_validate_json((folder / METRICS).read_bytes())
    except OSError as error:
        raise UsageError(
            f"{folder} is no reward model that `prefdata train` has finished: {METRICS}, which it "
            f"writes last, cannot be read ({error.strerror}). Pass the --out of a training."
        ) from error
    except ValidationError as error:
        raise _broken(folder, f"{METRICS} is not what `prefdata train` writes") from error


def _refuse_incomplete(folder: Path, result: TrainingResult) -> None:
    """Raises UsageError if a file of the model is missing or truncated."""
    if kind_of(folder) != result.kind:
        raise _broken(folder, f"{METRICS} is of a {result.kind}, the model is none")
    _refuse_other_rows(folder, result)
    paths = (path for path in sorted(folder.glob("*.safetensors")) if _is_published(path.name))
    weights = {path.name: path for path in paths}
    for name in sorted({*weights} | {*_named_weights(folder)}):
        if name not in weights or not _is_whole(weights[name]):
            raise _broken(folder, f"{name} is missing or cut off")
    if not weights:
        raise _broken(folder, "its weights (*.safetensors) are missing")


def _refuse_other_rows(folder: Path, result: TrainingResult) -> None:
    try:
        rows = pq.read_metadata(folder / ROWS_TABLE).num_rows
    except (OSError, pa.ArrowException) as error:
        raise _broken(folder, f"{ROWS_TABLE} is missing or cut off") from error
    if rows != result.data.read:
        raise _broken(
            folder, f"{ROWS_TABLE} holds {rows:,} rows, {METRICS} says {result.data.read:,}"
        )


def _named_weights(folder: Path) -> list[str]:
    """The weight files that an index names; empty if there is no index."""
    index = folder / "model.safetensors.index.json"
    if not index.exists():
        return []
    try:
        return list(map(str, json.loads(index.read_bytes())["weight_map"].values()))
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _broken(folder, f"{index.name} cannot be read") from error


def _is_whole(weights: Path) -> bool:
    """Whether a safetensors file is as long as its header says."""
    try:
        with weights.open("rb") as file:
            length = int.from_bytes(file.read(8), "little")
            size = weights.stat().st_size
            if length > size:
                return False
            header = json.loads(file.read(length))
        ends = [note["data_offsets"][1] for name, note in header.items() if name != "__metadata__"]
        return 8 + length + max(ends, default=0) == size
    except (OSError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        return False


def _broken(folder: Path, what: str) -> UsageError:
    return UsageError(f"the reward model in {folder} is not whole: {what}. Train it again.")


def _paths(folder: Path) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if _is_published(name)]
        yield from (Path(root, name) for name in names if _is_published(name))


def _is_published(name: str) -> bool:
    return not name.startswith(".") and not any(fnmatch(name, pattern) for pattern in _LEFT_OUT)


def _remarks(folder: Path, result: TrainingResult, manifest: Manifest) -> Iterator[str]:
    try:
        described = json.loads((folder / MODEL_NOTE).read_bytes())
        trained_on = described["fingerprints"]["data"]
    except (OSError, ValueError, KeyError, TypeError):
        trained_on = None
    if trained_on == output_identity(manifest):
        return
    made_by, version = result.versions.get("prefdata"), manifest.versions.get("prefdata")
    other = f", or by another version of prefdata ({made_by}, not {version})"
    yield (
        f"the reward model {folder.name} was not trained on this output folder"
        f"{other if made_by != version else ''}"
    )
