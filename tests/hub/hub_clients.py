"""Clients of the loopback Hub: their tokens, and what they read before they are imported."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hub_access import Account

WRITER, READER, OTHER = "hf_adaMayWriteHere00", "hf_adaMayOnlyRead000", "hf_bobWritesElsewhere"
TOKENS = {
    WRITER: Account("ada", "write", ("lab",)),
    READER: Account("ada", "read", ("lab",)),
    OTHER: Account("bob", "write"),
}
Client = Callable[..., Any]
"""Runs a script with the real clients; what it leaves in `out` comes back."""


def client_environment(url: str, home: Path, token: str | None) -> Mapping[str, str]:
    """What the clients of a Hub read before they are imported; no token of this machine."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("HF_", "HUGGING"))
    }
    token_there = {} if token is None else {"HF_TOKEN": token}
    return (
        kept
        | token_there
        | {
            "HF_ENDPOINT": url,
            "HF_HOME": str(home),
            "HF_HUB_DISABLE_XET": "1",
            "HF_HUB_DISABLE_TELEMETRY": "1",
            "HF_HUB_DISABLE_PROGRESS_BARS": "1",
            "NO_PROXY": "127.0.0.1",
            "OMP_NUM_THREADS": "1",
        }
    )
