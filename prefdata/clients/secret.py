"""The key of a server: it goes into a header, and nowhere else."""

from __future__ import annotations

import os
from contextlib import suppress

import msgspec

from prefdata.errors import UsageError
from prefdata.records.chat import ChatAnswer

_LEAST_SECRET = 12
"""Characters of a key below which it is no secret but a placeholder, such as EMPTY or none."""

_encode = msgspec.json.Encoder().encode


class Secret:
    """A key whose text no repr, and thus no traceback and no log, can show."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return "Secret(***)"

    __str__ = __repr__

    def __reduce__(self) -> str:
        raise TypeError("a key is not written anywhere")

    def header(self) -> dict[str, str]:
        """The header that carries it; none for an empty key."""
        return {"Authorization": f"Bearer {self._text}"} if self._text else {}

    def hidden(self, text: str) -> str:
        """A text of a server, without the key if it says the key."""
        if len(self._text) < _LEAST_SECRET or self._text not in text:
            return text
        return text.replace(self._text, "***")

    def hidden_bytes(self, content: bytes) -> bytes:
        """The body of an answer without the key, were it spelled in escapes of JSON."""
        if len(self._text) < _LEAST_SECRET:
            return content
        with suppress(ValueError, RecursionError):  # no JSON: its letters stand for themselves
            content = msgspec.json.encode(msgspec.json.decode(content))
        return content.replace(self._text.encode(), b"***")

    def without(self, answer: ChatAnswer) -> ChatAnswer:
        """An answer without the key in any of its texts; the very same if there is none."""
        if len(self._text) < _LEAST_SECRET or self._text.encode() not in _encode(answer):
            return answer
        content = _encode(answer).replace(self._text.encode(), b"***")
        return msgspec.json.decode(content, type=ChatAnswer)


def secret_from(name: str) -> Secret:
    """The key in an environment variable; an empty one if it is unset. Raises UsageError."""
    text = os.environ.get(name, "").strip()
    if not text.isascii() or not text.isprintable() or " " in text:
        raise UsageError(
            f"the key in {name} holds signs that no key has (spaces, line ends, or others than "
            "ASCII). Set it again."
        )
    return Secret(text)
