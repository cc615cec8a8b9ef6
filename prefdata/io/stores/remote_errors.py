"""Classifying errors of remote file systems: refused, transient, or broken.

Each file system of fsspec raises errors of its own libraries, which may not be installed. So errors
are identified by HTTP status, error number and type name.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from prefdata.errors import OutputError, PrefdataError, RefusedError, RunError
from prefdata.io.bytes.file_systems import without_secrets
from prefdata.io.targets.retry import Transient, asked_seconds
from prefdata.network import why_unreachable

_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 507, 509})
_BUSY_NUMBERS = frozenset(
    getattr(errno, name)
    for name in (
        "EAGAIN", "EBUSY", "ECONNABORTED", "ECONNREFUSED", "ECONNRESET", "EHOSTDOWN",
        "EHOSTUNREACH", "EINTR", "ENETDOWN", "ENETRESET", "ENETUNREACH", "EPIPE", "EREMOTEIO",
        "ESTALE", "ETIMEDOUT",
    )
    if hasattr(errno, name)
)  # fmt: skip
_BUSY_TYPES = frozenset(
    {
        "ConnectionError", "TimeoutError", "gaierror",  # Python
        "FSTimeoutError",  # fsspec
        "HTTPClientError", "ConnectionClosedError", "IncompleteRead",  # botocore, http.client
        "IncompleteReadError", "ResponseParserError",
        "ClientConnectionError", "ClientPayloadError",  # aiohttp
        "RequestException", "ChunkedEncodingError",  # requests
        "ServiceRequestError", "ServiceResponseError",  # azure
        "SSHException", "EOFError", "error_temp",  # paramiko, ftplib
    }
)  # fmt: skip
_SILENT_TYPES = frozenset(
    {"ReadTimeoutError", "ConnectTimeoutError", "FSTimeoutError", "TimeoutError"}
)
_UNREACHABLE_TYPES = frozenset(
    {"EndpointConnectionError", "ConnectTimeoutError", "ClientConnectorError"}  # botocore, aiohttp
)
_NO_TYPES = frozenset(
    {
        "PermissionError",
        "NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError",  # botocore
        "TokenRetrievalError", "UnauthorizedSSOTokenError", "ProfileNotFound",
        "ParamValidationError", "InvalidRegionError", "NoRegionError",
        "GoogleAuthError", "ClientAuthenticationError",  # google, azure
        "AuthenticationException", "BadHostKeyException",  # paramiko
        "LogonFailure", "AccessDenied", "SSLCertVerificationError", "error_perm",
    }
)  # fmt: skip
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_DEEPEST = 8
_SHOWN = 200


def remote_failure(
    error: Exception, name: str, url: str, silence: float = 0.0
) -> Transient | Exception:
    """The class of an error of a remote file system.

    `name`: the store, for messages. `silence`: the seconds for which it might say nothing.
    """
    if isinstance(error, PrefdataError):
        return error
    message = without_secrets(f"{type(error).__name__}: {error}", url)
    chain = list(_chain(error))
    if garbage := next((one for one in chain if type(one).__name__ == "ResponseParserError"), None):
        start = without_secrets(str(garbage), url)[:_SHOWN]
        message = f"the answer is not that of an object store: {start!a}"
    types = {base.__name__ for one in chain for base in type(one).__mro__}
    numbers = {one.errno for one in chain if isinstance(one, OSError)}
    status = next((status for one in chain if (status := _status(one)) is not None), None)
    if types & _NO_TYPES or status in (401, 403):
        return _refused(name, message)
    if isinstance(error, FileNotFoundError) or status == 404:
        return RefusedError(
            f"{name} cannot be written: there is no such bucket, container or folder, or it may "
            f"not be seen ({message}). Make it first, or correct the name."
        )
    if isinstance(error, NotImplementedError):
        return RefusedError(f"{name} can only be read ({message}). Choose another place.")
    if numbers & _FULL:
        return OutputError(
            f"cannot write {name}: the disk is full. To go on: free some space, or choose another "
            "place, and run the same command again."
        )
    busy_types = _BUSY_TYPES | _SILENT_TYPES | _UNREACHABLE_TYPES
    if status in _BUSY or numbers & _BUSY_NUMBERS or types & busy_types:
        waited = silence if types & _SILENT_TYPES and status is None else 0.0
        is_lost = status is None and (
            why_unreachable(error) is not None or bool(types & _UNREACHABLE_TYPES)
        )
        return Transient(message, _asked(chain), waited, is_lost)
    if status is not None and 300 <= status < 500:
        return _refused(name, message)
    return RunError(f"{name}: {message}")


def is_answer(error: Exception) -> bool:
    """Whether an error is what the store answered, whatever it said."""
    return any(_status(one) is not None for one in _chain(error))


def _refused(name: str, message: str) -> RefusedError:
    return RefusedError(
        f"{name} refuses ({message}). Check the name, the credentials that its library finds on "
        "this machine, and that they may list, read, write and delete there."
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and its causes, the outermost first."""
    for _ in range(_DEEPEST):
        yield error
        below = error.__cause__ or error.__context__
        if below is None:
            return
        error = below


def _status(error: BaseException) -> int | None:
    """The HTTP status of an error of botocore, aiohttp, requests, gcsfs or azure."""
    answer = _answer(error)
    values = [answer.get("HTTPStatusCode")] if isinstance(answer, dict) else []
    for place in (answer, error):
        values += [getattr(place, name, None) for name in ("status", "status_code", "code")]
    for value in values:
        if isinstance(value, int | str) and str(value).isdecimal() and 100 <= int(value) < 600:
            return int(value)
    return None


def _answer(error: BaseException) -> Any:
    """The response: botocore's dict, or the response object of requests and azure."""
    answer = getattr(error, "response", None)
    return answer.get("ResponseMetadata") if isinstance(answer, dict) else answer


def _asked(chain: list[BaseException]) -> float | None:
    """The seconds to wait that the response asks for, or None."""
    for error in chain:
        answer = _answer(error)
        headers: Any = getattr(answer, "headers", None) or getattr(error, "headers", None)
        if isinstance(answer, dict):
            headers = answer.get("HTTPHeaders")
        if isinstance(headers, Mapping):
            plain = {str(name): str(value) for name, value in headers.items()}
            return asked_seconds(plain, datetime.now(UTC))
    return None
