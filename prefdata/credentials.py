"""Removes credentials from URLs and texts before they are shown or written down.

Outputs contain the names of sources, and are published; messages of errors end up in logs.
"""

from __future__ import annotations

import re
from functools import cache

_URL = re.compile(r"[A-Za-z][A-Za-z0-9.+-]*://[^\s'\"<>]+")
_QUERY = re.compile(r"\?[^=&?/]+=")
_PASSWORD = re.compile(r"[^/@:?]*:(?!\d+(?:[/?]|$)).*?@")
"""User and password before the host. A colon precedes a port, or a password, which may contain
slashes."""

_USER = re.compile(r"[^/?]*@")
_NAMED_BEFORE_AT = frozenset({"abfs", "abfss", "wasb", "wasbs", "github", "git"})
"""File systems whose URLs have a container or a repository before the @, not a user."""

_HARMLESS = frozenset(
    {"alt", "branch", "config", "dl", "download", "file", "filename", "format", "id", "lang"}
    | {"language", "length", "limit", "name", "offset", "page", "path", "raw", "ref", "rev"}
    | {"revision", "split", "subset", "version", "versionid"}
)
"""Query parameters that select what is read; all others may be secret."""

_PLAIN = re.compile(r"[\w.,~/+-]{0,64}")

_WITH_ONE_SLASH = re.compile(r"\b([A-Za-z][\w.+-]+:/)(?!/)[^\s'\"<>/@:]*:[^\s'\"<>@]*@")
"""User and password in what a path library makes of a URL: `s3:/key:secret@bucket`."""

_NAMES = (
    r"(?:aws_)?(?:secret_access_key|session_token|access_key_id)|(?:access|auth|hf|sas)_?token"
    r"|api[_-]?key|(?:account|storage)_?key|client_?secret|secret|passw(?:or)?d"
    r"|x-amz-(?:signature|credential|security-token)|sig(?:nature)?"
)


@cache
def _secrets() -> tuple[tuple[re.Pattern[str], str], ...]:
    """Patterns of secrets, and what is shown for each; compiled where they are first needed."""
    return tuple(
        (re.compile(pattern, re.IGNORECASE), shown)
        for pattern, shown in (
            # tokens that say of themselves what they are
            (r"\b(hf_|gh[a-z]_|github_pat_|sk-)[A-Za-z0-9_-]{20,}", r"\1***"),
            (r"\b(AKIA|ASIA)[A-Z0-9]{16}\b", r"\1***"),
            # headers of requests
            (
                r"\b(authorization[\"']?\s*[:=]\s*[\"']?(?:(?:bearer|basic|token)\s+)?)[^\s\"',;}]+",
                r"\1***",
            ),
            (r"\b(bearer\s+)[\w.~+/=-]{12,}", r"\1***"),
            # `name=secret` and `"name": "secret"`
            (
                rf"(?<![A-Za-z])({_NAMES})([\"']?\s*[=:]\s*)([\"'])(?:(?!\3).)+",
                r"\1\2\3***",
            ),
            (rf"(?<![A-Za-z])({_NAMES})(\s*=\s*)[^\s\"'&,;)}}]+", r"\1\2***"),
        )
    )


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
    """A message, such as one of a library, without credentials: in URLs, headers, by their names.

    >>> text_without_credentials("403 for s3://key:secret@bucket, Authorization: Bearer abc")
    '403 for s3://bucket, Authorization: Bearer ***'
    """
    text = _URL.sub(lambda match: without_credentials(match[0]), text)
    text = _WITH_ONE_SLASH.sub(r"\1", text)
    for pattern, shown in _secrets():
        text = pattern.sub(shown, text)
    return text


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
