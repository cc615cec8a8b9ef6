"""File systems of URLs: opening them with fsspec, and showing URLs without secrets."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from prefdata.credentials import text_without_credentials, without_credentials
from prefdata.errors import MissingExtraError, UsageError
from prefdata.extras import install

_IN_EXTRA_HUB = ("s3", "s3a", "hf")
_PACKAGES = {
    **dict.fromkeys(("gs", "gcs"), "gcsfs"),
    **dict.fromkeys(("az", "abfs", "adl", "abfss"), "adlfs"),
    "sftp": "paramiko",
    "ssh": "paramiko",
    "webhdfs": "requests",
    "smb": "smbprotocol",
}

# A colon before the first slash begins a password, unless a port follows. Secrets contain slashes.
_USER_AND_PASSWORD = re.compile(r"(?<=://)([^/@:?]*:(?!\d+(?:/|$)).*?)@")
_SECRET_OPTION = re.compile(r"secret|passw|token|credential|sas|(^|_)key$", re.IGNORECASE)
_SHORTEST_SECRET = 6


def scheme_of(url: str) -> str:
    """The scheme of a URL; in a chain, that of the last file system, which is written to.

    >>> scheme_of("s3://bucket/a"), scheme_of("simplecache::s3://bucket/a")
    ('s3', 's3')
    """
    return url.partition("://")[0].rpartition("::")[2].lower()


def is_asynchronous(url: str) -> bool:
    """Whether the file system of a URL can run several operations at once; it is not opened.

    Raises MissingExtraError if a library for it is not installed, UsageError if there is no such
    file system.
    """
    import fsspec

    layers = url.partition("://")[0].lower().split("::")
    try:
        systems = [fsspec.get_filesystem_class(layer) for layer in layers]
    except ImportError as error:
        raise _missing(url, error) from error
    except ValueError as error:
        raise UsageError(f"{shown_url(url)} names no file system that fsspec knows") from error
    return bool(systems[0].async_impl)


def open_file_system(
    url: str, *, silence: float | None = None, tries: int = 1, **options: bool
) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it; some file systems connect here.

    `silence`: seconds for which an object store may say nothing to one of `tries` requests, where
    its client has no limits of its own that are of use. `options`: options of fsspec, such as
    `skip_instance_cache`. Raises MissingExtraError if the library for it is not installed.
    """
    import fsspec

    limits = {} if silence is None else _limits(url, silence, tries)
    try:
        system, path = fsspec.core.url_to_fs(url, **options, **limits)
    except ImportError as error:
        raise _missing(url, error) from error
    if limits:
        system.retries = tries
    return system, str(path)


def _limits(url: str, silence: float, tries: int) -> dict[str, Any]:
    """Options for S3, whose clients wait a minute, and try dozens of times. Others: none."""
    if url.partition("://")[0].lower() not in ("s3", "s3a"):
        return {}
    from fsspec.config import conf

    theirs = conf.get("s3", {}).get("config_kwargs", {})
    ours = {
        "connect_timeout": min(silence, 10.0),
        "read_timeout": silence,
        "retries": {"total_max_attempts": tries},
    }
    return {"config_kwargs": {**ours, **theirs}}


def shown_url(url: str) -> str:
    """A URL for display and for files, without credentials and signatures.

    >>> shown_url("s3://key:sec/ret@bucket/data"), shown_url("abfs://box@account/data?sig=1")
    ('s3://bucket/data', 'abfs://box@account/data')
    """
    parts = (_USER_AND_PASSWORD.sub("", part) for part in url.split("::"))
    return without_credentials("::".join(parts))


def has_password(url: str) -> bool:
    """Whether the URL itself contains a password."""
    return any(_USER_AND_PASSWORD.search(part) for part in url.split("::"))


def without_secrets(text: str, url: str) -> str:
    """The message of a library without the secrets of the URL and of the settings of fsspec."""
    for secret in sorted(_secrets(url), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text_without_credentials(text)


def _missing(url: str, error: ImportError) -> MissingExtraError:
    package = _PACKAGES.get(scheme_of(url))
    to_do = f"pip install {package}" if package else "install what it names"
    if scheme_of(url) in _IN_EXTRA_HUB:
        to_do = install("hub")
    return MissingExtraError(
        f"{shown_url(url)} needs a library that is not installed ({error}): {to_do}."
    )


def _secrets(url: str) -> set[str]:
    from fsspec.config import conf

    secrets: set[str] = set()
    for part in url.split("::"):
        secrets |= {value for values in parse_qs(urlsplit(part).query).values() for value in values}
        if match := _USER_AND_PASSWORD.search(part):
            secrets |= {match[1], *match[1].split(":", 1)}
    for options in conf.values():
        if isinstance(options, dict):
            secrets |= {str(value) for key, value in options.items() if _SECRET_OPTION.search(key)}
    secrets |= {unquote(secret) for secret in secrets}
    return {secret for secret in secrets if len(secret) >= _SHORTEST_SECRET}
