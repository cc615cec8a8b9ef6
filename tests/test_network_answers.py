"""Nobody there, nobody who speaks, somebody else: each is told from the others, and soon."""

from __future__ import annotations

import errno
import socket
import time
from pathlib import Path

import pytest
from raw_server import LOGIN_PAGE, answer, nobody_there, raw_server

from prefdata import network
from prefdata.errors import ModelError, SourceError
from prefdata.io.bytes.spool import spool_url
from prefdata.models.folder import hub_folder
from prefdata.network import why_unreachable

REFUSED = ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused")


def wrapped(error: Exception) -> Exception:
    """As libraries raise it: behind an error of their own."""
    try:
        try:
            raise error
        except Exception as below:
            raise RuntimeError("the library failed") from below
    except RuntimeError as above:
        return above


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (REFUSED, "refuses"),
        (wrapped(REFUSED), "refuses"),
        (wrapped(socket.gaierror(-3, "Temporary failure in name resolution")), "its name"),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), "network is unreachable"),
        (RuntimeError("[Errno -2] Name or service not known"), "its name"),
        (ConnectionResetError(errno.ECONNRESET, "reset"), None),
        (TimeoutError("timed out"), None),
    ],
)
def test_what_was_not_reached_at_all(error: Exception, why: str | None) -> None:
    found = why_unreachable(error)
    assert found is None if why is None else why in str(found)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """The Hub may be asked; nothing is in its cache, and a silent one is left soon."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(network, "ANSWER_SECONDS", 0.5)
    monkeypatch.setattr("prefdata.models.folder.hub_answers", lambda: True)
    return monkeypatch


def model(address: str, asked: pytest.MonkeyPatch, folder: Path) -> None:
    asked.setattr("huggingface_hub.constants.ENDPOINT", address)
    hub_folder("nobody/nothing", None, code=False, hint="a hint")


def source(address: str, asked: pytest.MonkeyPatch, folder: Path) -> None:
    import fsspec
    from huggingface_hub import HfFileSystem

    asked.setattr("huggingface_hub.constants.ENDPOINT", address)
    HfFileSystem.clear_instance_cache()
    fsspec.filesystem("hf", skip_instance_cache=True).invalidate_cache()
    spool_url("hf://datasets/nobody/nothing/a.jsonl", folder)


DOWNLOADS = {"model": (model, ModelError), "source": (source, SourceError)}


@pytest.mark.parametrize("what", DOWNLOADS)
def test_a_download_from_a_silent_hub_ends_soon(
    what: str, asked: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    download, error = DOWNLOADS[what]
    began = time.monotonic()
    with raw_server() as address, pytest.raises(error, match=r"says nothing|timed out"):
        download(address, asked, tmp_path)
    assert time.monotonic() - began < 10


@pytest.mark.parametrize("what", DOWNLOADS)
@pytest.mark.parametrize(
    ("says", "named"),
    [
        (answer(LOGIN_PAGE, "text/html; charset=utf-8"), r"'text/html': '<!DOCTYPE .*\\x1b\[31m'"),
        (answer(b'{"id": "nobo'), "'application/json': '{\"id\": \"nobo'"),
    ],
)
def test_what_is_no_answer_of_a_hub_is_named(
    what: str, says: bytes, named: str, asked: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    download, error = DOWNLOADS[what]
    with raw_server(says) as address, pytest.raises(error) as told:
        download(address, asked, tmp_path)
    told.match(f"the answer is not that of a Hub: 127.0.0.1 sent {named}")


@pytest.mark.parametrize("what", DOWNLOADS)
def test_nobody_there_is_known_at_once(
    what: str, asked: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    download, error = DOWNLOADS[what]
    began = time.monotonic()
    with pytest.raises(error):
        download(nobody_there(), asked, tmp_path)
    assert time.monotonic() - began < 10
