"""An error that nobody foresaw: what is said of it, and its traceback for those who ask."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

from prefdata.errors import RunError

SHOW = "PREFDATA_TRACEBACK"
_ISSUES = "https://github.com/prefdata/prefdata/issues"
_PACKAGE = Path(__file__).parents[2]


def fault_in(error: BaseException) -> RunError:
    """The error to show for a fault of prefdata: what, where, and how to report it."""
    words = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(":. ")
    message = (
        f"this is a fault of prefdata, not of your data: {words:.300} ({_place(error)}). Please "
        f"report it at {_ISSUES}; with {SHOW}=1 the same command shows where it arose."
    )
    if os.environ.get(SHOW):
        message += "\n" + "".join(traceback.format_exception(error))
    return RunError(message)


def _place(error: BaseException) -> str:
    """The last line of the package that the error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(_PACKAGE)]
    if not ours:
        return "outside of it"
    path = Path(ours[-1].filename).relative_to(_PACKAGE.parent).as_posix()
    return f"{path}, line {ours[-1].lineno}"
