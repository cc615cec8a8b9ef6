"""The Hub as a target, with the real client, against a Hub on loopback."""

from __future__ import annotations

import hashlib
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from hub_clients import OTHER, READER, WRITER, client_environment
from hub_faults import (
    Corrupt,
    CorruptStored,
    CutAfter,
    CutAnswer,
    CutBefore,
    CutUpload,
    Fault,
    Pause,
    Slow,
    Status,
)
from loopback_hub import LoopbackHub

from prefdata.config.push import PushConfig
from prefdata.errors import (
    ConfigError,
    ConflictError,
    IntegrityError,
    OutputError,
    RefusedError,
    UnavailableError,
)
from prefdata.io import hub_session, retry
from prefdata.io.changes import changes
from prefdata.io.hub_name import parse_hub_name
from prefdata.io.hub_target import HubTarget
from prefdata.io.target import Changes, LocalFile, MovedError, Published, State

pytestmark = pytest.mark.slow

NAME = "lab/prefs"
CARD = b"---\nlicense: mit\n---\n# Preferences\n"
SMALL = {"README.md": CARD, "manifest.json": b"{}", "features.json": b'{"a": 1}\n'}
SHARDS = {
    f"data/train-{n:05d}-of-00006.parquet": b"PAR1" + bytes([n]) * (40_000 + n) for n in range(6)
}
FILES = SMALL | SHARDS
FIRST, SECOND = [*SHARDS][:2]


@dataclass
class Pusher:
    """Pushes files as `prefdata push` does, from a folder of its own."""

    folder: Path
    said: list[str] = field(default_factory=list)
    told: list[tuple[str, int, int]] = field(default_factory=list)

    def target(self, name: str = NAME, **config: object) -> HubTarget:
        return HubTarget(
            parse_hub_name(name),
            PushConfig(**{"patience": 30.0, **config}),  # type: ignore[arg-type]
            say=self.said.append,
        )

    def local(self, files: dict[str, bytes]) -> list[LocalFile]:
        made = []
        for path, content in files.items():
            place = self.folder / hashlib.sha256(content).hexdigest()
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(content)
            made.append(LocalFile(path, place, len(content), place.name))
        return made

    def push(
        self, files: dict[str, bytes], delete: tuple[str, ...] = (), **config: object
    ) -> tuple[Published, HubTarget, Changes]:
        target = self.target(**config)
        state = target.state(wanted := self.local(files))
        change = to_change(wanted, state, delete)
        target.prepare(state)
        published = target.publish(change, state, "Push\n\nfrom a test", self.tell)
        target.tag(published)
        target.read_back(change, published, self.tell)
        return published, target, change

    def tell(self, step: str, done: int, total: int) -> None:
        self.told.append((step, done, total))


def to_change(wanted: list[LocalFile], state: State, delete: tuple[str, ...] = ()) -> Changes:
    found = changes(wanted, state, None, replace=True)
    return Changes(found.send, found.same, delete)


@pytest.fixture
def pusher(hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pusher]:
    import huggingface_hub
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(tmp_path / "no-token"))
    monkeypatch.setenv("HF_TOKEN", WRITER)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(retry, "FIRST_WAIT_SECONDS", 0.01)
    huggingface_hub.close_session()
    yield Pusher(tmp_path / "local")
    huggingface_hub.close_session()


def there(hub: LoopbackHub, revision: str = "main", name: str = NAME) -> dict[str, bytes]:
    files = hub.store.get(name).files(revision)
    files.pop(".gitattributes", None)
    return files


def commits(hub: LoopbackHub, branch: str = "main") -> list[str]:
    return [one.title for one in hub.store.get(NAME).history(branch)]


def test_a_new_dataset(hub: LoopbackHub, pusher: Pusher) -> None:
    target = pusher.target(tag="v1")
    state = target.state(wanted := pusher.local(FILES))
    assert state == State(exists=False)
    change = to_change(wanted, state)
    assert target.prepare(state) == (f"the dataset {NAME} was created",)
    published = target.publish(change, state, "First\n\nof many", pusher.tell)
    target.tag(published)
    assert target.read_back(change, published, pusher.tell) == len(FILES)
    assert there(hub) == FILES == there(hub, "v1")
    (first, _) = hub.store.get(NAME).history("main")
    assert (first.title, first.message) == ("First", "of many")
    assert published == Published(first.id, (first.id,), f"{hub.url}/datasets/{NAME}")
    total = sum(map(len, FILES.values()))
    assert pusher.told[0] == ("upload", 0, total)
    assert ("upload", total, total) in pusher.told
    assert pusher.told[-1] == ("read back", total, total)
    assert pusher.said == []
    ours = [seen for seen in hub.log if seen.host == "hub" and "harness" not in seen.path]
    assert [seen.line for seen in ours if "prefdata/" not in seen.agent] == []
    assert not any(seen.authorized for seen in hub.log if seen.host == "storage")


