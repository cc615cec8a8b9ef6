"""The connections that requests are on: so that a run that ends need not wait for their answers."""

from __future__ import annotations

import socket
import threading
import weakref
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

_MADE = (".connect_tcp.complete", ".start_tls.complete")
_open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
_lock = threading.Lock()


def noted(event: str, told: Mapping[str, Any]) -> None:
    """What the HTTP library tells of a request (its `trace` extension): keeps new connections."""
    if event.endswith(_MADE):
        made = told["return_value"].get_extra_info("socket")
        if isinstance(made, socket.socket):
            with _lock:
                _open.add(made)


def cut_connections() -> None:
    """Ends them, so that whoever reads from one or writes to one in another thread gets an error.

    Closing would not do: a thread that waits for bytes goes on waiting for them.
    """
    with _lock:
        kept = tuple(_open)
    for one in kept:
        with suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
