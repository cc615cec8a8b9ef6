from __future__ import annotations

import errno
import ssl
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from fsspec.config import conf

from prefdata.errors import ConflictError, OutputError, RefusedError, RunError
from prefdata.io.bytes.file_systems import shown_url, without_secrets
from prefdata.io.stores.remote_errors import remote_failure
from prefdata.io.targets.retry import Transient

URL = "sftp://me:hunter2@host/a"


class ClientError(Exception):
    """As botocore makes them."""

    def __init__(self, status: int, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"An error occurred ({status})")
        self.response = {
            "Error": {"Code": "SlowDown"},
            "ResponseMetadata": {"HTTPStatusCode": status, "HTTPHeaders": headers or {}},
        }


class HttpError(Exception):
    """As gcsfs makes them."""

    def __init__(self, code: str) -> None:
        super().__init__("no")
        self.code = code


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (PermissionError("no"), RefusedError),
        (FileNotFoundError("bucket"), RefusedError),
        (NotImplementedError(), RefusedError),
        (ClientError(403), RefusedError),
        (ClientError(400), RefusedError),
        (caused(OSError(errno.EINVAL, "?"), ClientError(401)), RefusedError),
        (ssl.SSLCertVerificationError("bad"), RefusedError),
        (type("NoCredentialsError", (Exception,), {})(), RefusedError),
        (TimeoutError(), Transient),
        (ConnectionResetError(errno.ECONNRESET, "reset"), Transient),
        (OSError(errno.EBUSY, "slow down"), Transient),
        (EOFError(), Transient),
        (ClientError(503), Transient),
        (HttpError("429"), Transient),
        (caused(OSError("?"), ClientError(500)), Transient),
        (OSError(errno.ENOSPC, "full"), OutputError),
        (OSError(errno.EIO, "broken"), RunError),
        (ValueError("what"), RunError),
        (ConflictError("ours"), ConflictError),
    ],
)
def test_what_errors_come_to(error: Exception, kind: type[Any]) -> None:
    assert type(remote_failure(error, "s3://bucket", "s3://bucket")) is kind


def test_a_store_says_how_long_it_is_to_be_left_alone() -> None:
    failure = remote_failure(ClientError(503, {"retry-after": "7"}), "s3://b", "s3://b")
    assert isinstance(failure, Transient)
    assert failure.asked_seconds == 7
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    failure = remote_failure(ClientError(503, {"Retry-After": date}), "s3://b", "s3://b")
    assert isinstance(failure, Transient)
    assert 80 < (failure.asked_seconds or 0) <= 90


def test_a_circle_of_errors_ends() -> None:
    first, second = ValueError("a"), ValueError("b")
    first.__cause__, second.__cause__ = second, first
    assert isinstance(remote_failure(first, "x", "x"), RunError)


def test_messages_hold_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(conf, "s3", {"secret": "abcdefgh", "key": "AKIA1234", "anon": "false"})
    error = PermissionError(f"{URL}: hunter2 and abcdefgh of AKIA1234 are false")
    said = str(remote_failure(error, shown_url(URL), URL))
    assert not any(secret in said for secret in ("hunter2", "abcdefgh", "AKIA1234"))
    assert "false" in said


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("s3://bucket/a@b", "s3://bucket/a@b"),
        ("s3://AK:se/cret@bucket/a@b", "s3://bucket/a@b"),
        ("ftp://host:21/a@b", "ftp://host:21/a@b"),
        ("ftp://me:pw@host:21/a@b", "ftp://host:21/a@b"),
        ("dir::s3://AK:se/cret@bucket/a", "dir::s3://bucket/a"),
        ("abfs://box@account.example/a", "abfs://box@account.example/a"),
    ],
)
def test_urls_for_people(url: str, shown: str) -> None:
    assert shown_url(url) == shown
    assert "se/cret" not in without_secrets(f"cannot open {url}", url)


def named(name: str, message: str = "no") -> Exception:
    """An error of this type name, which is all that is looked at."""
    made: Exception = type(name, (Exception,), {})(message)
    return made


@pytest.mark.parametrize(
    ("error", "waited", "is_unreachable"),
    [
        (caused(OSError("?"), named("ReadTimeoutError")), 7.0, False),
        (named("FSTimeoutError"), 7.0, False),
        (caused(OSError("?"), named("EndpointConnectionError")), 0.0, True),
        (ConnectionRefusedError(errno.ECONNREFUSED, "refused"), 0.0, True),
        (OSError(errno.ENETUNREACH, "no route"), 0.0, True),
        (ConnectionResetError(errno.ECONNRESET, "reset"), 0.0, False),
        (ClientError(503), 0.0, False),
    ],
)
def test_silence_and_nobody_there_are_told_from_a_momentary_fault(
    error: Exception, waited: float, is_unreachable: bool
) -> None:
    failure = remote_failure(error, "s3://bucket", URL, 7.0)
    assert isinstance(failure, Transient)
    assert (failure.waited_seconds, failure.is_unreachable) == (waited, is_unreachable)


def test_what_is_no_answer_of_a_store_is_named() -> None:
    garbage = named("ResponseParserError", "invalid XML received: <!DOCTYPE html>\x1b[31m hunter2")
    failure = remote_failure(caused(OSError("Internal Server Error"), garbage), "s3://a", URL)
    assert isinstance(failure, Transient)
    assert "is not that of an object store: 'invalid XML received: <!DOCTYPE" in failure.reason
    assert "hunter2" not in failure.reason and "\x1b" not in failure.reason
