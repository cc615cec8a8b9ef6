"""Whether there is a network to fetch models from: asked once, briefly, before anything waits."""

from __future__ import annotations

REACH_SECONDS = 5.0
"""How long the Hub may take to answer before it is given up on; its clients try for a minute."""


def hub_answers() -> bool:
    """Whether the Hub says anything at all; goes through the proxy settings that downloads use."""
    from huggingface_hub import constants, get_session

    if constants.HF_HUB_OFFLINE:
        return False
    try:
        get_session().head(constants.ENDPOINT, timeout=REACH_SECONDS)
    except Exception:  # noqa: BLE001 - requests or httpx, whichever huggingface_hub is built on
        return False
    return True
