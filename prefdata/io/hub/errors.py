"""Classifying errors of the Hub and its client: retried, or raised with advice."""

from __future__ import annotations

import json
from collections.abc import Iterator

from prefdata.errors import OfflineError, OutputError, PrefdataError, RefusedError
from prefdata.io.hub.session import (
    SILENCE_SECONDS,
    Unanswered,
    cut_off,
    last_answer,
    not_a_hub,
    odd_token,
)
from prefdata.io.hub.words import clean_message
from prefdata.io.targets.retry import Transient
from prefdata.network import http_library

LOG_IN = "Run `hf auth login`, or set HF_TOKEN"


def classify_hub_error(error: Exception, what: str, repo_id: str) -> Transient | Exception:
    """Its class for `with_retries`, by the first specific error in the chain of causes."""
    from huggingface_hub.errors import HfHubHTTPError

    http = http_library()
    for cause in _causes(error):
        if isinstance(cause, Unanswered):
            return cause.transient
        if isinstance(cause, PrefdataError):
            return cause
        if isinstance(cause, HfHubHTTPError):
            return _refused(cause, what, repo_id)
        if isinstance(cause, http.TransportError):
            failure = cut_off(cause, "the Hub", SILENCE_SECONDS)
            return failure.transient if isinstance(failure, Unanswered) else failure
        if (known := _of_client(cause, what)) is not None:
            return known
    return error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__


def _of_client(error: BaseException, what: str) -> Transient | Exception | None:
    """The class of errors that huggingface_hub and hf_xet raise without a response of the Hub."""
    from huggingface_hub.errors import LocalTokenNotFoundError, OfflineModeIsEnabled

    http = http_library()
    message = clean_message(str(error))
    if isinstance(error, OfflineModeIsEnabled):
        return OfflineError(f"{what}: HF_HUB_OFFLINE is set, so the Hub is not asked. Unset it.")
    if isinstance(error, UnicodeEncodeError):  # in a header: only there is text encoded
        return odd_token()
    if isinstance(error, LocalTokenNotFoundError):
        return no_token(what)
    if isinstance(error, json.JSONDecodeError | http.RequestError) or _is_unread(error):
        answer = last_answer() or "the client could not read it"
        return not_a_hub(f"{answer} ({type(error).__name__}: {message})")
    if isinstance(error, ConnectionError | TimeoutError):  # hf_xet raises these
        return Transient(message or type(error).__name__)
    if isinstance(error, OSError) and error.filename is not None:
        return OutputError(f"{what}: {error.filename} cannot be read ({error.strerror})")
    if isinstance(error, PermissionError):
        return RefusedError(f"{what}: {message}. {LOG_IN} with a token that may write there.")
    if isinstance(error, ValueError):
        return RefusedError(f"{what}: {message}")
    if type(error) is RuntimeError and error.__cause__ is None:
        return Transient(message)  # hf_xet raises it for everything without a specific error
    return None


def _is_unread(error: BaseException) -> bool:
    """Whether the client failed on a response without the expected fields."""
    if not isinstance(error, KeyError | TypeError | AttributeError | IndexError):
        return False
    last = error.__traceback__
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    return last is not None and str(last.tb_frame.f_globals["__name__"]).startswith(
        "huggingface_hub."
    )


def no_token(what: str) -> RefusedError:
    return RefusedError(
        f"{what}: there is no token of the Hub. {LOG_IN} (a token that may write: "
        f"{_endpoint()}/settings/tokens)."
    )


def _refused(error: BaseException, what: str, repo_id: str) -> Transient | Exception:
    from huggingface_hub.errors import DisabledRepoError, GatedRepoError, RepositoryNotFoundError

    status: int = error.response.status_code  # type: ignore[attr-defined]
    words = clean_message(getattr(error, "server_message", None) or "") or clean_message(str(error))
    start = f"{what}: the Hub says no ({status}: {words})"
    if isinstance(error, GatedRepoError):
        to_do = f"Ask for access at {_endpoint()}/datasets/{repo_id}"
    elif isinstance(error, DisabledRepoError):
        to_do = f"The Hub has closed {repo_id}: its page says why"
    elif isinstance(error, RepositoryNotFoundError):
        to_do = (
            f"There is no dataset {repo_id} that this token may see: check the name, and whether "
            "the token belongs to its owner"
        )
    else:
        to_do = _to_do(status, repo_id)
    return RefusedError(f"{start}. {to_do}.")


def _to_do(status: int, repo_id: str) -> str:
    tokens = f"{_endpoint()}/settings/tokens"
    namespace = repo_id.partition("/")[0]
    known = {
        401: f"The token is not valid, or has ended. {LOG_IN} with one from {tokens}",
        402: f"The plan of {namespace} does not cover this",
        403: (
            f"The token needs the role write, or write access to {namespace}, and its owner must "
            f"be allowed to write there: {tokens}"
        ),
        413: "Lower commit_files or commit_bytes: more commits, and smaller ones",
    }
    return known.get(status, "Nothing was tried again: the same request would get the same answer")


def _endpoint() -> str:
    from huggingface_hub import constants

    return constants.ENDPOINT
