"""`prefdata push` when things go wrong on the way: what is there, and what is sent again."""

from __future__ import annotations

import re
import signal
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

import pytest
from hub_commit import Limits
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
from hub_log import Log
from hub_outputs import CHANGED, MANY, OTHER
from hub_push import Push, check, rows_of, rows_on
from loopback_hub import LoopbackHub

pytestmark = pytest.mark.slow
NAME = "ada/pairs"
Out = Callable[..., Path]
KINDS = {
    "the user": ("GET", "/api/whoami-v2"),
    "making the repository": ("POST", "/api/repos/create"),
    "what is there": ("GET", f"/api/datasets/{NAME}(/revision/.*)?"),
    "settings": ("PUT", f"/api/datasets/{NAME}/settings"),
    "branches": ("GET", f"/api/datasets/{NAME}/refs"),
    "a branch": ("POST", f"/api/datasets/{NAME}/branch/.*"),
    "a tag": ("POST", f"/api/datasets/{NAME}/tag/.*"),
    "files": ("GET", f"/api/datasets/{NAME}/tree/.*"),
    "commits": ("GET", f"/api/datasets/{NAME}/commits/.*"),
    "what is large": ("POST", f"/api/datasets/{NAME}/preupload/.*"),
    "which objects": ("POST", f"/datasets/{NAME}.git/info/lfs/objects/batch"),
    "an object": ("PUT", "/objects/.*"),
    "an object came": ("POST", f"/datasets/{NAME}.git/info/lfs/objects/verify"),
    "the card": ("POST", "/api/validate-yaml"),
    "the commit": ("POST", f"/api/datasets/{NAME}/commit/.*"),
    "a file": ("(GET|HEAD)", f"/datasets/{NAME}/resolve/.*"),
    "a large file": ("(GET|HEAD)", "/objects/.*"),
}
"""Every kind of request that a push makes."""


def kinds(log: Log) -> set[str]:
    """The kinds of requests in a log. Each of them has to be known."""
    found = set()
    for seen in log:
        path = unquote(seen.path).partition("?")[0]
        names = [
            name
            for name, (method, pattern) in KINDS.items()
            if re.fullmatch(method, seen.method) and re.fullmatch(pattern, path)
        ]
        assert names, f"{seen.line} is of no known kind"
        found.add(names[0])
    return found


FAULTS: tuple[Fault, ...] = (
    Status(503),
    CutAfter(),
    Status(429, retry_after=1),
    CutAnswer(),
    CutBefore(),
    CutUpload(),
)


@pytest.mark.parametrize("shift", [0, 3])
def test_every_kind_of_request_goes_wrong_once(
    hub: LoopbackHub, push: Push, out: Out, tmp_path: Path, shift: int
) -> None:
    """In one way or another: of a push that makes a repository, and of one that changes it."""
    rules = {
        name: hub.faults.add(method, f"^{path}(\\?|$)", FAULTS[(number + shift) % len(FAULTS)])
        for number, (name, (method, path)) in enumerate(KINDS.items())
    }
    push(out(), NAME, "--tag", "v1")
    push(out(CHANGED), NAME, "--private", "--branch", "next", "--tag", "v2")
    struck = {name for name, rule in rules.items() if rule.struck}
    assert struck == kinds(hub.log) >= {"the commit", "an object", "a tag", "a large file"}
    check(hub, NAME, out(), tmp_path / "first", "v1")
    check(hub, NAME, out(CHANGED), tmp_path / "second", "v2")
    titles = [commit.title for commit in hub.store.get(NAME).history("next")]
    assert len(titles) == 3, f"a commit was made twice: {titles}"
    stored = hub.log.stored
    assert len(stored) - len(set(stored)) <= 1, "more was sent again than what was cut"


@pytest.mark.parametrize("as_date", [False, True])
def test_the_hub_is_left_alone_for_as_long_as_it_asks(
    hub: LoopbackHub, push: Push, out: Out, as_date: bool
) -> None:
    method, path = KINDS["a tag"]
    hub.faults.add(method, path, Status(429, retry_after=4, as_date=as_date))
    push(out(), NAME, "--tag", "v1")
    first, second = hub.log.of(method, path)
    assert second.began - first.began >= (3 if as_date else 4), "seconds of a date are whole"
    assert not [seen for seen in hub.log if first.began < seen.began < second.began]


