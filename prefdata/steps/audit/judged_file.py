"""The judgements of an audit on disk, so that a resumed run does not have to judge again."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from pydantic import TypeAdapter

from prefdata.io.files.arrays import read_array, write_array
from prefdata.io.files.atomic import atomic_file
from prefdata.label_audit.judge.judged import Judged
from prefdata.results.sentences import from_json, to_json

_VALUES = "values.json"


def write_judged(folder: Path, judged: Judged) -> None:
    """Writes each array as a NumPy file, then the other values as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    values, kinds = {}, _kinds()
    for field in fields(Judged):
        value = getattr(judged, field.name)
        if isinstance(value, np.ndarray):
            write_array(folder / f"{field.name}.npy", value)
        else:
            values[field.name] = TypeAdapter(kinds[field.name]).dump_python(value)
    with atomic_file(folder / _VALUES, checksum=False, durable=False) as sink:
        sink.write(to_json(values))


def read_judged(folder: Path) -> Judged | None:
    """Reads what `write_judged` wrote; None if it is missing or incomplete."""
    if not (folder / _VALUES).exists():
        return None
    kinds = _kinds()
    written = from_json((folder / _VALUES).read_bytes(), dict[str, Any])
    values = {
        name: TypeAdapter(kinds[name]).validate_python(each) for name, each in written.items()
    }
    for field in fields(Judged):
        if field.name not in values:
            values[field.name] = np.asarray(read_array(folder / f"{field.name}.npy"))
    return Judged(**values)


def _kinds() -> dict[str, Any]:
    """Field to its type."""
    return get_type_hints(Judged, include_extras=True)
