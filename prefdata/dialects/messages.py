"""Messages of every make, made alike.

Roles: human, user, prompter -> user; gpt, assistant, model, bot, chatgpt -> assistant; system,
developer -> system; tool, function, observation -> tool; case does not matter. ShareGPT's
`function_call` becomes an assistant message whose only speech is a tool call.

Content that is a list of text blocks is joined with nothing in between, as chat templates print
it; blocks of any other type are refused. Every other field of a message is kept in `extra`; null
fields, which Arrow adds to messages that never had them, are not.
"""

from __future__ import annotations

from prefdata.dialects.values import decoded, described, encoded_object
from prefdata.errors import RowFault
from prefdata.records.record import ASSISTANT, SYSTEM, TOOL, USER, Message

Messages = tuple[Message, ...]

FUNCTION_CALL = "function_call"
_ALIASES = {
    USER: ("user", "human", "prompter"),
    ASSISTANT: ("assistant", "gpt", "model", "bot", "chatgpt", FUNCTION_CALL),
    SYSTEM: ("system", "developer"),
    TOOL: ("tool", "function", "observation"),
}
_ROLE_OF = {alias: role for role, aliases in _ALIASES.items() for alias in aliases}
_SPEECH = ("tool_calls", FUNCTION_CALL)
"""Fields that a message may speak through instead of content."""


def messages(value: object, name: str) -> Messages:
    """A list of message objects as messages; raises RowFault."""
    if not isinstance(value, list):
        raise RowFault("wrong-type", f"{name} is {described(value)}, not a list of messages")
    if not value:
        raise RowFault("empty-conversation", f"{name} is an empty list of messages")
    return tuple([message(item, name) for item in value])


def message(item: object, name: str) -> Message:
    """One message object as a message; raises RowFault."""
    if not isinstance(item, dict):
        raise RowFault("wrong-type", f"{name} holds {described(item)} where a message belongs")
    said, content = item.get("role"), item.get("content")
    if said is None:
        said = item.get("from")
    if content is None:
        content = item.get("value")
    if isinstance(said, str) and said not in _ROLE_OF:
        said = said.strip().casefold()
    role = _ROLE_OF.get(said) if isinstance(said, str) else None
    if role is None:
        raise _no_role(said, name)
    if len(item) == 2 and type(content) is str and said != FUNCTION_CALL:
        return Message(role, content)
    return _unusual(item, role, said, content, name)


def _no_role(said: object, name: str) -> RowFault:
    if said is None:
        return RowFault("missing-field", f"a message of {name} has no role")
    known = ", ".join(_ROLE_OF)
    return RowFault("unknown-role", f"{name} has the role {described(said)}; known: {known}")


def _unusual(
    item: dict[str, object], role: str, said: object, content: object, name: str
) -> Message:
    read = (
        "from" if item.get("role") is None else "role",
        "value" if item.get("content") is None else "content",
    )
    extra = {key: value for key, value in item.items() if key not in read and value is not None}
    if said == FUNCTION_CALL:
        extra["tool_calls"], content = _calls(content, name), None
    elif content is None:
        if not any(key in extra for key in _SPEECH):
            raise RowFault("missing-field", f"a message of {name} has no content")
    elif isinstance(content, list):
        content = _joined(content, extra, name)
    elif not isinstance(content, str):
        raise RowFault("wrong-type", f"a content of {name} is {described(content)}, not text")
    return Message(role, content, encoded_object(extra) if extra else None)


def _joined(blocks: list[object], extra: dict[str, object], name: str) -> str:
    """The text of blocks; those that carry more than text are kept whole in `extra` too."""
    if not blocks:
        raise RowFault("wrong-type", f"a content of {name} is an empty list, not text")
    joined = "".join([_block_text(block, name) for block in blocks])
    if any(v is not None and k not in ("type", "text") for b in blocks for k, v in _items(b)):
        extra["content_blocks"] = blocks
    return joined


def _items(block: object) -> list[tuple[str, object]]:
    return list(block.items()) if isinstance(block, dict) else []


def _block_text(block: object, name: str) -> str:
    if not isinstance(block, dict):
        raise RowFault("wrong-type", f"a content of {name} lists {described(block)}, not blocks")
    kind = block.get("type", "text")
    if kind != "text":
        raise RowFault("unsupported-content", f"{name} holds a content block of type {kind!r:.40}")
    if not isinstance(block.get("text"), str):
        found = described(block.get("text"))
        raise RowFault("wrong-type", f"a text block of {name} holds {found}, not text")
    return str(block["text"])


def _calls(value: object, name: str) -> list[object]:
    """ShareGPT's {"name", "arguments"}, one or a list, as JSON text or as it is -> tool calls."""
    called = decoded(value, name) if isinstance(value, str) else value
    calls = called if isinstance(called, list) else [called]
    if not calls or not all(isinstance(call, dict) and "name" in call for call in calls):
        raise RowFault("wrong-type", f"a function_call of {name} is not an object with a name")
    return [{"type": "function", "function": call} for call in calls]


def looks_like_messages(text: str) -> bool:
    """Could this text be JSON of messages? It begins with [ or { and nothing else is looked at.

    False is certain; True means that `written_messages` has to look.
    """
    return text[:1] in ("[", "{")


def holds_messages(text: str) -> bool:
    """Is this text JSON of messages, or so nearly that its row has to be read with care?"""
    try:
        return looks_like_messages(text) and written_messages(text, "a text") is not None
    except RowFault:
        return True


def written_messages(text: str, name: str) -> list[object] | None:
    """The messages that a text writes down in JSON, or None where it is a text like any other.

    CSV has no other way to hold messages. A text counts only if all of it is a message object, or
    a list of them, each with a role (`role` or `from`) and a content (`content`, `value` or tool
    calls); an answer that merely contains JSON stays an answer.
    """
    if not looks_like_messages(text) or not ('"role"' in text or '"from"' in text):
        return None
    try:
        value = decoded(text, name)
    except RowFault as fault:
        if fault.reason == "lone-surrogate":
            raise
        return None
    found = value if isinstance(value, list) else [value]
    return found if found and all(is_message(item) for item in found) else None


def is_message(item: object) -> bool:
    """Is this an object with a role and something said?"""
    if not isinstance(item, dict) or not ("role" in item or "from" in item):
        return False
    return any(key in item for key in ("content", "value", *_SPEECH))
