"""How long a Hub is waited for that is not there, or says nothing, or is none."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from huggingface_hub import HfApi
from raw_server import LOGIN_PAGE, answer, nobody_there, raw_server

from prefdata.errors import RefusedError, UnavailableError
from prefdata.io.hub.dataset import Hub
from prefdata.io.hub.listing import dataset_info
from prefdata.io.targets import retry

TOKEN = "hf_notATokenOfAnybody00"


@pytest.fixture
def look_up(monkeypatch: pytest.MonkeyPatch) -> Callable[..., float]:
    """Asks a Hub; returns the seconds that it took."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setenv("HF_TOKEN", TOKEN)

    def ask(address: str, patience: float, *, has_answered: bool = False) -> float:
        hub = Hub(HfApi(endpoint=address), "ada/pairs", patience, lambda said: None)
        hub.contact.has_answered = has_answered
        began = time.monotonic()
        with hub.session():
            try:
                dataset_info(hub)
            finally:
                took = time.monotonic() - began
                ask.took = took  # type: ignore[attr-defined]
        return took

    return ask


def test_nobody_there_is_known_in_seconds_however_patient(
    look_up: Callable[..., float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "UNREACHABLE_SECONDS", 0.5)
    with pytest.raises(UnavailableError, match=r"it refuses .*nothing has answered so far"):
        look_up(nobody_there(), 300)
    assert look_up.took < 5  # type: ignore[attr-defined]


def test_a_hub_that_has_answered_is_waited_for(look_up: Callable[..., float]) -> None:
    with pytest.raises(UnavailableError, match="patience is used up"):
        look_up(nobody_there(), 2.0, has_answered=True)
    assert look_up.took > 1.5  # type: ignore[attr-defined]


def test_a_silent_hub_is_left_when_patience_ends(
    look_up: Callable[..., float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retry, "LEAST_SILENCE_SECONDS", 0.1)
    with raw_server() as address, pytest.raises(UnavailableError, match="said nothing for 1 s"):
        look_up(address, 1.0)
    assert 0.9 < look_up.took < 4  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("says", "named"),
    [
        (answer(LOGIN_PAGE + TOKEN.encode(), "text/html"), r"'text/html': '<!DOCTYPE .*<token>'"),
        (answer(b'{"id": "ada/pai'), "'application/json': '.\"id\": \"ada/pai'"),
        (answer(b"7"), "'application/json': '7'"),
        (answer(b""), "'application/json': nothing"),
    ],
)
def test_what_is_no_answer_of_a_hub_is_named(
    look_up: Callable[..., float], says: bytes, named: str
) -> None:
    with raw_server(says) as address, pytest.raises(RefusedError) as told:
        look_up(address, 30)
    told.match(f"the answer is not that of a Hub: 127.0.0.1 sent {named}")
    assert TOKEN not in str(told.value) and "\x1b" not in str(told.value)
