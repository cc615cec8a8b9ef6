"""What makes no sense to go on with ends the run at once, in helpful words without the key."""

from __future__ import annotations

import logging
import socket
import time
import traceback
from pathlib import Path

import pytest

from prefdata.clients.secret import secret_from
from prefdata.clients.server import ChatServer
from prefdata.config.asking import ServerConfig
from prefdata.errors import PrefdataError, RefusedError, UnavailableError, UsageError
from tests.asking.asked import KEY, asked_of, quick, wanting
from tests.asking.fault_server import FaultServer

MANY = [f"p{k}" for k in range(200)]


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        ("401", RefusedError, "Check the key"),
        ("403", RefusedError, "Check the key"),
        ("404", UsageError, "does not know the model"),
        ("402", RefusedError, "credit"),
        ("quota", RefusedError, "credit"),
        ("moved", UsageError, "leads elsewhere"),
        ("page", UsageError, "web page"),
        ("429-long", UnavailableError, "86400 s"),
    ],
)
def test_it_ends_at_once(
    fault: str, kind: type[PrefdataError], words: str, server: FaultServer, store: Path
) -> None:
    server.behaviour.always = fault
    with pytest.raises(kind, match=words):
        asked_of(server.url, store, wanting(MANY))
    assert server.told.requests <= 64


def test_a_server_that_is_not_there(store: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    began = time.monotonic()
    with pytest.raises(UnavailableError, match="refuses the connection"):
        asked_of(f"http://127.0.0.1:{port}/v1", store, wanting(MANY))
    assert time.monotonic() - began < 3


def test_a_server_that_only_fails_ends_it(server: FaultServer, store: Path) -> None:
    server.behaviour.always = "500"
    with pytest.raises(UnavailableError, match="in a row came to nothing"):
        asked_of(server.url, store, wanting(MANY), quick(retries=1, failures_in_row=10))
    assert server.told.requests < 200


def test_parameters_that_the_server_refuses_end_it(server: FaultServer, store: Path) -> None:
    server.behaviour.always = "bad"
    with pytest.raises(RefusedError, match="all of the first"):
        asked_of(server.url, store, wanting(MANY), quick(failures_in_row=10))
    server.behaviour.always = None
    assert asked_of(server.url, store, wanting(MANY)).answered == 200


def test_refusals_before_any_answer_are_kept_if_it_is_not_the_server(
    server: FaultServer, store: Path
) -> None:
    bad = [f"[always:bad] p{k}" for k in range(9)]
    assert asked_of(server.url, store, wanting(bad)).failed == {"bad-request": 9}
    totals = asked_of(server.url, store, wanting([*bad, "why?"]))
    assert (totals.held, totals.answered, server.told.requests) == (9, 1, 10)


def test_what_was_paid_for_is_kept_when_it_ends(server: FaultServer, store: Path) -> None:
    prompts = [*MANY[:50], "[always:404] unknown", *MANY[50:]]
    with pytest.raises(UsageError):
        asked_of(server.url, store, wanting(prompts))
    answered = set(server.told.answered)
    server.behaviour.faults = 0
    asked_of(server.url, store, wanting(MANY))
    assert max(server.told.answered[name] for name in answered) == 1


@pytest.mark.parametrize("fault", ["401-echo", "bad-echo", "echo", "echo-escaped", "500-echo"])
def test_a_server_that_repeats_the_key_gets_it_nowhere(
    fault: str,
    server: FaultServer,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    server.behaviour.key, server.behaviour.always = KEY, fault
    shown = ""
    with caplog.at_level(logging.DEBUG):
        try:
            asked_of(server.url, store, wanting(["why?"]), quick(retries=1, failures_in_row=1))
        except PrefdataError as error:
            shown = "".join(
                traceback.TracebackException.from_exception(error, capture_locals=True).format()
            )
    files = b"".join(path.read_bytes() for path in store.parent.iterdir())
    assert KEY not in shown
    assert KEY not in caplog.text
    assert KEY.encode() not in files
    assert server.told.faults[fault] > 0


def test_the_key_is_sent_and_shown_nowhere(
    server: FaultServer, store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_KEY", f" {KEY}\n")
    server.behaviour.key = KEY
    totals = asked_of(server.url, store, wanting(["why?"]), key_env="MY_KEY")
    asker = ChatServer(ServerConfig(base_url=server.url, key_env="MY_KEY"))
    assert totals.answered == 1
    assert KEY not in repr(asker) + str(secret_from("MY_KEY")) + repr(vars(asker))


def test_a_key_with_odd_signs_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key with\nline")
    with pytest.raises(UsageError, match="OPENAI_API_KEY") as caught:
        ChatServer(ServerConfig(base_url="http://127.0.0.1:1/v1"))
    assert "with" not in str(caught.value).partition("(")[0]


@pytest.mark.parametrize("url", ["host:8000", "ftp://h/v1", "http://me:secret@h/v1", "http://h#x"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"base_url") as caught:
        ServerConfig(base_url=url)
    assert "address" in str(caught.value) or "password" in str(caught.value) or "#" in url
