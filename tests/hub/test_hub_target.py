"""The Hub as a target, with the real client, against a Hub on loopback."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from hub_clients import OTHER, READER
from hub_pusher import (
    CARD,
    FILES,
    FIRST,
    NAME,
    SECOND,
    SHARDS,
    SMALL,
    Pusher,
    commits,
    there,
    to_change,
)
from loopback_hub import LoopbackHub

from prefdata.errors import (
    ConfigError,
    ConflictError,
    RefusedError,
    UnavailableError,
)
from prefdata.io.targets.target import Published, TargetState

pytestmark = pytest.mark.slow


def test_a_new_dataset(hub: LoopbackHub, pusher: Pusher) -> None:
    target = pusher.target(tag="v1")
    state = target.state(wanted := pusher.local(FILES))
    assert state == TargetState(exists=False)
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
