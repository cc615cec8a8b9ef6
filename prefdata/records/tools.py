"""The tools that a row offers to its assistant."""

from __future__ import annotations

from typing import Any

import msgspec


def tools_of(metadata: str | None) -> list[Any] | None:
    """The tools that a row offers: a list, or JSON text of a list, under `tools` in its metadata.

    >>> tools_of('{"tools": "[{\\\\"name\\\\": \\\\"search\\\\"}]"}')
    [{'name': 'search'}]
    >>> tools_of('{"tools": "a hammer"}')
    """
    if not metadata or '"tools"' not in metadata:
        return None
    return parsed_tools(msgspec.json.decode(metadata).get("tools"))


def parsed_tools(tools: object) -> list[Any] | None:
    """The list of tools in the value of a field; None if it holds none."""
    if isinstance(tools, str):
        try:
            tools = msgspec.json.decode(tools)
        except msgspec.DecodeError:
            return None
    return tools if isinstance(tools, list) else None
