"""Folders for temporary files: where TMPDIR says, removed when the work ends."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from prefdata.errors import OutputError
from prefdata.foreign_errors import our_error_for


@contextmanager
def scratch_folder() -> Iterator[Path]:
    """A temporary folder, which is removed at the end.

    Raises OutputError if none can be made; the message on a disk that is full, or on any other
    error in it, says how to choose another place.
    """
    try:
        made = tempfile.TemporaryDirectory(prefix=_prefix(os.getpid()), ignore_cleanup_errors=True)
    except OSError as error:
        raise OutputError(
            f"there is no place for temporary files ({error.strerror or error}). Set TMPDIR to a "
            "folder that you may write to."
        ) from error
    with made as name:
        try:
            yield Path(name)
        except (OSError, OutputError) as error:
            said = str(error if isinstance(error, OutputError) else our_error_for(error) or error)
            if name not in said:
                raise
            raise OutputError(
                f"{said} Temporary files go to {tempfile.gettempdir()}: set TMPDIR to a folder "
                "with more room."
            ) from error


def sweep_scratch(process: int) -> None:
    """Removes the temporary folders of a process that was killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_prefix(process)}*"):
        shutil.rmtree(folder, ignore_errors=True)


def _prefix(process: int) -> str:
    return f"prefdata-{process}-"
