"""What a push says, at once, when the Hub or the name says no."""

from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hub_clients import OTHER, READER, WRITER
from hub_push import Push
from loopback_hub import LoopbackHub

pytestmark = pytest.mark.slow
Out = Callable[..., Path]
SOON = 10
"""Requests after which a push has to know."""


@pytest.mark.parametrize(
    ("token", "name", "said"),
    [
        ("hf_nobodyHasThisToken", "ada/pairs", "hf auth login"),
        ("", "ada/pairs", "hf auth login"),
        (READER, "ada/pairs", "write"),
        (READER, "ada/there", "write"),
        (OTHER, "ada/pairs", "ada"),
        (OTHER, "ada/there", "ada"),
        (OTHER, "ada/secret", "ada/secret"),
        (WRITER, "nobody/pairs", "nobody"),
    ],
)
def test_tokens_that_may_not(
    hub: LoopbackHub, push: Push, out: Out, token: str, name: str, said: str
) -> None:
    for there in ("ada/there", "ada/secret"):
        hub.store.create(there, private=there == "ada/secret")
    done = push.ends(out(), name, HF_TOKEN=token)
    assert done.code == 2 and said in done.stderr and "Traceback" not in done.stderr
    assert not token or token not in done.stderr + done.stdout
    assert len(hub.log) <= SOON and hub.store.find("ada/pairs") is None
    assert hub.log.uploads == [] and len(hub.store.get("ada/there").commit("main").tree) == 1


@pytest.mark.parametrize(
    "name",
    [
        "ada/a b", "ada/--a", "ada/a..b", "ada/a/b", "ada/.git", "hf://models/ada/a",
        "hf://datasets/ada/a?b",
    ],
)  # fmt: skip
def test_names_that_no_dataset_can_have(hub: LoopbackHub, push: Push, out: Out, name: str) -> None:
    done = push.ends(out(), name)
    assert done.code == 2 and "ORG/NAME" in done.stderr
    assert len(hub.log) == 0


def test_a_name_alone_is_in_the_namespace_of_the_token(
    hub: LoopbackHub, push: Push, out: Out
) -> None:
    done = push.ends(out(), "pairs")
    if done.code == 0:
        assert hub.store.find("ada/pairs") is not None
    else:
        assert done.code == 2 and "ORG/NAME" in done.stderr and len(hub.log) <= 1


def test_a_licence_that_the_hub_does_not_know(hub: LoopbackHub, push: Push, out: Out) -> None:
    done = push.ends(out(), "ada/pairs", "--license", "mine-alone")
    assert done.code == 2 and "mine-alone" in done.stderr
    assert hub.log.uploads == [] and hub.log.of("POST", "/commit/") == []


def test_a_hub_that_is_not_there(push: Push, out: Out) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    there = f"http://127.0.0.1:{port}"
    done = push.ends(out(), "ada/pairs", "--patience", "1", HF_ENDPOINT=there)
    assert done.code == 75 and "Traceback" not in done.stderr


def test_an_answer_that_is_no_hubs(hub: LoopbackHub, push: Push, out: Out) -> None:
    done = push.ends(out(), "ada/pairs", HF_ENDPOINT=hub.url + "/elsewhere")
    assert done.code == 2 and "Traceback" not in done.stderr and len(hub.log) <= SOON
