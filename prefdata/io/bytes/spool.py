"""Local copies of sources that cannot be read twice: pipes, standard input, remote files."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path, PurePosixPath
from typing import IO, Any

from prefdata.config.section import MIB
from prefdata.credentials import text_without_credentials, without_credentials
from prefdata.errors import MissingExtraError, OutputError, SourceError
from prefdata.extras import demand
from prefdata.io.bytes.file_systems import open_file_system, scheme_of
from prefdata.io.files.atomic import atomic_file
from prefdata.network import ANSWER_SECONDS, bounded_answers, why_unreachable

_COPY_BYTES = 4 * MIB


def spool_stdin(spool: Path) -> Path:
    """Copies standard input to a file under `spool`; returns its path."""
    return _copy(sys.stdin.buffer, spool / "stdin")


def spool_pipe(pipe: Path, target: Path) -> Path:
    """Copies the content of a named pipe to the file `target`; returns its path."""
    with pipe.open("rb") as file:
        return _copy(file, target)


def spool_url(url: str, folder: Path) -> tuple[dict[Path, str], bool]:
    """Copies the files at an fsspec URL under `folder`; returns copies with their names, and
    whether the URL is a folder.

    All files of a folder, or all matches of a pattern, are copied. Raises SourceError if there is
    nothing, MissingExtraError if a library for the file system is not installed.
    """
    with _remote_errors(url), _bounded(url):
        system, path = open_file_system(url, silence=ANSWER_SECONDS, tries=2)
        if not any(mark in path for mark in "*?[") and not system.isdir(path):
            # with its signature the URL would be too long for a file name
            name = PurePosixPath(without_credentials(path)).name
            return {_download(system, path, folder / name): url}, False
        is_folder = bool(system.isdir(path))
        paths = system.find(path) if is_folder else filter(system.isfile, system.glob(path))
        root = path.rstrip("/") + "/" if is_folder else ""
        copies = {
            _download(system, one, folder / _inside(one, root)): str(system.unstrip_protocol(one))
            for one in sorted(paths)
        }
    return copies, is_folder


def is_url(place: str) -> bool:
    """Whether this is an fsspec URL (`s3://...`, `zip://...::...`) rather than a path."""
    scheme, mark, _ = place.partition("://")
    return bool(mark) and scheme.replace("+", "").replace("::", "").isalnum()


def _bounded(url: str) -> AbstractContextManager[None]:
    """The context in which a server may be silent for a while only."""
    if scheme_of(url) != "hf":
        return nullcontext()
    demand("hub", without_credentials(url), "huggingface_hub")
    return bounded_answers(SourceError)


@contextmanager
def _remote_errors(url: str) -> Iterator[None]:
    try:
        yield
    except (MissingExtraError, OutputError):
        raise
    except SourceError as error:
        message = (
            f"{without_credentials(url)} cannot be read: {text_without_credentials(str(error))}"
        )
        raise SourceError(message) from error
    except FileNotFoundError as error:
        raise SourceError(f"{without_credentials(url)} does not exist: check the place") from error
    except Exception as error:  # every file system has errors of its own
        if why := why_unreachable(error):
            raise SourceError(
                f"{without_credentials(url)} cannot be read: no connection to its host: {why}. "
                "Check the network, the address, and the proxy."
            ) from error
        message = text_without_credentials(f"{url} cannot be read: {type(error).__name__}: {error}")
        raise SourceError(message) from error


def _inside(path: str, root: str) -> PurePosixPath:
    parts = PurePosixPath(without_credentials(path).removeprefix(without_credentials(root))).parts
    return PurePosixPath(*(part for part in parts if part not in ("/", "..")))


def _download(system: Any, path: str, target: Path) -> Path:
    with system.open(path, "rb") as file:
        return _copy(file, target)


def _copy(file: IO[bytes], target: Path) -> Path:
    with atomic_file(target, checksum=False, durable=False) as copy:
        shutil.copyfileobj(file, copy, _COPY_BYTES)
    return target
