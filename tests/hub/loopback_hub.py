"""A Hub on loopback: the protocol of the Hugging Face Hub for datasets, on one's own disk.

    python tests/hub/loopback_hub.py --root FOLDER --token NAME=owner:write

Its address is the first line that it prints. Clients take it from `HF_ENDPOINT`, together with
`HF_TOKEN` and `HF_HUB_DISABLE_XET=1`. SIGTERM ends it; what is on disk is there the next time.
"""

from __future__ import annotations

import argparse
import contextlib
import signal
import socket
import struct
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import hub_api
import hub_faults
from hub_access import Account, account_of
from hub_commit import Limits
from hub_errors import HubError
from hub_faults import Faults
from hub_log import Log, Seen
from hub_message import Answer, Request, refusal
from hub_objects import Storage, spoil
from hub_store import Store

_MOST = 1 << 30
"""Bytes of a request that are taken into memory."""


class Cut(Exception):  # noqa: N818 - no error: a test asked for it
    """The connection ends here."""


class LoopbackHub:
    """Two servers on 127.0.0.1, as the real one has two hosts: the Hub, and its storage."""

    def __init__(
        self,
        root: Path,
        tokens: Mapping[str, Account],
        *,
        limits: Limits | None = None,
        port: int = 0,
    ) -> None:
        self.log, self.faults = Log(), Faults()
        self.store = Store(root)
        self.hub = hub_api.Hub(self.store, Storage(self.store), dict(tokens), limits or Limits())
        self._servers = [_Server(self, "hub", port), _Server(self, "storage", 0)]
        self.hub.url, self.hub.storage.url = (server.url for server in self._servers)

    @property
    def url(self) -> str:
        return self.hub.url

    @property
    def limits(self) -> Limits:
        return self.hub.limits

    @limits.setter
    def limits(self, limits: Limits) -> None:
        self.hub.limits = limits

    def start(self) -> None:
        for server in self._servers:
            threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self) -> None:
        self.faults.clear()
        for server in self._servers:
            server.shutdown()
            server.server_close()

    def __enter__(self) -> LoopbackHub:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, owner: LoopbackHub, host: str, port: int) -> None:
        self.owner, self.host = owner, host
        super().__init__(("127.0.0.1", port), _Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away is nothing to tell of; all else is."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    """One connection: requests are read, faults strike, answers are written."""

    protocol_version = "HTTP/1.1"
    server_version = "loopback-hub"
    sys_version = ""
    wbufsize = -1
    disable_nagle_algorithm = True
    timeout = 120
    server: _Server

    def do_any(self) -> None:
        owner = self.server.owner
        target = urlsplit(self.path)
        query = parse_qs(target.query, keep_blank_values=True)
        shown = "&".join(p for p in target.query.split("&") if p and "signature=" not in p)
        self._seen = owner.log.add(
            Seen(
                self.server.host,
                self.command,
                target.path + (f"?{shown}" if shown else ""),
                "Authorization" in self.headers,
                self.headers.get("User-Agent", ""),
                changes=self._changes(target.path),
            )
        )
        self._left = self._chunked_left = 0
        self._is_chunked = "chunked" in self.headers.get("Transfer-Encoding", "")
        if not self._is_chunked:
            self._left = int(self.headers.get("Content-Length") or 0)
        fault = owner.faults.strike(self.command, self.path)
        self._seen.fault = type(fault).__name__ if fault else None
        try:
            self._before(fault)
            answer = self._answer(fault, target.path, query)
            self._after(fault, answer)
            self._write(answer, fault)
            self._seen.status = answer.status
        except Cut:
            self._reset()
        finally:
            self._seen.ended = time.monotonic()

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_any  # noqa: N815 - of the base class

    def _changes(self, path: str) -> bool:
        if self.server.host == "storage":
            return self.command == "PUT"
        found = hub_api.find(self.command, path)
        return found is not None and found[0].changes

    def _answer(
        self, fault: hub_faults.Fault | None, path: str, query: Mapping[str, list[str]]
    ) -> Answer:
        """Whatever is left of the body of a request is read, so that the next one is found."""
        try:
            if isinstance(fault, hub_faults.Status):
                self._drain()
                error = HubError(fault.status, "A fault that was asked for")
                refused = refusal(error)
                return Answer(fault.status, refused.content, {**refused.headers, **fault.headers})
            return self._asked(path, query)
        except HubError as error:
            self._drain()
            return refusal(error)

    def _asked(self, path: str, query: Mapping[str, list[str]]) -> Answer:
        owner = self.server.owner
        if self.server.host == "storage":
            request = Request(self.command, path, query, self.headers, b"")  # type: ignore[arg-type]
            if self.command == "PUT":
                return owner.hub.storage.put(request, self._read)
            return owner.hub.storage.get(request)
        body = self._body()
        account = account_of(self.headers.get("Authorization"), owner.hub.tokens)
        request = Request(self.command, path, query, self.headers, body, account)  # type: ignore[arg-type]
        return hub_api.answer(owner.hub, request)

    # faults

    def _before(self, fault: hub_faults.Fault | None) -> None:
        if isinstance(fault, hub_faults.Pause):
            fault.reached.set()
            fault.go.wait(fault.most)
        elif isinstance(fault, hub_faults.Slow):
            time.sleep(fault.seconds)
        elif isinstance(fault, hub_faults.CutBefore):
            raise Cut
        elif isinstance(fault, hub_faults.CutUpload):
            self._read(max(1, self._left // 2))
            raise Cut

    def _after(self, fault: hub_faults.Fault | None, answer: Answer) -> None:
        self._seen.stored = answer.stored
        if isinstance(fault, hub_faults.CutAfter):
            raise Cut
        if isinstance(fault, hub_faults.CorruptStored) and answer.stored:
            repository = "/".join(self._seen.path.split("/")[2:4])
            spoil(self.server.owner.store.get(repository).object(answer.stored))

    def _reset(self) -> None:
        """Ends the connection at once; the client sees a reset, not a good end."""
        self.close_connection = True
        with contextlib.suppress(OSError):
            linger = struct.pack("ii", 1, 0)
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self.connection.shutdown(socket.SHUT_RDWR)

    # bodies

    def _body(self) -> bytes:
        if self._left > _MOST:
            self.close_connection = True
            raise HubError(413, "Payload Too Large")
        pieces = []
        while piece := self._read(1 << 20):
            pieces.append(piece)
        return b"".join(pieces)

    def _drain(self) -> None:
        while self._read(1 << 20):
            pass

    def _read(self, most: int) -> bytes:
        """The next bytes of the body; a client that stops in the middle of it is cut."""
        if self._is_chunked and self._left == 0:
            self._next_chunk()
        wanted = min(most, self._left)
        if wanted == 0:
            return b""
        piece: bytes = self.rfile.read1(wanted)
        if not piece:
            raise Cut
        self._left -= len(piece)
        self._seen.received += len(piece)
        if self._is_chunked and self._left == 0:
            self.rfile.readline()
        return piece

    def _next_chunk(self) -> None:
        self._left = int(self.rfile.readline().split(b";")[0] or b"0", 16)
        if self._left == 0:
            self._is_chunked = False
            while self.rfile.readline().strip():
                pass

    # answers

    def _write(self, answer: Answer, fault: hub_faults.Fault | None) -> None:
        content = b"" if self.command == "HEAD" else answer.read()
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status != 204:
            self.send_header("Content-Length", str(answer.size))
        self.send_header("X-Request-Id", f"loopback-{id(self._seen):x}")
        self.end_headers()
        if isinstance(fault, hub_faults.Corrupt) and content:
            content = content[:-1] + bytes([content[-1] ^ 0xFF])
        if isinstance(fault, hub_faults.CutAnswer):
            content = content[: len(content) // 2]
        self.wfile.write(content)
        self.wfile.flush()
        self._seen.sent += len(content)
        if isinstance(fault, hub_faults.CutAnswer):
            raise Cut

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - of the base class
        """Silent: tests read `Log`."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description="A Hugging Face Hub for datasets on loopback.")
    parser.add_argument("--port", type=int, default=0, help="0: any that is free")
    parser.add_argument("--root", type=Path, required=True, help="folder of the repositories")
    parser.add_argument(
        "--token",
        action="append",
        default=[],
        metavar="NAME=OWNER:ROLE[:ORGANISATION,...]",
        help="a token, whose it is, and whether it may read or write",
    )
    asked = parser.parse_args(arguments)
    tokens = dict(one.split("=", 1) for one in asked.token)
    accounts = {name: Account.parse(text) for name, text in tokens.items()}
    ended = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: ended.set())
    with LoopbackHub(asked.root, accounts, port=asked.port) as hub:
        print(hub.url, flush=True)  # noqa: T201 - what it is started for
        ended.wait()


if __name__ == "__main__":
    main()
