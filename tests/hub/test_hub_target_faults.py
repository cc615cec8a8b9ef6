"""What goes wrong on the way to the Hub: answers, connections, patience."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path

import pytest
from hub_faults import (
    Corrupt,
    CorruptStored,
    CutAfter,
    CutAnswer,
    CutBefore,
    CutUpload,
    Fault,
    Slow,
    Status,
)
from hub_pusher import (
    CARD,
    FILES,
    FIRST,
    NAME,
    REQUESTS,
    SHARDS,
    SMALL,
    Pusher,
    commit_beside,
    commits,
    there,
)
from loopback_hub import LoopbackHub

from prefdata.errors import (
    IntegrityError,
    RefusedError,
    UnavailableError,
)
from prefdata.io.hub import session as hub_session
from prefdata.io.targets.target import Changes, LocalFile, Published

pytestmark = pytest.mark.slow

FAULTS: dict[str, Fault] = {
    "429": Status(429, 0),
    "429 date": Status(429, 1, as_date=True),
    "429 window": Status(429, 1, rate_limit=True),
    "500": Status(500),
    "503": Status(503),
    "cut before": CutBefore(),
    "cut after": CutAfter(),
    "cut answer": CutAnswer(),
    "cut upload": CutUpload(),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_pass(hub: LoopbackHub, pusher: Pusher, fault: str) -> None:
    """Each kind of request goes wrong twice, in one push."""
    pusher.push(SMALL)
    before = len(commits(hub))
    is_slow = fault in ("429 date", "429 window")
    rules = {
        name: hub.faults.add(*REQUESTS[name], FAULTS[fault], times=1 if is_slow else 2)
        for name in (("upload", "commit") if is_slow else REQUESTS)
    }
    after = {**FILES, "README.md": CARD + b"More.\n"}
    published, _, _ = pusher.push(after, tag="v1")
    done_all_the_same = {"commit", "tag"} if fault in ("cut after", "cut answer") else set()
    assert all(
        rule.struck == rule.times or (name in done_all_the_same and rule.struck)
        for name, rule in rules.items()
    )
    assert there(hub) == after == there(hub, "v1")
    assert len(commits(hub)) == before + 1 and len(published.commits) == 1
    assert len(pusher.said) >= len(rules)


@pytest.mark.parametrize("fault", ["500", "cut before", "cut after", "cut answer"])
def test_faults_on_a_new_private_branch(hub: LoopbackHub, pusher: Pusher, fault: str) -> None:
    for method, path in (("POST", "/repos/create"), ("POST", "/branch/"), ("PUT", "/settings")):
        hub.faults.add(method, path, FAULTS[fault], times=2)
    pusher.push(SMALL, private=True)
    pusher.push(FILES, branch="next")
    assert there(hub, "next") == FILES and there(hub) == SMALL


@pytest.mark.parametrize("request_", ["commit", "upload", "read", "info", "batch"])
def test_patience_ends(hub: LoopbackHub, pusher: Pusher, request_: str) -> None:
    hub.store.create(NAME)
    hub.faults.add(*REQUESTS[request_], Status(503), times=10_000)
    with pytest.raises(UnavailableError, match="503 Service Unavailable"):
        pusher.push(FILES, patience=0.2)
    hub.faults.clear()
    pusher.push(FILES)
    assert there(hub) == FILES
    assert len(set(hub.log.stored)) == len(hub.log.stored), "sent again"


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 405, 410, 413, 422, 451, 501])
def test_a_refusal_is_not_tried_again(hub: LoopbackHub, pusher: Pusher, status: int) -> None:
    hub.store.create(NAME)
    rule = hub.faults.add("POST", "/commit/", Status(status), times=10)
    with pytest.raises(RefusedError, match=f"says no .{status}: A fault that was asked for"):
        pusher.push(SMALL)
    assert rule.struck == 1 and pusher.said == []


def test_a_hub_that_says_nothing(
    hub: LoopbackHub, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_session, "SILENCE_SECONDS", 0.3)
    pusher.push(SMALL)
    rules = [hub.faults.add(*REQUESTS[name], Slow(0.8)) for name in ("refs", "upload", "storage")]
    pusher.push(FILES)
    assert [rule.struck for rule in rules] == [1, 1, 1]
    assert [said for said in pusher.said if "said nothing" in said]


@pytest.mark.parametrize("as_date", [True, False])
@pytest.mark.parametrize("request_", ["upload", "commit", "second page", "info"])
def test_a_wish_longer_than_patience_ends_at_once(
    hub: LoopbackHub, pusher: Pusher, request_: str, as_date: bool
) -> None:
    hub.store.create(NAME)
    hub.store.get(NAME)
    pusher.push({f"x/{n}.json": b"{}" for n in range(9)})
    hub.faults.add(*REQUESTS[request_], Status(429, 3600, as_date=as_date), times=100)
    with pytest.raises(UnavailableError, match=r"asks to wait 3\d\d\d s"):
        pusher.push(FILES)


def test_a_cut_in_the_middle_of_a_large_file_costs_no_second_reading(
    hub: LoopbackHub, pusher: Pusher
) -> None:
    big = {"data/train-00000-of-00001.parquet": bytes(24_000_000)}  # more than sockets hold
    rule = hub.faults.add("GET", "^/objects/", CutAnswer(), times=4)
    pusher.push(SMALL | big)
    assert rule.struck == 4
    *cut, last = hub.log.of("GET", "^/objects/")
    assert len(cut) == 4 and last.status == 206 and last.sent < 24_000_000


def test_a_lost_answer_with_somebody_else_s_commit_on_top(hub: LoopbackHub, pusher: Pusher) -> None:
    """Ours was made; the branch went on since. It is not made again."""
    pusher.push(SMALL)
    hub.faults.add("POST", "/commit/", CutAfter())
    pause = hub.faults.pause("GET", "/refs", first=4)
    ended: list[Published] = []
    thread = threading.Thread(target=lambda: ended.append(pusher.push(FILES)[0]))
    thread.start()
    assert pause.reached.wait(20)
    commit_beside(hub, {"LICENSE": b"MIT"})
    pause.go.set()
    thread.join(20)
    assert commits(hub)[:2] == ["beside", "Push"] and len(commits(hub)) == 4
    assert ended[0].head == [one.id for one in hub.store.get(NAME).history("main")][1]


@pytest.mark.parametrize("path", ["README.md", FIRST])
def test_corrupt_answers_are_found(hub: LoopbackHub, pusher: Pusher, path: str) -> None:
    host = "^/objects/.*" + hashlib.sha256(FILES[path]).hexdigest() if path in SHARDS else path
    hub.faults.add("GET", host, Corrupt(), times=10)
    with pytest.raises(IntegrityError, match=f"{path} has other bytes") as caught:
        pusher.push(FILES)
    assert str(caught.value).count("other bytes") == 1
    state = pusher.target().state(())
    with pytest.raises(IntegrityError, match="not what its checksum says"):
        pusher.target().read(path, state)


def test_corrupt_storage_is_found(hub: LoopbackHub, pusher: Pusher) -> None:
    hub.faults.add("PUT", "^/objects/", CorruptStored(), first=2)
    with pytest.raises(IntegrityError, match="has other bytes than its checksum says"):
        pusher.push(FILES)


def test_a_listing_that_differs(hub: LoopbackHub, pusher: Pusher) -> None:
    published, target, change = pusher.push(FILES)
    one, two, three = change.send[:3]
    wrong = LocalFile(one.path, two.local, two.bytes, two.sha256)
    missing = LocalFile("data/none.parquet", two.local, two.bytes, two.sha256)
    with pytest.raises(IntegrityError) as caught:
        target.read_back(Changes((wrong,), (missing, two), (three.path,)), published, pusher.tell)
    for said in (one.path, "data/none.parquet is missing", f"{three.path} was deleted"):
        assert said in str(caught.value)


def test_nothing_is_written_by_reading_back(
    hub: LoopbackHub, pusher: Pusher, tmp_path: Path
) -> None:
    pusher.push(FILES)
    beside = {path for path in tmp_path.rglob("*") if path.is_file()}
    assert not [path for path in beside if path.parts[len(tmp_path.parts)] not in ("hub", "local")]
