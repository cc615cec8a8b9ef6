"""A config as it is written into outputs: plain values, without credentials and without folders of
this machine."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

from prefdata.credentials import without_credentials

_LOCAL = re.compile(r"(?:file|local)://", re.IGNORECASE)
_NO_PATHS = frozenset({"title", "salt", "map", "maps", "field", "tags"})
"""Config keys whose texts are no paths, even where one begins with a slash."""


def without_folders(path: str) -> str:
    """The last part of an absolute path, given as such or as a `file://` URL; any other text
    unchanged.

    >>> without_folders("/home/ann/raw/*.jsonl"), without_folders("raw/a.jsonl")
    ('*.jsonl', 'raw/a.jsonl')
    """
    local = _LOCAL.match(path)
    if local is None and not PurePath(path).is_absolute():
        return path
    return PurePath(path[local.end() :] if local else path).name or "/"


def settings_of(config: BaseModel, **options: Any) -> dict[str, Any]:
    """A config as a dict for outputs, without credentials, and without the folders of absolute
    paths. `options`: those of `model_dump`."""
    settings: dict[str, Any] = _cleaned(config.model_dump(mode="json", **options))
    return settings


def _cleaned(value: Any, key: str = "") -> Any:
    if isinstance(value, str):
        return value if key in _NO_PATHS else without_folders(without_credentials(value))
    if isinstance(value, Mapping):
        cleaned: dict[str, Any] = {}
        for name, inner in value.items():
            cleaned[_new_key(name, cleaned)] = _cleaned(inner, key if key in _NO_PATHS else name)
        return cleaned
    return [_cleaned(inner, key) for inner in value] if isinstance(value, list) else value


def _new_key(name: str, taken: Mapping[str, Any]) -> str:
    """A key, which may be a path or a URL, without credentials and folders; no two become one."""
    key = without_folders(without_credentials(name))
    return key if key not in taken else f"{key} ({len(taken)})"
