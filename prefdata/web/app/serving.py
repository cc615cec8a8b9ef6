"""A server in this process: it listens, says where, and ends in order when it is told to."""

from __future__ import annotations

import errno
import socket
from collections.abc import Callable

import uvicorn
from starlette.types import ASGIApp

from prefdata.errors import OutputError, UsageError

FINISHING_SECONDS = 3
"""Seconds that requests in hand may take when the server is told to end: the watcher waits five."""

_CONNECTIONS = 800
"""Connections at once, which are fewer than the files that a process may usually have open."""

_WAITING = 256
"""Connections that wait until they are taken."""


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; port 0 is any that is free.

    Raises:
        UsageError: the host is none of this machine, or its port may not be used.
        OutputError: another program uses the port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Connections inherit the protocol, and only where it is named does asyncio set TCP_NODELAY.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen(_WAITING)
    except (OSError, OverflowError, UnicodeError) as error:
        listening.close()
        where = f"{host}, port {port}"
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise OutputError(
                f"{where} is used by another program: choose another --port, or 0 for any"
            ) from None
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"cannot listen at {where}: {reason}. --host is a name or an address of this machine, "
            "such as 127.0.0.1, and --port from 1024 to 65535, or 0 for any"
        ) from None
    return listening


def run(
    app: ASGIApp, listening: socket.socket, *, proxied: bool, ready: Callable[[], None]
) -> None:
    """Serves until SIGINT or SIGTERM; requests in hand are finished first.

    The signal is then raised again, as the handler that was there before handles it.

    Args:
        app: What is served.
        listening: Where; closed at the end.
        proxied: Believe what a proxy on this machine says of its clients.
        ready: Called when whoever connects is served.
    """
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=proxied,
        forwarded_allow_ips=["127.0.0.1", "::1"],
        timeout_keep_alive=75,
        timeout_graceful_shutdown=FINISHING_SECONDS,
        limit_concurrency=_CONNECTIONS,
        backlog=_WAITING,
    )
    ready()
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        listening.close()
