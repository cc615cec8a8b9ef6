"""Others at work on the same dataset, and pushes of several commits."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from hub_clients import WRITER, client_environment
from hub_faults import (
    Pause,
    Status,
)
from hub_pusher import (
    FILES,
    NAME,
    SMALL,
    Pusher,
    commit_beside,
    commits,
    there,
    to_change,
)
from loopback_hub import LoopbackHub

from prefdata.errors import (
    UnavailableError,
)
from prefdata.io.targets.target import MovedError

pytestmark = pytest.mark.slow


def test_somebody_commits_in_between(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(SMALL)
    target = pusher.target()
    state = target.state(wanted := pusher.local(FILES))
    commit_beside(hub, {"LICENSE": b"MIT"})
    with pytest.raises(MovedError):
        target.publish(to_change(wanted, state), state, "Late", pusher.tell)
    assert hub.log.uploads == []
    state = target.state(wanted)
    target.publish(to_change(wanted, state), state, "Anew", pusher.tell)
    assert there(hub) == FILES | {"LICENSE": b"MIT"}


def test_two_push_at_the_same_time(hub: LoopbackHub, pusher: Pusher) -> None:
    """The second comes while the first is about to commit."""
    pusher.push(SMALL)
    target = pusher.target()
    state = target.state(wanted := pusher.local(FILES))
    pause = hub.faults.pause("POST", "/commit/")
    outcome: list[MovedError] = []

    def publish() -> None:
        try:
            target.publish(to_change(wanted, state), state, "Slow", pusher.tell)
        except MovedError as error:
            outcome.append(error)

    thread = threading.Thread(target=publish)
    thread.start()
    assert pause.reached.wait(20)
    commit_beside(hub, {"LICENSE": b"MIT"})
    pause.go.set()
    thread.join(20)
    assert [type(error) for error in outcome] == [MovedError]
    assert commits(hub)[0] == "beside"


def test_two_create_the_same_dataset(hub: LoopbackHub, pusher: Pusher) -> None:
    one, two = pusher.target(), pusher.target()
    wanted, other = pusher.local(FILES), pusher.local(SMALL | {"features.json": b"other"})
    first, second = one.state(wanted), two.state(other)
    one.prepare(first)
    two.prepare(second)
    one.publish(to_change(wanted, first), first, "One", pusher.tell)
    with pytest.raises(MovedError):
        two.publish(to_change(other, second), second, "Two", pusher.tell)
    assert there(hub) == FILES


def test_a_busy_hub_is_not_one_that_moved(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(SMALL)
    rule = hub.faults.add("POST", "/commit/", Status(409), times=3)
    pusher.push(FILES)
    assert rule.struck == 3 and there(hub) == FILES
    assert any("busy with another commit" in said for said in pusher.said)


def test_somebody_commits_between_two_of_several(hub: LoopbackHub, pusher: Pusher) -> None:
    """What was made stays; the rest follows upon the new head."""
    pusher.push(SMALL)
    target = pusher.target(commit_files=2)
    wanted = pusher.local({**FILES, "manifest.json": b"new"})
    state = target.state(wanted)
    told: list[str] = []

    def tell(step: str, done: int, total: int) -> None:
        if done == total and not told:
            told.append(step)
            hub.faults.add("POST", "/commit/", Status(500), first=2)
            pause = hub.faults.pause("GET", "/refs")
            threading.Thread(target=beside, args=(pause,), daemon=True).start()

    def beside(pause: Pause) -> None:
        assert pause.reached.wait(20)
        commit_beside(hub, {"LICENSE": b"MIT"})
        pause.go.set()

    with pytest.raises(MovedError):
        target.publish(to_change(wanted, state), state, "Parts", tell)
    assert commits(hub)[:2] == ["beside", "Parts (1 of 3)"]
    state = target.state(wanted)
    published = target.publish(to_change(wanted, state), state, "Parts", tell)
    assert there(hub) == {**FILES, "manifest.json": b"new", "LICENSE": b"MIT"}
    made = [one.id for one in hub.store.get(NAME).history("main") if one.title != "beside"]
    assert set(published.commits) == set(made[:-2]) and len(published.commits) == 3


def test_several_commits_where_the_hub_takes_no_more(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(SMALL | {"data/stale.parquet": b"PAR1"})
    manifests = []
    hub.limits = type(hub.limits)(commit_large_files=2, page=5)
    after = {**FILES, "manifest.json": b'{"now": 1}'}
    published, _, _ = pusher.push(after, delete=("data/stale.parquet",), commit_files=2)
    assert there(hub) == after
    history = list(hub.store.get(NAME).history("main"))
    made = [one for one in history if one.id in published.commits][::-1]
    assert [one.title for one in made] == [f"Push ({n} of 3)" for n in (1, 2, 3)]
    manifests = ["manifest.json" in one.tree for one in made]
    assert manifests == [False, False, True]
    assert all("data/stale.parquet" not in one.tree for one in made)


def test_several_commits_go_on_where_they_stopped(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(SMALL)
    hub.faults.add("POST", "/commit/", Status(503), first=3, times=10_000)
    after = {**FILES, "manifest.json": b'{"now": 1}'}
    with pytest.raises(UnavailableError):
        pusher.push(after, commit_files=2, patience=0.1)
    assert "manifest.json" not in there(hub), "half of it, and it looks complete"
    hub.faults.clear()
    hub.log.clear()
    published, _, change = pusher.push(after, commit_files=2)
    assert there(hub) == after
    assert len(change.same) == 6 and hub.log.stored == []
    assert len(published.commits) == 1


def test_small_files_by_their_bytes(hub: LoopbackHub, pusher: Pusher) -> None:
    small = {f"x/{n}.txt": bytes([65 + n]) * 3000 for n in range(6)}
    hub.limits = type(hub.limits)(commit_regular_bytes=9000, page=5)
    published, _, _ = pusher.push(SMALL | small, commit_bytes=9000)
    assert there(hub) == SMALL | small
    assert len(published.commits) == 3


INTERRUPTED = """
import sys
from pathlib import Path
from prefdata.config.push import PushConfig
from prefdata.io.hub.name import parse_hub_name
from prefdata.io.hub.target import HubTarget
from prefdata.io.targets.target import Changes, LocalFile
import hashlib
path = Path(sys.argv[1])
path.write_bytes(bytes(3_000_000))
sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
file = LocalFile("data/a.parquet", path, 3_000_000, sha256)
target = HubTarget(parse_hub_name("lab/prefs"), PushConfig(), say=print)
state = target.state([file])
target.prepare(state)
target.publish(Changes((file,), (), ()), state, "x", lambda *_: None)
"""


def test_an_interrupted_upload_ends_at_once(hub: LoopbackHub, tmp_path: Path) -> None:
    pause = hub.faults.pause("PUT", "^/objects/")
    running = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path / "a.parquet")],
        env={**client_environment(hub.url, tmp_path / "home", WRITER)},
        stderr=subprocess.PIPE,
    )
    try:
        assert pause.reached.wait(30)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=5)
        assert b"KeyboardInterrupt" in told
    finally:
        running.kill()
        pause.go.set()
