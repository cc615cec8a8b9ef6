"""Standard input, output and errors as a command needs them: open, and able to show any text."""

from __future__ import annotations

import codecs
import os
import sys
from contextlib import suppress

_ASCII = "ascii-with-escapes"
"""ASCII by another name: click would write UTF-8 to a stream of that encoding, unasked."""


def prepare_streams() -> None:
    """Opens streams that were closed (`>&-`), and escapes what their encoding cannot hold."""
    _open_closed()
    codecs.register_error("prefdata-escapes", _escaped)
    codecs.register(_named)
    for stream in (sys.stdout, sys.stderr):
        encoding = codecs.lookup(stream.encoding).name
        own = _ASCII if encoding == "ascii" else encoding
        stream.reconfigure(encoding=own, errors="prefdata-escapes")  # type: ignore[union-attr]


def silence(descriptor: int) -> None:
    """Connects a stream to nothing, so that no later write to it, or flush at the end, can fail."""
    with suppress(OSError):
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, descriptor)
        os.close(nothing)


def _open_closed() -> None:
    # Otherwise the next file that is opened gets the number of a stream, and what a library writes
    # to its stderr ends up in that file.
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number
    if sys.stdin is None:
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8", closefd=False)  # noqa: SIM115


def _named(name: str) -> codecs.CodecInfo | None:
    if name.replace("_", "-") != _ASCII:
        return None
    ascii_ = codecs.lookup("ascii")
    return codecs.CodecInfo(
        name=_ASCII,
        encode=ascii_.encode,
        decode=ascii_.decode,
        incrementalencoder=ascii_.incrementalencoder,
        incrementaldecoder=ascii_.incrementaldecoder,
        streamreader=ascii_.streamreader,
        streamwriter=ascii_.streamwriter,
    )


def _escaped(error: UnicodeError) -> tuple[str, int]:
    r"""Escapes as JSON has them, so that a result with --json is JSON in any encoding.

    >>> "a\U0001f600\udcff".encode("ascii", "prefdata-escapes")  # doctest: +SKIP
    b'a\\ud83d\\ude00\\udcff'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    escapes = (f"\\u{units[n]:02x}{units[n + 1]:02x}" for n in range(0, len(units), 2))
    return "".join(escapes), error.end
