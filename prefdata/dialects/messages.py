"""Normalising messages of all formats.

Roles: human, user, prompter, 用户 -> user; gpt, assistant, model, bot, ai, 助手 -> assistant;
system, developer, 系统 -> system; tool, function, observation, 工具 -> tool; and others of the
kind. Case is ignored. ShareGPT's `function_call` becomes an assistant message with a tool call and
no content.

A role and a text may go by other names: `from` and `value` (ShareGPT), `text`, `parts` (Gemini). A
list of messages may stand inside of an object with `messages`, beside the tools on offer.

Content that is a list of text blocks is concatenated, as chat templates do. A block of an image,
video or audio that names none itself, `{"type": "image"}`, stands for one that a field of the row
names, and is kept with the others in `extra`; blocks of any other kind are refused. Every other
field of a message is kept in `extra`, except null fields, which Arrow adds to messages that lack
them.
"""

from __future__ import annotations

from prefdata.dialects.conversations.python_repr import printed_messages
from prefdata.dialects.values import check_surrogates, decode_json, describe, encode_json_object
from prefdata.errors import RowFault
from prefdata.records.record import ASSISTANT, SYSTEM, TOOL, USER, Message

Messages = tuple[Message, ...]

FUNCTION_CALL = "function_call"
_ALIASES = {
    USER: (
        *("user", "human", "prompter", "customer", "usr", "questioner"),
        *("用户", "人类", "问", "提问", "提问者", "使用者", "客户"),
    ),
    ASSISTANT: (
        *("assistant", "gpt", "model", "bot", "chatgpt", "ai", "chatbot", "llm", "answerer"),
        *("ai assistant", "ai_assistant", "助手", "助理", "模型", "机器人", "答", "回答"),
        *("人工智能", "ai助手", "智能助手", FUNCTION_CALL),
    ),
    SYSTEM: ("system", "developer", "sys", "系统", "系统提示", "开发者"),
    TOOL: ("tool", "function", "observation", "tool_response", "ipython", "工具", "函数"),
}
_ROLE_OF = {alias: role for role, aliases in _ALIASES.items() for alias in aliases}
_MEDIA_BLOCKS = ("image", "video", "audio")
_PLAIN_BLOCK = ("type", "text", "value")
_CONTENTS = ("content", "value", "text", "parts")
_REQUEST = frozenset({"messages", "tools", "functions", "tool_choice", "parallel_tool_calls"})
"""Fields that an object around messages may have: with others it is a request of some program."""
_SPEECH = ("tool_calls", FUNCTION_CALL)
"""Fields that a message may have instead of content."""


def messages(value: object, name: str) -> Messages:
    """Converts a list of message objects; `name`: the field. Raises RowFault if invalid."""
    if not isinstance(value, list):
        raise RowFault("wrong-type", f"{name} is {describe(value)}, not a list of messages")
    if not value:
        raise RowFault("empty-conversation", f"{name} is an empty list of messages")
    return tuple([message(item, name) for item in value])


def message(item: object, name: str) -> Message:
    """Converts one message object; `name`: the field. Raises RowFault if invalid."""
    if not isinstance(item, dict):
        raise RowFault("wrong-type", f"{name} holds {describe(item)} where a message belongs")
    given_role, content = item.get("role"), item.get("content")
    if given_role is None:
        given_role = item.get("from")
    if content is None:
        content = item.get("value")
        if content is None:
            content = item.get("text", item.get("parts"))
    if isinstance(given_role, str) and given_role not in _ROLE_OF:
        given_role = given_role.strip().casefold()
    role = _ROLE_OF.get(given_role) if isinstance(given_role, str) else None
    if role is None:
        raise _no_role(given_role, name)
    if len(item) == 2 and type(content) is str and given_role != FUNCTION_CALL:
        return Message(role, content)
    return _unusual(item, role, given_role, content, name)


def _no_role(given_role: object, name: str) -> RowFault:
    if given_role is None:
        return RowFault("missing-field", f"a message of {name} has no role")
    known = ", ".join(_ALIASES)
    return RowFault(
        "unknown-role",
        f"{name} has the role {describe(given_role)}, which is none of {known}, nor another word "
        "for one of them",
    )


def _unusual(
    item: dict[str, object], role: str, given_role: object, content: object, name: str
) -> Message:
    read = ("from" if item.get("role") is None else "role", _content_name(item))
    extra = {key: value for key, value in item.items() if key not in read and value is not None}
    if given_role == FUNCTION_CALL:
        extra["tool_calls"], content = _calls(content, name), None
    elif content is None:
        if not any(key in extra for key in _SPEECH):
            raise RowFault("missing-field", f"a message of {name} has no content")
    elif isinstance(content, list):
        content = _joined(content, extra, name)
    elif not isinstance(content, str):
        raise RowFault("wrong-type", f"a content of {name} is {describe(content)}, not text")
    return Message(role, content, encode_json_object(extra) if extra else None)


def _content_name(item: dict[str, object]) -> str:
    """The field that holds the content of a message: Gemini's `parts` are blocks of text."""
    return next((name for name in _CONTENTS if item.get(name) is not None), "content")


