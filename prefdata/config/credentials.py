"""URLs as they may be written down: what opens them stays behind.

Names of sources and configs go into every output, and outputs are published.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

_URL = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*://[^\s'\"<>]+")
_QUERY = re.compile(r"\?[^=&?/]+=")
_PASSWORD = re.compile(r"[^/@:?]*:(?!\d+(?:[/?]|$)).*?@")
"""Before the host. After a colon there is a port, or a password; that may hold slashes."""

_USER = re.compile(r"[^/?]*@")
_NAMED_BEFORE_AT = frozenset({"abfs", "abfss", "wasb", "wasbs", "github", "git"})
"""File systems that write a container or a repository before the @, and no user."""

_WHAT = frozenset(
    {"alt", "branch", "config", "dl", "download", "file", "filename", "format", "id", "lang"}
    | {"language", "length", "limit", "name", "offset", "page", "path", "raw", "ref", "rev"}
    | {"revision", "split", "subset", "version", "versionid"}
)
"""Parameters that say what is read, not who may read it; all others may be secret."""

_PLAIN = re.compile(r"[\w.,~/+-]{0,64}")


def without_credentials(url: str) -> str:
    """A URL without user, password, signature and tokens; any other text as it is.

    Of a query those parameters are left that are known to say what is read.

    >>> without_credentials("https://me:secret@host/a.jsonl?id=7&X-Amz-Signature=abc")
    'https://host/a.jsonl?id=7'
    >>> without_credentials("zip://a.csv::s3://key:secret@bucket/b.zip")
    'zip://a.csv::s3://bucket/b.zip'
    """
    return "::".join(_without(part) for part in url.split("::"))


def text_without_credentials(text: str) -> str:
    """A message, perhaps of somebody else's code, with its URLs without credentials."""
    return _URL.sub(lambda found: without_credentials(found[0]), text)


def settings_of(config: BaseModel, **options: Any) -> dict[str, Any]:
    """A config as it is written into outputs; `options` are those of `model_dump`."""
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
        while before := _PASSWORD.match(rest) or _USER.match(rest):  # `@:x@`: behind one, another
            rest = rest[before.end() :]
    host, path = _divided(rest)
    found = re.search(r"\?", path) if is_web else _QUERY.search(path)
    if found is not None:
        path = path[: found.start()] + _what(path[found.start() + 1 :])
    return f"{url[: len(scheme)]}://{host}{path}"


def _divided(rest: str) -> tuple[str, str]:
    """Host, with what stands before it, and all that follows."""
    end = re.search(r"[/?]", rest)
    return (rest, "") if end is None else (rest[: end.start()], rest[end.start() :])


def _what(query: str) -> str:
    """The parameters that say what is read, with the mark before them."""
    kept = []
    for parameter in query.split("&"):
        name, _, value = parameter.partition("=")
        if name.lower() in _WHAT and _PLAIN.fullmatch(value):
            kept.append(parameter)
    return f"?{'&'.join(kept)}" if kept else ""


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
    return [_cleaned(inner) for inner in value] if isinstance(value, list) else value
