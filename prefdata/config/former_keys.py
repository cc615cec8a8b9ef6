"""Renamed sections of a build config: their former names still work."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

FORMER = {"meaning": "semantic"}
"""Former name of a section to its current name."""

_log = logging.getLogger("prefdata")


def with_current_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with current section names; keys may be dotted.

    Raises ValueError if a section is given under both names.

    >>> with_current_keys({"meaning.topic.action": "drop", "split.test": 0.1})
    {'semantic.topic.action': 'drop', 'split.test': 0.1}
    """
    current: dict[str, Any] = {}
    for key, value in values.items():
        name = _current(key)
        if name in current or (name != key and name in values):
            former = next(old for old in values if _current(old) == name and old != name)
            raise ValueError(f"{former} is called {name} now: give one of the two")
        current[name] = value
    return current


def with_former_keys(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the former section names.

    Fingerprints are computed from these, so that they do not change when a section is renamed.

    >>> with_former_keys({"semantic": {}, "split": {}})
    {'meaning': {}, 'split': {}}
    """
    first = {name: former for former, name in FORMER.items()}
    return {first.get(key, key): value for key, value in values.items()}


def warn_of_former_keys(values: Mapping[str, Any]) -> None:
    """Logs one warning that names the current name of every former section in use."""
    former = {key.partition(".")[0] for key in values if _current(key) != key}
    if former:
        names = "; ".join(f"{name} is called {FORMER[name]} now" for name in sorted(former))
        _log.warning("config: %s; the old name still works", names)


def _current(key: str) -> str:
    section, dot, rest = key.partition(".")
    return f"{FORMER.get(section, section)}{dot}{rest}"
