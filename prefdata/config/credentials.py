"""Removes credentials, and folders of this machine, before something is written into outputs.

Outputs contain the names of sources and the config, and are published.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from pydantic import BaseModel

_URL = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*://[^\s'\"<>]+")
_QUERY = re.compile(r"\?[^=&?/]+=")
_PASSWORD = re.compile(r"[^/@:?]*:(?!\d+(?:[/?]|$)).*?@")
"""User and password before the host. A colon precedes a port, or a password, which may contain
slashes."""

_USER = re.compile(r"[^/?]*@")
_NAMED_BEFORE_AT = frozenset({"abfs", "abfss", "wasb", "wasbs", "github", "git"})
"""File systems whose URLs have a container or a repository before the @, not a user."""

_LOCAL = re.compile(r"(?:file|local)://", re.IGNORECASE)
_NO_PATHS = frozenset({"title", "salt", "map", "field", "tags"})
"""Config keys whose texts are no paths, even where one begins with a slash."""

_HARMLESS = frozenset(
    {"alt", "branch", "config", "dl", "download", "file", "filename", "format", "id", "lang"}
    | {"language", "length", "limit", "name", "offset", "page", "path", "raw", "ref", "rev"}
    | {"revision", "split", "subset", "version", "versionid"}
)
"""Query parameters that select what is read; all others may be secret."""

_PLAIN = re.compile(r"[\w.,~/+-]{0,64}")


def without_credentials(url: str) -> str:
    """A URL without user, password, signature and tokens; any other text unchanged.

    Query parameters are kept only if they are known to be harmless.

    >>> without_credentials("https://me:secret@host/a.jsonl?id=7&X-Amz-Signature=abc")
    'https://host/a.jsonl?id=7'
    >>> without_credentials("zip://a.csv::s3://key:secret@bucket/b.zip")
    'zip://a.csv::s3://bucket/b.zip'
    """
    return "::".join(_without(part) for part in url.split("::"))


def text_without_credentials(text: str) -> str:
    """A message, such as one of a library, with credentials removed from its URLs."""
    return _URL.sub(lambda match: without_credentials(match[0]), text)


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


def _without(url: str) -> str:
    scheme, mark, rest = url.partition("://")
    if not mark or not scheme.replace("+", "").isalnum():
        return url
    scheme, is_web = scheme.lower(), scheme.lower() in ("http", "https")
    if is_web:
        rest = rest.partition("#")[0]
    if scheme not in _NAMED_BEFORE_AT:
        while before := _PASSWORD.match(rest) or _USER.match(rest):  # there may be several: `@:x@`
            rest = rest[before.end() :]
    host, path = _host_and_path(rest)
    query = re.search(r"\?", path) if is_web else _QUERY.search(path)
    if query is not None:
        path = path[: query.start()] + _harmless_parameters(path[query.start() + 1 :])
    return f"{url[: len(scheme)]}://{host}{path}"


def _host_and_path(rest: str) -> tuple[str, str]:
    """Host, and the rest from the first `/` or `?` on."""
    end = re.search(r"[/?]", rest)
    return (rest, "") if end is None else (rest[: end.start()], rest[end.start() :])


def _harmless_parameters(query: str) -> str:
    """The harmless parameters of a query with `?` before them; "" if there are none."""
    kept = []
    for parameter in query.split("&"):
        name, _, value = parameter.partition("=")
        if name.lower() in _HARMLESS and _PLAIN.fullmatch(value):
            kept.append(parameter)
    return f"?{'&'.join(kept)}" if kept else ""


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
