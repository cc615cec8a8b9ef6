"""YAML of configs: a subset that says one thing once, and that cannot grow when it is read.

Aliases are refused, since a few lines of them stand for gigabytes, and so are keys that occur
twice, of which YAML would silently take the last.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Any

import yaml
from yaml.constructor import ConstructorError

LONGEST_CONFIG = 1 << 20
"""Characters of a config that are read: a longer text is no config, and would take many seconds."""

DEEPEST = 50
"""Levels of nesting in a config; its model has six."""

LONGEST_NUMBER = 100
"""Characters of a number."""

_BOOL = "tag:yaml.org,2002:bool"
_MERGE = "tag:yaml.org,2002:merge"


def yaml_values(text: str) -> Any:
    """The values of a YAML text. As in YAML 1.2, `on`, `off`, `yes` and `no` are strings.

    Raises YAMLError, with the place, where the text is not valid, or has an alias, a merge key, a
    key twice, or more than the limits above.

    >>> yaml_values("near: {on: prompt, action: off}")
    {'near': {'on': 'prompt', 'action': 'off'}}
    """
    if len(text) > LONGEST_CONFIG:
        raise yaml.YAMLError(f"it has more than {LONGEST_CONFIG:,} characters")
    return yaml.load(text, _Loader)  # noqa: S506  a safe loader


class _Loader(yaml.SafeLoader):
    """A loader without the booleans of YAML 1.1, in which the key `on` would become true."""

    yaml_implicit_resolvers = {  # noqa: RUF012
        first: [(tag, pattern) for tag, pattern in resolvers if tag != _BOOL]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    _depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _error(f"the alias *{event.anchor}: write out what it stands for", event)
        if self._depth >= DEEPEST:
            raise _error(f"values are nested more than {DEEPEST} levels deep", event)
        self._depth += 1
        node = super().compose_node(parent, index)
        self._depth -= 1
        return node

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _ in node.value:
            if key.tag == _MERGE:
                raise _error("a merge key (<<): write out what it stands for", key)

    def construct_mapping(
        self,
        node: Any,
        deep: bool = False,
    ) -> dict[Hashable, Any]:
        seen: dict[str, int] = {}
        for key in (key for key, _ in node.value if isinstance(key, yaml.ScalarNode)):
            if key.value in seen:
                first = seen[key.value]
                raise _error(f"the key {key.value!r} occurs twice, first in line {first}", key)
            seen[key.value] = key.start_mark.line + 1
        return super().construct_mapping(node, deep=deep)


def _number(loader: _Loader, node: yaml.ScalarNode) -> Any:
    if len(node.value) > LONGEST_NUMBER:
        raise _error(f"a number has more than {LONGEST_NUMBER} digits", node)
    is_int = node.tag.endswith("int")
    return loader.construct_yaml_int(node) if is_int else loader.construct_yaml_float(node)


def _date(loader: _Loader, node: yaml.ScalarNode) -> Any:
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError as error:
        raise _error(f"no date: {error}", node) from error


def _error(problem: str, where: Any) -> ConstructorError:
    return ConstructorError(None, None, problem, where.start_mark)


for _kind, _construct in {"int": _number, "float": _number, "timestamp": _date}.items():
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _construct)
_Loader.add_implicit_resolver(
    _BOOL, re.compile("^(?:true|True|TRUE|false|False|FALSE)$"), [*"tTfF"]
)
