"""Where a push keeps what it makes: beside the output folder, which nobody replaces meanwhile."""

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
    """A folder for what is made from `out` to be sent; a push that failed finds there what it made.

    Where nothing can be written beside `out` it is a temporary one, and `out` is not locked: who
    may not write there cannot be kept from a build by us. Raises LockedError while a build or
    another push works on `out`.
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
        except OSError:  # a folder that may only be read
            place = Path(tempfile.mkdtemp(prefix="prefdata-push-"))
            held.callback(shutil.rmtree, place, ignore_errors=True)
        try:
            yield place
        except BaseException:
            with suppress(OSError):  # it holds what was made
                place.rmdir()
            raise
        shutil.rmtree(place, ignore_errors=True)