def _joined(blocks: list[object], extra: dict[str, object], name: str) -> str:
    """The text of content blocks; if some have other fields, all blocks are also kept in
    `extra`."""
    if not blocks:
        raise RowFault("wrong-type", f"a content of {name} is an empty list, not text")
    joined = "".join([_block_text(block, name) for block in blocks])
    if any(_is_more_than_text(block) for block in blocks if isinstance(block, dict)):
        extra["content_blocks"] = blocks
    return joined


def _is_more_than_text(block: dict[str, object]) -> bool:
    has_others = any(v is not None and k not in _PLAIN_BLOCK for k, v in block.items())
    return has_others or block.get("type") in _MEDIA_BLOCKS


def _block_text(block: object, name: str) -> str:
    if not isinstance(block, dict):
        raise RowFault("wrong-type", f"a content of {name} lists {describe(block)}, not blocks")
    kind = block.get("type", "text")
    if kind in _MEDIA_BLOCKS and not any(
        block[key] for key in block if key not in ("type", "index")
    ):
        return ""
    if kind != "text":
        raise RowFault("unsupported-content", f"{name} holds a content block of type {kind!r:.40}")
    held = block.get("text")
    if held is None:
        held = block.get("value")
    if not isinstance(held, str):
        raise RowFault("wrong-type", f"a text block of {name} holds {describe(held)}, not text")
    return held


def _calls(value: object, name: str) -> list[object]:
    """Converts ShareGPT's {"name", "arguments"}, one or a list, or JSON text, to tool calls."""
    called = decode_json(value, name) if isinstance(value, str) else value
    calls = called if isinstance(called, list) else [called]
    if not calls or not all(isinstance(call, dict) and "name" in call for call in calls):
        raise RowFault("wrong-type", f"a function_call of {name} is not an object with a name")
    return [{"type": "function", "function": call} for call in calls]


def looks_like_messages(text: str) -> bool:
    """Whether a text may be JSON of messages, that is whether it begins with [ or {.

    False is certain; True means that `written_messages` has to parse it.
    """
    return text[:1] in ("[", "{")


def holds_messages(text: str) -> bool:
    """Whether a text is JSON of messages, or so similar that its row needs the careful reader."""
    try:
        return looks_like_messages(text) and written_messages(text, "a text") is not None
    except RowFault:
        return True


def written_messages(text: str, name: str) -> list[object] | None:
    """The messages in a JSON text, or in what Python or NumPy prints of them; None for an ordinary
    text.

    CSV can hold messages only in this way. The whole text must be a message object or a list of
    them, each with a role (`role` or `from`) and a content (`content`, `value` or tool calls); an
    answer that merely contains JSON is an ordinary text.
    """
    if not looks_like_messages(text):
        return None
    if '"role"' in text or '"from"' in text:
        try:
            return _listed(decode_json(text, name))
        except RowFault as fault:
            if fault.reason == "lone-surrogate":
                raise
    if "'role'" in text or "'from'" in text:
        printed = printed_messages(text, name)
        check_surrogates(printed, name)
        return _listed(printed)
    return None


def wrapped_messages(value: object) -> list[object] | None:
    """The messages inside of an object with `messages`, which may hold tools besides; None for
    anything else.

    >>> wrapped_messages({"messages": [{"role": "user", "content": "Hi"}], "tools": []})
    [{'role': 'user', 'content': 'Hi'}]
    """
    if not isinstance(value, dict) or not value.keys() <= _REQUEST:
        return None
    items = value.get("messages")
    return items if isinstance(items, list) else None


def messages_by_field(value: dict[str, object]) -> list[object] | None:
    """The messages in an object of lists, as `datasets` stores a list of objects; None for anything
    else.

    >>> messages_by_field({"role": ["user"], "content": ["Hi"]})
    [{'role': 'user', 'content': 'Hi'}]
    """
    roles = value.get("role", value.get("from"))
    if not isinstance(roles, list) or not roles:
        return None
    lists = {name: held for name, held in value.items() if held is not None}
    if not all(isinstance(held, list) and len(held) == len(roles) for held in lists.values()):
        return None
    columns = [held for held in lists.values() if isinstance(held, list)]
    return [dict(zip(lists, each, strict=True)) for each in zip(*columns, strict=True)]


def _listed(value: object) -> list[object] | None:
    wrapped = wrapped_messages(value)
    items = wrapped if wrapped is not None else value if isinstance(value, list) else [value]
    return items if items and all(is_message(item) for item in items) else None


def is_message(item: object) -> bool:
    """Whether a value is an object with a role and a content or tool calls. Other names of the
    content count with a known role only: `{"role": "cook", "text": ...}` may be anything."""
    if not isinstance(item, dict) or not ("role" in item or "from" in item):
        return False
    if any(key in item for key in ("content", "value", *_SPEECH)):
        return True
    role = item.get("role", item.get("from"))
    is_known = isinstance(role, str) and role.strip().casefold() in _ROLE_OF
    return is_known and any(key in item for key in _CONTENTS)
