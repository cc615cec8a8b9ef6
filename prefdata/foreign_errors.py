"""Turns errors of the system and of libraries into errors of prefdata, which say what to do.

Every public function ends through `in_our_words`, so nothing that a disk, a limit or a name can do
to a run leaves it as a traceback of somebody else's code.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import wraps
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from prefdata.credentials import text_without_credentials
from prefdata.errors import OutputError, PrefdataError, RunError, UsageError

if TYPE_CHECKING:  # its import takes longer than all else that `prefdata --help` needs of here
    from pathlib import Path

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")

_CAUSES = {
    errno.ENOSPC: ("the disk is full", "Free some space, or choose another place"),
    errno.EDQUOT: ("the disk quota is used up", "Free some space, or choose another place"),
    errno.EFBIG: (
        "the file system, or a limit (ulimit -f), allows no larger file",
        "Write smaller shards, raise the limit, or choose another place",
    ),
    errno.EROFS: ("the file system is read-only", "Choose another place"),
    errno.EACCES: ("permission denied", "Choose a place that you may read and write"),
    errno.EPERM: ("the operation is not permitted", "Choose a place that you may read and write"),
    errno.ENOENT: ("there is no such file or folder", "Check the path"),
    errno.ENOTDIR: ("a part of the path is no folder", "Check the path"),
    errno.EEXIST: ("something else has this name", "Move it away, or choose another place"),
    errno.EISDIR: ("it is a folder, not a file", "Check the path"),
    errno.ENAMETOOLONG: ("the name is too long", "Choose a shorter one"),
    errno.ELOOP: ("its links lead round in a circle", "Mend them, or choose another place"),
    errno.EMFILE: (
        "this process has as many files open as it may",
        "Raise the limit (ulimit -n 1024), or use fewer --workers",
    ),
    errno.ENFILE: ("the system has as many files open as it can", "Run again when it has fewer"),
    errno.EIO: ("the device reports an error", "Check the disk, or choose another place"),
    errno.ESTALE: ("the network file system has lost it", "Run the same command again"),
}
_REMEDY = "Mend that, or choose another place"

_UNUSABLE = ("embedded null", "Symlink loop")
"""How messages of Python about a path begin that are no OSError."""

_UNABLE_TO_MAP = ("failed to map segment", "cannot allocate memory", "can't start new thread")
_UNABLE_TO_START = ("failed to launch worker thread", "resource temporarily unavailable")
_MEMORY = (*_UNABLE_TO_MAP, *_UNABLE_TO_START, "memory allocation")
"""Parts of the messages of libraries that got no memory, or no thread, which needs some."""


def in_our_words(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """Decorates a public function: errors of others leave it as errors of prefdata.

    What is left as it is would be a fault of prefdata.
    """

    @wraps(function)
    def called(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
        try:
            return function(*args, **kwargs)
        except PrefdataError as error:
            error.function = function.__name__
            raise
        except BrokenPipeError:  # of a pipe to a pager that was closed
            raise
        except Exception as error:
            if (ours := our_error_for(error)) is None:
                raise
            _clean(error)
            ours.function = function.__name__
            raise ours from error

    return called


def our_error_for(error: BaseException) -> PrefdataError | None:
    """The error of prefdata that says what this error of others means; None if it is a fault."""
    if _is_for_lack_of_memory(error):
        return RunError(_out_of_memory(error))
    if isinstance(error, UnicodeEncodeError) and error.reason == "surrogates not allowed":
        return UsageError(not_text(str(error.object)))
    if isinstance(error, ValueError | RuntimeError) and str(error).startswith(_UNUSABLE):
        return UsageError(f"a path cannot be used ({error}). Check it.")
    if isinstance(error, OSError):
        name = f"{printable(os.fsdecode(error.filename)):.300}: " if _has_name(error) else ""
        cause, remedy = cause_and_remedy(error)
        return OutputError(f"{name}{cause}. {remedy}, and run the same command again.")
    return None


def cause_and_remedy(error: OSError) -> tuple[str, str]:
    """What an error of the system means, and what to do; neither ends with a full stop."""
    words = (error.strerror or str(error)).rstrip(".")
    return _CAUSES.get(error.errno or 0, (words, _REMEDY))


def refuse_unless_text(path: Path) -> None:
    """Raises UsageError if a path is not UTF-8 text."""
    if not is_text(path):
        raise UsageError(not_text(str(path)))


def is_text(path: Path) -> bool:
    """Whether a path is UTF-8 text, which libraries need that are not written in Python."""
    try:
        str(path).encode()
    except UnicodeEncodeError:
        return False
    return True


def not_text(name: str) -> str:
    """The message about a file name that is not UTF-8."""
    return (
        f"{printable(name)}: this name is not UTF-8 text, and the libraries that read and write "
        "Arrow and Parquet cannot use it. Rename it (convmv does it for whole folders)."
    )


def printable(name: str) -> str:
    r"""A file name as text, whatever the locale: read as UTF-8, with other bytes spelled out.

    >>> printable("a\udcff.jsonl")
    'a\\xff.jsonl'
    """
    try:
        content = os.fsencode(name)
    except UnicodeEncodeError:  # it is no name of a file, or not of this locale
        content = name.encode("utf-8", "backslashreplace")
    return content.decode("utf-8", "backslashreplace")


def _clean(error: BaseException) -> None:
    """Removes credentials from an error of others, which a traceback shows above that of ours."""
    for each in _chain(error):
        each.args = tuple(
            text_without_credentials(arg) if isinstance(arg, str) else arg for arg in each.args
        )


def _has_name(error: OSError) -> bool:
    return isinstance(error.filename, str | bytes)


def _is_for_lack_of_memory(error: BaseException) -> bool:
    """Whether it, or what it comes from, says so; under a limit, anything odd is taken for it."""
    return any(_says_no_memory(each) for each in _chain(error)) or (
        memory_limit() is not None and not isinstance(error, OSError | UnicodeError)
    )


def _says_no_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM:
        return True
    if isinstance(error, OSError) and (error.errno is not None or memory_limit() is None):
        return False
    return isinstance(error, OSError) or any(part in str(error).lower() for part in _MEMORY)


def _out_of_memory(error: BaseException) -> str:
    limit = memory_limit()
    least = "" if limit is None else f", of which this process may have {limit >> 20:,} MB"
    words = f"{type(error).__name__}: {' '.join(str(error).split())}".rstrip(":. ")
    return (
        f"memory ran out{least} ({words:.200}). Use fewer --workers, or raise the limit "
        "(ulimit -v, or that of the container), and run the same command again: it resumes."
    )


def memory_limit() -> int | None:
    """Bytes of address space that this process may have; None where nothing limits them."""
    with suppress(ImportError):  # not on Windows
        import resource

        limit, _ = resource.getrlimit(resource.RLIMIT_AS)
        return None if limit == resource.RLIM_INFINITY else limit
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__
