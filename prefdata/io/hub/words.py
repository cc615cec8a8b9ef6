"""Cleaning messages of services for display and logs: no secrets, no noise."""

from __future__ import annotations

import re

_LONGEST = 600
_ADDRESS = re.compile(r"(?P<start>https?://)(?:[^\s/@'\"]*@)?(?P<address>[^\s?#'\"]*)[^\s'\"]*")


def clean_message(text: str) -> str:
    """A message as one line without the token, query strings of addresses (signatures) and control
    characters, since a server may be malicious.

    >>> clean_message("403 for https://s3.example/object?X-Signature=abc.")
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
