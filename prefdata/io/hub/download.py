"""Streaming files from the Hub without storing them, with resumption of cut connections."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any
from urllib.parse import quote

from prefdata.errors import IntegrityError
from prefdata.io.hub.dataset import Hub
from prefdata.io.hub.listing import differences, listing
from prefdata.io.hub.session import Unanswered
from prefdata.io.targets.retry import Transient
from prefdata.io.targets.target import Changes, LocalFile, Progress, RemoteFile
from prefdata.network import http_library

READ_BACK = "read back"
_SHOWN = 10


def content(hub: Hub, file: RemoteFile, commit: str) -> bytes:
    """The content of a small file. Raises IntegrityError if it differs from the listing."""
    data = b"".join(blocks(hub, file.path, file.bytes, commit))
    git_sha1 = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    if file.sha256 in (None, hashlib.sha256(data).hexdigest()) and file.git_sha1 in (
        None,
        git_sha1,
    ):
        return data
    raise IntegrityError(
        f"{file.path} of {hub.repo_id}, as the Hub hands it out, is not what its checksum says. "
        "Nothing was changed. Try again later; if it stays so, ask the Hub's support."
    )


def read_back(
    hub: Hub, changes: Changes, commit: str, known: Collection[str] | None, progress: Progress
) -> int:
    """Compares the whole listing of a commit, and the bytes of all files that were sent.

    `known`: all paths that the commit should hold, if known. Returns the number of files compared.
    Raises IntegrityError with the paths that differ.
    """
    wrong = differences(listing(hub, commit), (*changes.send, *changes.same), changes.delete, known)
    if not wrong:
        wrong = _different_bytes(hub, changes.send, commit, progress)
    if wrong:
        more = f", and {len(wrong) - _SHOWN:,} more" if len(wrong) > _SHOWN else ""
        raise IntegrityError(
            f"what {hub.repo_id} holds at {commit} is not what was sent: "
            f"{', '.join(wrong[:_SHOWN])}{more}. Do not use it. Push again: what differs is sent "
            "anew; if it stays so, ask the Hub's support."
        )
    return len(changes.send) + len(changes.same)


def _different_bytes(
    hub: Hub, files: Sequence[LocalFile], commit: str, progress: Progress
) -> list[str]:
    total, done = sum(file.bytes for file in files), 0
    wrong: list[str] = []
    progress(READ_BACK, done, total)

    def count(outcome: tuple[LocalFile, bool]) -> None:
        nonlocal done
        file, is_same = outcome
        done += file.bytes
        progress(READ_BACK, done, total)
        if not is_same:
            wrong.append(f"{file.path} has other bytes than its checksum says")

    calls: list[Callable[[Hub], tuple[LocalFile, bool]]] = [
        partial(_compared, file, commit) for file in files
    ]
    hub.all_at_once(calls, count)
    return sorted(wrong)


def _compared(file: LocalFile, commit: str, hub: Hub) -> tuple[LocalFile, bool]:
    digest = hashlib.sha256()
    for block in blocks(hub, file.path, file.bytes, commit):
        digest.update(block)
    return file, digest.hexdigest() == file.sha256


def blocks(hub: Hub, path: str, size: int, commit: str) -> Iterator[bytes]:
    """The content of a file in pieces; stops after `size` bytes and one piece, so that a comparison
    detects surplus bytes.

    A cut stream is resumed where it stopped: at once if it has progressed, otherwise after a wait.
    """
    url = f"{hub.endpoint}/datasets/{hub.repo_id}/resolve/{commit}/{quote(path)}"
    done = 0
    while done < size:
        stream = hub.ask(f"Reading {path} back", partial(_Stream, hub, url, done))
        try:
            for piece in stream:
                done += len(piece)
                yield piece
                if done > size:
                    return
        finally:
            stream.close()
        if not stream.was_cut:
            return


class _Stream:
    """One response, whose first piece has arrived. Raw bytes: decompression could fill memory."""

    def __init__(self, hub: Hub, url: str, start: int) -> None:
        self.was_cut = False
        self._response = _asked(hub, url, start)
        try:
            self._pieces = _from(self._response, start)
            self._first = next(self._pieces, b"")
        except BaseException:
            self.close()
            raise

    def __iter__(self) -> Iterator[bytes]:
        yield self._first
        try:
            yield from self._pieces
        except http_library().TransportError:
            self.was_cut = True

    def close(self) -> None:
        if self._response is not None:
            self._response.close()


def _asked(hub: Hub, url: str, start: int) -> Any:
    """The response for a file from offset `start`; None if the file ends before it."""
    from huggingface_hub import get_session
    from huggingface_hub.utils import hf_raise_for_status

    part = {"Range": f"bytes={start}-"} if start else {}
    headers = {**hub.headers, "Accept-Encoding": "identity", **part}
    client = get_session()
    response = client.send(client.build_request("GET", url, headers=headers), stream=True)
    if start and response.status_code == 416:
        response.close()
        return None
    try:
        hf_raise_for_status(response)
    except BaseException:
        response.close()
        raise
    return response


def _from(response: Any, start: int) -> Iterator[bytes]:
    if response is None:
        return
    to_skip = start
    if start and response.status_code == 206:
        part = response.headers.get("Content-Range", "")
        if not part.startswith(f"bytes {start}-"):
            raise Unanswered(Transient("another part of the file came than was asked for"))
        to_skip = 0
    for piece in response.iter_raw():
        kept = piece[to_skip:]
        to_skip -= min(to_skip, len(piece))
        if kept:
            yield kept
