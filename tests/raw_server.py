"""A server on loopback that accepts connections, and says nothing or always the same bytes."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

LOGIN_PAGE = b"<!DOCTYPE html><html><title>Hotel: log in</title>\x1b[31m"


def answer(body: bytes, kind: str = "application/json") -> bytes:
    """A whole answer of HTTP that says that all is well."""
    head = f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"Connection: close\r\n\r\n" + body


@contextmanager
def raw_server(says: bytes = b"") -> Iterator[str]:
    """The address of a server that says this to every request; b"": nothing, for ever."""
    listening = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):
            while True:
                held.append(listening.accept()[0])
                if says:
                    held[-1].recv(1 << 16)
                    held[-1].sendall(says)
                    held[-1].close()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()
        thread.join(5)
        for one in held:
            one.close()


def nobody_there() -> str:
    """An address of this machine at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"
