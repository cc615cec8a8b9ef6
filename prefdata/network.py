"""Checks whether the Hugging Face Hub can be reached, before a download would wait for it."""

from __future__ import annotations

REACH_SECONDS = 5.0
"""Timeout of the check in seconds; without it the clients of the Hub retry for a minute."""


def hub_answers() -> bool:
    """Whether the Hub answers at all, with any status; uses the proxy settings of downloads."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=REACH_SECONDS)
    except Exception:  # noqa: BLE001 - requests or httpx, whichever huggingface_hub is built on
        return False
    return True
