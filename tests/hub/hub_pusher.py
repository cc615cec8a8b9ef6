"""Pushes of small files to a Hub on loopback by the target itself, without an output folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hub_clients import WRITER
from loopback_hub import LoopbackHub

from prefdata.config.push import PushConfig
from prefdata.io.hub.name import parse_hub_name
from prefdata.io.hub.target import HubTarget
from prefdata.io.targets import retry
from prefdata.io.targets.changes import changes
from prefdata.io.targets.target import Changes, LocalFile, Published, TargetState

NAME = "lab/prefs"
CARD = b"---\nlicense: mit\n---\n# Preferences\n"
SMALL = {"README.md": CARD, "manifest.json": b"{}", "features.json": b'{"a": 1}\n'}
SHARDS = {
    f"data/train-{n:05d}-of-00006.parquet": b"PAR1" + bytes([n]) * (40_000 + n) for n in range(6)
}
FILES = SMALL | SHARDS
FIRST, SECOND = [*SHARDS][:2]


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


def to_change(wanted: list[LocalFile], state: TargetState, delete: tuple[str, ...] = ()) -> Changes:
    found = changes(wanted, state, None, replace=True)
    return Changes(found.send, found.same, delete)


def there(hub: LoopbackHub, revision: str = "main", name: str = NAME) -> dict[str, bytes]:
    files = hub.store.get(name).files(revision)
    files.pop(".gitattributes", None)
    return files


def commits(hub: LoopbackHub, branch: str = "main") -> list[str]:
    return [one.title for one in hub.store.get(NAME).history(branch)]


def commit_beside(hub: LoopbackHub, files: dict[str, bytes]) -> None:
    from hub_store import Entry

    repository = hub.store.get(NAME)
    tree = dict(repository.commit("main").tree)
    for path, content in files.items():
        tree[path] = Entry(repository.keep_blob(content), len(content), None, "")
    repository.add("main", tree, ("beside", ""), "bob")


@contextmanager
def pusher_of(hub: LoopbackHub, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pusher]:
    """Within it the client in this process speaks to `hub`, and waits for nobody."""
    import huggingface_hub
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "ENDPOINT", hub.url)
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_XET", True)
    # Else the client asks the Hub for a list, and keeps what it gets for a day, also from a test's.
    monkeypatch.setattr(constants, "HF_HUB_DISABLE_TELEMETRY", True)
    monkeypatch.setattr(constants, "HF_TOKEN_PATH", str(folder / "no-token"))
    monkeypatch.setenv("HF_TOKEN", WRITER)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(retry, "FIRST_WAIT_SECONDS", 0.01)
    huggingface_hub.close_session()
    yield Pusher(folder / "local")
    huggingface_hub.close_session()
