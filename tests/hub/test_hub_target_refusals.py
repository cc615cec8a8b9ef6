"""What must not be sent, and what must not be said."""

from __future__ import annotations

import logging

import pytest
from hub_clients import WRITER
from hub_faults import (
    Status,
)
from hub_pusher import (
    FILES,
    REQUESTS,
    SHARDS,
    SMALL,
    Pusher,
    commit_beside,
    there,
    to_change,
)
from loopback_hub import LoopbackHub

from prefdata.errors import (
    ConfigError,
    ConflictError,
    OutputError,
    RefusedError,
)

pytestmark = pytest.mark.slow


def test_a_card_that_the_hub_does_not_take(hub: LoopbackHub, pusher: Pusher) -> None:
    bad = {**FILES, "README.md": b"---\nlicense: my-own\n---\n"}
    with pytest.raises(ConfigError, match=r"README.md.*licen[sc]e"):
        pusher.push(bad)
    assert hub.log.uploads == [] and there(hub) == {}


def test_files_that_gitignore_hides(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(SMALL)
    commit_beside(hub, {".gitignore": b"*.parquet\n"})
    with pytest.raises(ConflictError, match=r"\.gitignore .*hides 6 of the files"):
        pusher.push(FILES)
    assert there(hub) == SMALL | {".gitignore": b"*.parquet\n"}


def test_a_file_that_is_gone(pusher: Pusher) -> None:
    target = pusher.target()
    state = target.state(wanted := pusher.local(FILES))
    target.prepare(state)
    wanted[3].local.unlink()
    with pytest.raises(OutputError, match="is gone"):
        target.publish(to_change(wanted, state), state, "x", pusher.tell)


def test_a_refusal_in_the_middle_ends_all_uploads(hub: LoopbackHub, pusher: Pusher) -> None:
    hub.faults.add("PUT", "^/objects/", Status(403), first=2, times=10_000)
    with pytest.raises(RefusedError, match=r"Sending data/.*403") as caught:
        pusher.push({**SMALL, **{p: c * 500 for p, c in SHARDS.items()}})
    assert "signature" not in str(caught.value).lower()
    assert WRITER not in str(caught.value)


def test_the_screen_stays_empty(
    hub: LoopbackHub, pusher: Pusher, capfd: pytest.CaptureFixture[str]
) -> None:
    from huggingface_hub.utils import are_progress_bars_disabled

    level, bars = logging.getLogger("huggingface_hub").level, are_progress_bars_disabled()
    hub.faults.add("PUT|POST", "/objects/|/commit/", Status(500), times=3)
    pusher.push({**FILES, "README.md": b"# No front matter\n"})
    assert capfd.readouterr() == ("", "")
    assert any("empty or missing yaml metadata" in said for said in pusher.said)
    assert are_progress_bars_disabled() == bars
    assert logging.getLogger("huggingface_hub").level == level


def test_no_token_in_anything_said(hub: LoopbackHub, pusher: Pusher) -> None:
    for method, path in REQUESTS.values():
        hub.faults.add(method, path, Status(500))
    pusher.push(FILES)
    assert pusher.said and not any(WRITER in said for said in pusher.said)


def test_the_client_of_the_process_is_left_as_it_was(pusher: Pusher) -> None:
    from huggingface_hub import get_session

    pusher.push(SMALL)
    assert "send" not in vars(get_session())
