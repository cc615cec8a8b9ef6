"""Why a record cannot be written in one of the formats of `exports`; None if it can.

A record can be written if its owner reads the row as the same prompt and completions.
"""

from __future__ import annotations

from prefdata.dialects.messages import written_messages
from prefdata.records.record import ASSISTANT, SYSTEM, TOOL, USER, Message, Record

_ROLES = (SYSTEM, USER, ASSISTANT, TOOL)


def why_not_lists(record: Record) -> str | None:
    """kto, nemo-rl: lists of messages on all sides."""
    for name, side in (("prompt", record.prompt), *_completions(record)):
        if not side:
            return f"its {name} has no message"
    return None


def why_not_kto(record: Record) -> str | None:
    """A pair of equal sides would be a completion that is both accepted and not."""
    if record.chosen == record.rejected:
        return "its completions are the same, so one would be labelled true and false"
    return why_not_lists(record)


def why_not_openai(record: Record) -> str | None:
    """One assistant message on each side."""
    if not record.prompt:
        return "its prompt has no message"
    return _why_not_single(record, "OpenAI reads exactly one") or _why_not_roles(record)


def why_not_axolotl(record: Record) -> str | None:
    """One assistant message on each side, and nothing but role and content anywhere."""
    if not record.prompt:
        return "its prompt has no message"
    return (
        _why_not_single(record, "axolotl reads exactly one")
        or _why_not_roles(record)
        or _why_not_plain(record, "axolotl reads nothing but role and content")
    )


def why_not_swift(record: Record) -> str | None:
    """A conversation that the user speaks last in, and one plain assistant message each."""
    why = (
        _why_not_single(record, "ms-swift's rejected_response is exactly one")
        or _why_not_roles(record)
        or _why_not_plain(record, "ms-swift's messages have nothing but role and content")
    )
    if why is not None:
        return why
    if not record.prompt or record.prompt[-1].role not in (USER, TOOL):
        return "its prompt does not end with a user or tool message"
    return _why_like_json(record.rejected[0], "rejected")


def why_not_ultrafeedback(record: Record) -> str | None:
    """A prompt of one user message, and one assistant message on each side."""
    if len(record.prompt) != 1 or record.prompt[0].role != USER:
        return "its prompt is not one user message, which a plain text stands for"
    return (
        _why_not_single(record, "UltraFeedback's conversations end with exactly one")
        or _why_not_plain(record, "UltraFeedback's messages have nothing but role and content")
        or _why_like_json(record.prompt[0], "prompt")
    )


def _why_not_single(record: Record, owner: str) -> str | None:
    for name, side in _completions(record):
        if len(side) != 1:
            return f"its {name} has {len(side)} messages; {owner}"
        if side[0].role != ASSISTANT:
            return f"its {name} is a message of the role {side[0].role}, not {ASSISTANT}"
    return None


def _why_not_roles(record: Record) -> str | None:
    for message in record.prompt:
        if message.role not in _ROLES:
            return f"its prompt has a message of the role {message.role}, not {', '.join(_ROLES)}"
    return None


def _why_not_plain(record: Record, owner: str) -> str | None:
    for message in (*record.prompt, *record.chosen, *record.rejected):
        if message.extra is not None or message.content is None:
            return f"a message carries tool calls or other fields; {owner}"
    return None


def _why_like_json(message: Message, name: str) -> str | None:
    if message.content is not None and written_messages(message.content, name) is not None:
        return f"its {name} is a text that looks like messages in JSON, and is read as such"
    return None


def _completions(record: Record) -> tuple[tuple[str, tuple[Message, ...]], ...]:
    return ("chosen", record.chosen), ("rejected", record.rejected)
