"""The canonical record as one Python value, for code that works row by row."""

from __future__ import annotations

import msgspec

SYSTEM, USER, ASSISTANT, TOOL = "system", "user", "assistant", "tool"
ROLES = (SYSTEM, USER, ASSISTANT, TOOL)


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message of a conversation.

    `content` is None only where the message speaks through `extra`, for example an assistant
    turn that holds nothing but tool calls. `extra` is JSON text (an object) of every other field
    that the message carried (`tool_calls`, `name`, ...), or None.
    """

    role: str
    content: str | None
    extra: str | None = None


class Record(msgspec.Struct, frozen=True, gc=False):
    """One preference pair: a prompt and two completions, as TRL's conversational explicit prompt.

    `margin` is how much better chosen is (None: nobody said; 0.0: a tie). `metadata` is JSON text
    (an object) of all that the row carried besides.
    """

    prompt: tuple[Message, ...]
    chosen: tuple[Message, ...]
    rejected: tuple[Message, ...]
    margin: float | None = None
    metadata: str = "{}"


def user(text: str) -> Message:
    """A user message.

    >>> user("hi")
    Message(role='user', content='hi', extra=None)
    """
    return Message(USER, text)


def assistant(text: str) -> Message:
    """An assistant message."""
    return Message(ASSISTANT, text)


def system(text: str) -> Message:
    """A system message."""
    return Message(SYSTEM, text)


def text_of(messages: tuple[Message, ...]) -> str:
    """The contents of messages, one after another, two newlines between them."""
    return "\n\n".join(message.content for message in messages if message.content)
