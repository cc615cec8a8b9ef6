"""What a service says, made fit for a person's screen and for logs: no secrets, no noise."""

from __future__ import annotations

import re

_LONGEST = 600
_ADDRESS = re.compile(r"(?P<start>https?://)(?:[^\s/@'\"]*@)?(?P<address>[^\s?#'\"]*)[^\s'\"]*")


def cleaned(text: str) -> str:
    """One line without the token, without what is after `?` of addresses (signatures), and
    without control characters: what a server says may be meant to harm.

    >>> cleaned("403 for https://s3.example/object?X-Signature=abc.")
    '403 for https://s3.example/object'
    """
    bare = _ADDRESS.sub(r"\g<start>\g<address>", _without_token(text))
    shown = "".join(char if char.isprintable() else " " for char in bare)
    line = " ".join(shown.split())
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"


def _without_token(text: str) -> str:
    from huggingface_hub import get_token

    token = get_token()
    return text.replace(token, "<token>") if token else text
