"""py3langid's model, kept unpacked: its own file takes half a second to unpack in every process."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zstandard

from prefdata.cache_folder import cache_folder

_FORM = 1
"""Raise it when what is kept changes."""
_ARRAYS = 6

Arrays = Sequence[npt.NDArray[Any]]


def language_model() -> Any:
    """The LanguageIdentifier of py3langid, from what an earlier process has unpacked if it can."""
    from py3langid.langid import MODEL_DIR, MODEL_FILE, LanguageIdentifier

    kept = _kept_file(Path(MODEL_DIR) / MODEL_FILE)
    arrays = None if kept is None else _read(kept)
    if arrays is not None:
        table, prior, classes, moves, rows, output = arrays
        return LanguageIdentifier(
            table, prior, classes.tolist(), moves.data, output.tolist(),
            tk_row=rows.data,
        )  # fmt: skip
    model = LanguageIdentifier.from_model_file(MODEL_FILE)
    if kept is not None:
        made = (
            model.nb_ptc, model.nb_pc, np.array(model.nb_classes), np.asarray(model.tk_nextmove),
            np.asarray(model.tk_row), np.array(model.tk_output, np.int32),
        )  # fmt: skip
        with suppress(OSError):  # the cache is full, or nobody may write to it
            _write(kept, made)
    return model


def _kept_file(model: Path) -> Path | None:
    """Where the model is kept; the name tells what it was unpacked from. None: nowhere."""
    try:
        content = sha256(model.read_bytes()).hexdigest()
        return cache_folder() / "languages" / f"{_FORM}-{content[:32]}.npy.zst"
    except (OSError, RuntimeError):
        return None


def _read(path: Path) -> Arrays | None:
    """The arrays of a file; None if it is not there or, by its checksum, not whole."""
    try:
        whole = BytesIO(zstandard.ZstdDecompressor().decompress(path.read_bytes()))
        return [np.lib.format.read_array(whole, allow_pickle=False) for _ in range(_ARRAYS)]
    except (OSError, ValueError, zstandard.ZstdError):
        return None


def _write(path: Path, arrays: Arrays) -> None:
    whole = BytesIO()
    for array in arrays:
        np.lib.format.write_array(whole, array, allow_pickle=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.tmp-{os.getpid()}")
    try:
        partial.write_bytes(
            zstandard.ZstdCompressor(write_checksum=True).compress(whole.getbuffer())
        )
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