def test_longer_than_patience_is_said_at_once(hub: LoopbackHub, push: Push, out: Out) -> None:
    hub.faults.add("POST", "/commit/", Status(429, retry_after=3600), times=99)
    done = push.ends(out(), NAME, "--patience", "50")
    assert done.code == 75 and "3600" in done.stderr.replace(",", "")
    assert len(hub.log.of("POST", "/commit/")) == 1


@pytest.mark.parametrize("kind", ["an object", "the commit"])
def test_patience_ends_and_nothing_has_changed(
    hub: LoopbackHub, push: Push, out: Out, base_there: str, tmp_path: Path, kind: str
) -> None:
    head = hub.store.get(NAME).branches
    rule = hub.faults.add(KINDS[kind][0], f"^{KINDS[kind][1]}(\\?|$)", Status(503), times=99)
    done = push.ends(out(CHANGED), NAME, "--patience", "2")
    assert done.code == 75 and "503" in done.stderr and "Traceback" not in done.stderr
    assert hub.store.get(NAME).branches == head and rule.struck >= 2
    hub.faults.clear()
    push(out(CHANGED), NAME)
    check(hub, NAME, out(CHANGED), tmp_path / "copy")


def test_slow_is_not_wrong(hub: LoopbackHub, push: Push, out: Out) -> None:
    rule = hub.faults.add("POST", "/commit/", Slow(3.0))
    push(out(), NAME)
    assert rule.struck == 1 and len(hub.log.of("POST", "/commit/")) == 1


def test_killed_in_the_middle_it_goes_on_there(
    hub: LoopbackHub, push: Push, out: Out, base_there: str, tmp_path: Path
) -> None:
    head = hub.store.get(NAME).branches
    hub.log.clear()
    pause = hub.faults.pause("PUT", "/objects/", first=5)
    running = push.start(out(MANY), NAME)
    assert pause.reached.wait(60)
    running.kill()
    assert running.wait(20) == -signal.SIGKILL
    hub.faults.clear()
    before = set(hub.log.stored)
    assert before and hub.store.get(NAME).branches == head
    push(out(MANY), NAME)
    assert len(set(hub.log.stored)) > len(before)
    assert all(hub.log.stored.count(sha256) == 1 for sha256 in before)
    check(hub, NAME, out(MANY), tmp_path / "copy")


@pytest.mark.parametrize("kind", ["the commit", "a tag", "making the repository"])
def test_killed_before_and_after_a_change(
    hub: LoopbackHub, push: Push, out: Out, tmp_path: Path, kind: str
) -> None:
    pause = hub.faults.pause(KINDS[kind][0], KINDS[kind][1])
    running = push.start(out(), NAME, "--tag", "v1")
    assert pause.reached.wait(60)
    running.kill()
    running.wait(20)
    pause.go.set()  # what it asked for happens all the same: the request had come
    done = push(out(), NAME, "--tag", "v1")
    assert done.result["commit"] == hub.store.get(NAME).tags["v1"]
    assert len(list(hub.store.get(NAME).history("main"))) == 2
    check(hub, NAME, out(), tmp_path / "copy", "v1")


def test_told_to_stop_it_stops_and_nothing_has_changed(
    hub: LoopbackHub, push: Push, out: Out, base_there: str
) -> None:
    head = hub.store.get(NAME).branches
    pause = hub.faults.pause("PUT", "/objects/")
    running = push.start(out(OTHER), NAME)
    assert pause.reached.wait(60)
    running.terminate()
    assert running.wait(20) == 143, "an upload that hangs keeps no push from ending"
    done = push.finish(running)
    assert done.code == 143 and "Traceback" not in done.stderr
    pause.go.set()
    assert hub.store.get(NAME).branches == head


def test_objects_that_arrived_spoiled_are_found(hub: LoopbackHub, push: Push, out: Out) -> None:
    hub.faults.add("PUT", "/objects/", CorruptStored(), first=2)
    done = push.ends(out(), NAME)
    assert done.code == 1 and "data/" in done.stderr


def test_what_is_read_wrong_every_time_is_found(hub: LoopbackHub, push: Push, out: Out) -> None:
    hub.faults.add("GET", "^/objects/", Corrupt(), first=2, times=99)
    done = push.ends(out(), NAME)
    assert done.code == 1 and "data/" in done.stderr
    assert push.ends(out(CHANGED), NAME, "--no-verify").code == 0