def test_again_with_nothing_changed(hub: LoopbackHub, pusher: Pusher) -> None:
    first, _, _ = pusher.push(FILES, tag="v1")
    hub.log.clear()
    again, _, change = pusher.push(FILES, tag="v1")
    assert again.head == first.head and again.commits == ()
    assert change.is_empty
    assert hub.log.uploads == [] and hub.log.of("POST", "commit") == []


def test_only_what_changed_is_sent(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(FILES)
    hub.log.clear()
    gone, changed, new = FIRST, SECOND, "data/test-00000-of-00001.parquet"
    after = {**FILES, changed: b"PAR1 other", new: b"PAR1 new"}
    del after[gone]
    published, _, _ = pusher.push(after, delete=(gone,))
    assert there(hub) == after
    assert len(hub.log.stored) == 2
    assert len(published.commits) == 1 and commits(hub) == ["Push", "Push", "initial commit"]


def test_state_and_reading_need_no_token(
    hub: LoopbackHub, pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    pusher.push(FILES)
    monkeypatch.delenv("HF_TOKEN")
    hub.log.clear()
    target = pusher.target()
    state = target.state(pusher.local(FILES))
    assert set(state.files) == {*FILES, ".gitattributes"} and state.is_private is False
    assert target.read("README.md", state) == CARD
    assert target.read(FIRST, state) == SHARDS[FIRST]
    assert target.read("LICENSE", state) is None
    assert hub.log.changes == []
    with pytest.raises(RefusedError, match=r"no token.*hf auth login"):
        target.prepare(state)


def test_checksums_in_a_state(pusher: Pusher) -> None:
    pusher.push(FILES)
    state = pusher.target().state(())
    shard, card = state.files[FIRST], state.files["README.md"]
    assert (shard.sha256, shard.git_sha1) == (
        hashlib.sha256(SHARDS[FIRST]).hexdigest(),
        None,
    )
    blob = hashlib.sha1(b"blob %d\0" % len(CARD) + CARD).hexdigest()
    assert (card.sha256, card.git_sha1, card.bytes) == (None, blob, len(CARD))


def test_privacy(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(FILES)
    assert not hub.store.get(NAME).is_private
    target = pusher.target(private=True)
    assert target.prepare(target.state(())) == (f"{NAME} was public and is private now",)
    assert hub.store.get(NAME).is_private
    assert pusher.target().state(()).is_private is True
    target = pusher.target()
    assert target.prepare(target.state(())) == ()
    assert hub.store.get(NAME).is_private, "made public unasked"


def test_a_new_dataset_is_private_from_its_first_moment(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(FILES, private=True)
    assert hub.store.get(NAME).is_private
    assert hub.log.of("PUT", "/settings") == []


@pytest.mark.parametrize(
    ("token", "name", "message"),
    [
        ("hf_unknown", NAME, r"401.*hf auth login"),
        (READER, NAME, r"ada has the role read.*/settings/tokens"),
        (OTHER, "lab/new", r"403.*role write, or write access to lab"),
    ],
)
def test_who_may_not_publish(
    hub: LoopbackHub,
    pusher: Pusher,
    monkeypatch: pytest.MonkeyPatch,
    token: str,
    name: str,
    message: str,
) -> None:
    monkeypatch.setenv("HF_TOKEN", token)
    target = pusher.target(name)
    with pytest.raises(RefusedError, match=message) as caught:
        target.prepare(target.state(()))
    assert token not in str(caught.value)
    assert hub.log.uploads == [] and hub.store.find(name) is None


def test_a_name_without_its_owner(hub: LoopbackHub, pusher: Pusher) -> None:
    target = pusher.target("prefs")
    target.state(())
    assert target.name == "ada/prefs"
    assert pusher.said == ["the dataset is ada/prefs"]


def test_offline(pusher: Pusher, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(RefusedError, match="HF_HUB_OFFLINE is set"):
        pusher.target().state(())


def test_an_endpoint_that_is_none(pusher: Pusher, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", "hub.example")
    with pytest.raises(RefusedError, match=r"HF_ENDPOINT is no address"):
        pusher.target().state(())


def test_nobody_listens(hub: LoopbackHub, pusher: Pusher, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.close()
    with pytest.raises(UnavailableError, match=r"no connection to 127\.0\.0\.1.*the same command"):
        pusher.target(patience=0.1).state(())
    assert len(pusher.said) >= 2


def test_a_token_that_no_header_can_hold_is_not_told(
    pusher: Pusher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_sécret")
    with pytest.raises(RefusedError, match="character that no token has") as caught:
        pusher.target().state(())
    shown: BaseException | None = caught.value
    while shown is not None:
        assert "sécret" not in str(shown)
        shown = shown.__cause__ or (None if shown.__suppress_context__ else shown.__context__)


@pytest.mark.parametrize("body", [b"[]", b"{}", b"<html>Log in</html>", b"null", b""])
def test_answers_of_something_else(
    pusher: Pusher, monkeypatch: pytest.MonkeyPatch, body: bytes
) -> None:
    """A captive portal, say: 200 to everything."""
    from huggingface_hub import constants

    class Portal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Portal) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setattr(constants, "ENDPOINT", f"http://127.0.0.1:{server.server_port}")
        with pytest.raises(RefusedError, match="not that of a Hub"):
            pusher.target().state(())
        server.shutdown()


# branches, revisions, tags


def test_a_new_branch_starts_at_main_or_at_a_revision(hub: LoopbackHub, pusher: Pusher) -> None:
    first, _, _ = pusher.push(SMALL)
    pusher.push(FILES)
    target = pusher.target(branch="next")
    assert set(target.state(()).files) == {*FILES, ".gitattributes"}
    assert first.head is not None
    target = pusher.target(branch="old", revision=first.head)
    state = target.state(wanted := pusher.local(SMALL | {"new.json": b"{}"}))
    assert state.head == first.head and state.exists
    assert target.prepare(state) == (f"the branch old was created from {first.head}",)
    published = target.publish(to_change(wanted, state), state, "Old", pusher.tell)
    assert published.url == f"{hub.url}/datasets/{NAME}/tree/old"
    assert there(hub, "old") == SMALL | {"new.json": b"{}"}
    assert there(hub) == FILES


def test_a_branch_in_the_name(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(SMALL)
    pusher.push(FILES, name="hf://datasets/lab/prefs@side/way")
    assert there(hub) == SMALL and there(hub, "side/way") == FILES
    with pytest.raises(ConfigError, match="say it once"):
        pusher.target("hf://datasets/lab/prefs@side", branch="other")


def test_a_branch_that_left_its_revision(pusher: Pusher) -> None:
    first, _, _ = pusher.push(SMALL)
    second, _, _ = pusher.push(FILES)
    assert pusher.target(revision=second.head).state(()).head == second.head
    with pytest.raises(ConflictError, match=f"is at {second.head}, not at the revision"):
        pusher.target(revision=first.head).state(())
    with pytest.raises(RefusedError, match=r"has no 'v9'.*main"):
        pusher.target(revision="v9").state(())
    with pytest.raises(RefusedError, match="there is no dataset lab/none"):
        pusher.target("lab/none", revision="v9").state(())


def test_a_branch_with_the_name_of_a_tag(pusher: Pusher) -> None:
    pusher.push(SMALL, tag="v1")
    with pytest.raises(ConfigError, match="v1 is the name of a tag"):
        pusher.target(branch="v1").state(())


def test_a_tag_that_is_taken(hub: LoopbackHub, pusher: Pusher) -> None:
    pusher.push(SMALL, tag="v1")
    hub.log.clear()
    with pytest.raises(ConflictError, match=r"tag v1 is there already.*files have changed"):
        pusher.push(FILES, tag="v1")
    assert hub.log.changes == []
    pusher.push(FILES)
    hub.log.clear()
    with pytest.raises(ConflictError, match=r"tag v1 is there already.*branch is at"):
        pusher.push(FILES, tag="v1")
    assert hub.log.changes == []


def test_a_tag_that_was_taken_meanwhile(hub: LoopbackHub, pusher: Pusher) -> None:
    first, _, _ = pusher.push(SMALL)
    second, _, _ = pusher.push(FILES)
    assert first.head is not None
    hub.store.get(NAME).refer("tags", "v2", first.head)
    with pytest.raises(ConflictError, match="v2 is there already"):
        pusher.target(tag="v2").tag(second)


# faults


REQUESTS = {
    "info": ("GET", f"/api/datasets/{NAME}$"),
    "refs": ("GET", "/refs"),
    "second page": ("GET", "cursor="),
    "whoami": ("GET", "/whoami"),
    "card": ("POST", "/validate-yaml"),
    "preupload": ("POST", "/preupload/"),
    "batch": ("POST", "/objects/batch"),
    "upload": ("PUT", "^/objects/"),
    "verify": ("POST", "/objects/verify"),
    "commit": ("POST", "/commit/"),
    "tag": ("POST", "/tag/"),
    "read": ("GET", "/resolve/.*parquet"),
    "storage": ("GET", "^/objects/"),
}
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


def commit_beside(hub: LoopbackHub, files: dict[str, bytes]) -> None:
    from hub_store import Entry

    repository = hub.store.get(NAME)
    tree = dict(repository.commit("main").tree)
    for path, content in files.items():
        tree[path] = Entry(repository.keep_blob(content), len(content), None, "")
    repository.add("main", tree, ("beside", ""), "bob")


# others at work


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


# several commits


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
from prefdata.io.hub_name import parse_hub_name
from prefdata.io.hub_target import HubTarget
from prefdata.io.target import Changes, LocalFile
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


# what is there afterwards


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


# what must not be sent


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
