"""What a model is shown of a message besides its content: tool calls, reasoning, a name."""

from __future__ import annotations

import msgspec

_SHOWN = (
    *("tool_calls", "function_call", "name", "content_blocks"),
    *("reasoning_content", "reasoning", "thinking"),
)
_SUSPECTS = tuple(f'"{name}"' for name in _SHOWN)

_encode = msgspec.json.Encoder(order="deterministic").encode


def shown_of(extra: str | None) -> str:
    """The fields of a message's `extra` that a model is shown, as canonical JSON; "" for none.

    Ids of tool calls are arbitrary, and left out.

    >>> shown_of('{"id": 7, "tool_calls": [{"id": "c", "function": {"name": "search"}}]}')
    '{"tool_calls":[{"function":{"name":"search"}}]}'
    """
    if extra is None or not any(name in extra for name in _SUSPECTS):
        return ""
    fields = msgspec.json.decode(extra)
    shown = {name: fields[name] for name in _SHOWN if name in fields}
    if isinstance(calls := shown.get("tool_calls"), list):
        shown["tool_calls"] = [_without_id(call) for call in calls]
    return _encode(shown).decode() if shown else ""


def _without_id(call: object) -> object:
    if not isinstance(call, dict):
        return call
    return {name: value for name, value in call.items() if name != "id"}