SMALL_COMMITS = """
from prefdata.config.push import PushConfig
from prefdata.errors import PrefdataError
from prefdata.pipeline.push import push
config = PushConfig(commit_files=files, commit_bytes=size, parts=("ledger",))
print(push(out, name, config=config).model_dump_json())
"""


def test_several_commits_where_the_hub_wants_them(
    hub: LoopbackHub, push: Push, out: Out, tmp_path: Path
) -> None:
    hub.limits = Limits(commit_large_files=4, commit_regular_bytes=30_000, page=5)
    given = {"out": str(out(MANY)), "name": NAME, "files": 4, "size": 30_000}
    done = push.finish(push.script(SMALL_COMMITS, **given))
    assert done.code == 0, done.stderr
    assert len(done.result["commits"]) > 3
    check(hub, NAME, out(MANY), tmp_path / "copy")
    with_mark = ["manifest.json" in c.tree for c in hub.store.get(NAME).history("main")]
    assert with_mark == [True] + [False] * len(done.result["commits"])


def test_killed_between_two_commits(
    hub: LoopbackHub, push: Push, out: Out, base_there: str, tmp_path: Path
) -> None:
    """The manifest is the mark of a whole publication: until the last commit there is none."""
    hub.limits = Limits(commit_large_files=4, commit_regular_bytes=30_000, page=5)
    given = {"out": str(out(MANY)), "name": NAME, "files": 4, "size": 30_000}
    hub.log.clear()
    pause = hub.faults.pause("POST", "/commit/", first=3)
    running = push.script(SMALL_COMMITS, **given)
    assert pause.reached.wait(60)
    running.kill()
    running.wait(20)
    hub.faults.clear()
    half = hub.store.get(NAME).commit("main").tree
    assert "manifest.json" not in half
    before, commits = set(hub.log.stored), len(list(hub.store.get(NAME).history("main")))
    hub.log.clear()
    done = push.finish(push.script(SMALL_COMMITS, **given))
    assert done.code == 0, done.stderr
    assert not before & set(hub.log.stored)
    assert done.fates("same"), "what was committed before is not committed again"
    check(hub, NAME, out(MANY), tmp_path / "copy")
    assert len(list(hub.store.get(NAME).history("main"))) > commits


def test_a_push_that_comes_between(
    hub: LoopbackHub, push: Push, out: Out, base_there: str, tmp_path: Path
) -> None:
    """It has looked already when another one publishes: it looks again, and nothing is mixed."""
    pause = hub.faults.pause("POST", "/commit/")
    late = push.start(out(OTHER, "late"), NAME)
    assert pause.reached.wait(60)
    push(out(CHANGED, "quick"), NAME)
    pause.go.set()
    assert push.finish(late).code == 0
    check(hub, NAME, out(OTHER, "other"), tmp_path / "copy")
    assert len(list(hub.store.get(NAME).history("main"))) == 4


def test_pushes_at_the_same_time(hub: LoopbackHub, push: Push, out: Out, tmp_path: Path) -> None:
    recipes = {"one": OTHER, "two": CHANGED, "three": MANY}
    folders = {name: out(recipe, f"{name}/out") for name, recipe in recipes.items()}
    running = [push.start(folder, NAME) for folder in folders.values()]
    ends = [push.finish(process) for process in running]
    assert [end.code for end in ends] == [0, 0, 0], [end.stderr for end in ends]
    final = rows_on(hub.store.get(NAME))
    winner = [folder for folder in folders.values() if rows_of(folder) == final]
    assert len(winner) == 1, "rows of one push, and of no other"
    check(hub, NAME, winner[0], tmp_path / "copy")


def test_two_pushes_of_one_folder(hub: LoopbackHub, push: Push, out: Out) -> None:
    """The second is told to come again: the first holds the folder."""
    folder = out()
    pause = hub.faults.pause("POST", "/commit/")
    first = push.start(folder, NAME)
    assert pause.reached.wait(60)
    second = push.ends(folder, NAME)
    assert second.code == 75 and "another run" in second.stderr
    pause.go.set()
    assert push.finish(first).code == 0


def test_the_hub_is_away_for_a_while(hub: LoopbackHub, push: Push, out: Out) -> None:
    rule = hub.faults.add(".*", "", Status(503), first=6, times=4)
    push(out(), NAME)
    assert rule.struck == 4
