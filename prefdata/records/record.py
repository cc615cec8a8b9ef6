"""The canonical record as a Python value, for code that works row by row."""

from __future__ import annotations

import msgspec

SYSTEM, USER, ASSISTANT, TOOL = "system", "user", "assistant", "tool"
ROLES = (SYSTEM, USER, ASSISTANT, TOOL)

NOTE = "prefdata"
"""The field of a record's metadata that tells how the pair was made of its judgements: `chosen` and
`rejected` hold what is known of each completion."""


class Message(msgspec.Struct, frozen=True, gc=False):
    """One message of a conversation.

    `content`: None only if the message consists of `extra`, for example an assistant turn with
    nothing but tool calls. `extra`: JSON text (an object) of all other fields of the message
    (`tool_calls`, `name`, ...), or None.
    """

    role: str
    content: str | None
    extra: str | None = None


class Record(msgspec.Struct, frozen=True, gc=False):
    """One preference pair: a prompt and two completions, as TRL's conversational explicit prompt.

    `margin`: how much better chosen is (None: unknown; 0.0: a tie). `metadata`: JSON text (an
    object) of all other fields of the row.
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
    """The contents of messages, joined with two newlines."""
    return "\n\n".join(message.content for message in messages if message.content)
