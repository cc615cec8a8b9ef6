"""The workspace of a push: a folder beside the output folder, which is locked meanwhile."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import Timeout

from prefdata.errors import LockedError
from prefdata.io.files.lock import lock_folder


@contextmanager
def push_place(out: Path) -> Iterator[Path]:
    """A folder for files made from `out`; kept when a push fails, so that the next one resumes.

    If nothing can be written beside `out`, the folder is a temporary one and `out` is not locked.
    Raises LockedError while a build or another push works on `out`.
    """
    out = out.resolve()
    place = out.with_name(f".{out.name}.prefdata-push")
    with ExitStack() as held:
        try:
            held.enter_context(lock_folder(out))
            place.mkdir(exist_ok=True)
        except Timeout as error:
            raise LockedError(
                f"another run is working on {out}. Push it when that has ended."
            ) from error
        except OSError:  # read-only
            place = Path(tempfile.mkdtemp(prefix="prefdata-push-"))
            held.callback(shutil.rmtree, place, ignore_errors=True)
        try:
            yield place
        except BaseException:
            with suppress(OSError):  # not empty: kept for the next push
                place.rmdir()
            raise
        shutil.rmtree(place, ignore_errors=True)
