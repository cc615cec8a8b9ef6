"""Files of requests and of their results, as hosted batch services and `vllm run-batch` take them.

A line is a request: `custom_id`, `method`, `url`, `body`; or a result: `custom_id`, `response` with
`status_code` and `body`, `error`. The id names the request and the numbers that it asks for, so a
result finds its place whatever file it stands in, and in whatever order.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from prefdata.clients.completions import Completions, body_of, read_completions, with_usage
from prefdata.clients.trouble import Trouble, complaint_of, trouble_of, trouble_with
from prefdata.errors import SourceError
from prefdata.records.chat import Asked, ChatAnswer, ChatFailure, Reply

URL = "/v1/chat/completions"

_ID = re.compile(r"([A-Za-z0-9_-]{43})-(\d{1,6})-(\d{1,4})")
_DONE, _CREATED = 200, 201


class _Response(msgspec.Struct, gc=False):
    body: msgspec.Raw = msgspec.Raw(b"null")
    status_code: int | None = None


class _Line(msgspec.Struct, gc=False):
    custom_id: str
    response: _Response | None = None
    error: msgspec.Raw = msgspec.Raw(b"null")


_line = msgspec.json.Decoder(_Line).decode


@dataclass(frozen=True)
class BatchResult:
    """A line of results: a reply for each completion that it holds.

    `fault`: why the line says nothing of any request of ours. `short`: completions that were asked
    for and did not come: they are still missing.
    """

    line: int
    replies: tuple[Reply, ...] = ()
    fault: str | None = None
    short: int = 0


def custom_id(key: str, first: int, count: int) -> str:
    """The id of a line, at most 55 characters.

    >>> custom_id("00" * 32, 0, 4)
    'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA-0-4'
    """
    digest = base64.urlsafe_b64encode(bytes.fromhex(key)).decode().rstrip("=")
    return f"{digest}-{first}-{count}"


def named_by(name: str) -> tuple[str, int, int] | None:
    """Key, first number and count of an id; None if it is none of ours.

    >>> named_by(custom_id("ab" * 32, 2, 3)) == ("ab" * 32, 2, 3), named_by("request-1")
    (True, None)
    """
    match = _ID.fullmatch(name)
    if match is None:
        return None
    key = base64.urlsafe_b64decode(match[1] + "=").hex()
    first, count = int(match[2]), int(match[3])
    return (key, first, count) if custom_id(key, first, count) == name and count else None


def write_requests(file: IO[bytes], asked: Iterable[Asked], *, is_native: bool) -> int:
    """Writes a line for each group of completions that can be asked for at once; returns how many.

    `is_native`: the server gives several at once.
    """
    lines = 0
    for each in asked:
        for numbers in each.groups(is_native=is_native):
            body = msgspec.Raw(body_of(each.request, numbers[0], len(numbers)))
            line = {
                "custom_id": custom_id(each.key, numbers[0], len(numbers)),
                "method": "POST",
                "url": URL,
                "body": body,
            }
            file.write(msgspec.json.encode(line) + b"\n")
            lines += 1
    return lines


def read_results(path: Path, *, most_bytes: int) -> Iterator[BatchResult]:
    """What each line of a file of results says; a line may have `most_bytes`.

    Raises SourceError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            for number, line in enumerate(_lines(file, most_bytes), start=1):
                if line is None:
                    yield BatchResult(number, fault="longer than a line may be")
                elif line.strip():
                    yield _result(number, line)
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror or error})") from error


def _lines(file: IO[bytes], most: int) -> Iterator[bytes | None]:
    """The lines of a file; None for one that is too long, which is passed over in parts."""
    while line := file.readline(most + 1):
        if len(line) <= most:
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(most + 1)
        yield None


def _result(number: int, content: bytes) -> BatchResult:
    try:
        line = _line(content)
    except (ValueError, RecursionError) as error:
        return BatchResult(number, fault=f"is no line of results ({str(error)[:120]})")
    named = named_by(line.custom_id)
    if named is None:
        return BatchResult(number, fault="has a custom_id that is none of prefdata's")
    key, first, count = named
    came = _came(line)
    if isinstance(came, Trouble):
        failure = ChatFailure(came.reason, came.said)
        return BatchResult(number, tuple(Reply(key, first + k, failure) for k in range(count)))
    outcomes: list[ChatAnswer | ChatFailure] = came.outcomes[:count]
    with_usage(outcomes, came.usage)
    replies = tuple(Reply(key, first + k, outcome) for k, outcome in enumerate(outcomes))
    return BatchResult(number, replies, short=count - len(replies))


def _came(line: _Line) -> Completions | Trouble:
    response, status = line.response, line.response.status_code if line.response else None
    if response is None:  # it never got as far as the server, or the batch ended before
        complaint = complaint_of(bytes(line.error))
        return trouble_with(complaint.status or 500, complaint)
    if status in (None, _DONE, _CREATED):
        return read_completions(bytes(response.body))
    return trouble_of(status or 500, bytes(response.body))
