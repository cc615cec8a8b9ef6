"""Publishing to an object store that speaks the real protocol, through the real client."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from publishing import FIRST, SECOND, Push, quiet

from prefdata.config.push import PushConfig
from prefdata.errors import IntegrityError, RefusedError, UnavailableError
from prefdata.io.stores.folder_target import FolderTarget
from prefdata.io.targets.target import Changes, LocalFile
from prefdata.results.layout import (
    MANIFEST,
)

pytest.importorskip("s3fs", reason="pip install s3fs 'moto[s3]' flask flask-cors")
pytest.importorskip("moto.server", reason="pip install s3fs 'moto[s3]' flask flask-cors")

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[1]
KEY, SECRET = "AKIAPREFDATA", "hunter2hunter2"
WHERE = "s3://bucket/sets/there"
App = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Store:
    """moto's S3 on loopback; faults are put before it."""

    def __init__(self) -> None:
        from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
        from werkzeug.serving import make_server

        self.requests: list[str] = []
        self.faults: list[tuple[re.Pattern[str], str, str, int]] = []
        self._app: App = DomainDispatcherApplication(create_backend_app)
        self._server = make_server("127.0.0.1", 0, self._answer, threaded=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def fail(self, request: str, status: str, code: str, *, times: int = 1_000) -> None:
        """Requests, `METHOD /bucket/key`, that match are refused, so many times."""
        self.faults.append((re.compile(request), status, code, times))

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        request = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}"
        self.requests.append(request)
        if KEY not in environ.get("HTTP_AUTHORIZATION", KEY):
            return _refusal(environ, start, "403 Forbidden", "InvalidAccessKeyId")
        for number, (pattern, status, code, times) in enumerate(self.faults):
            if times and pattern.match(request):
                self.faults[number] = (pattern, status, code, times - 1)
                return _refusal(environ, start, status, code)
        return self._app(environ, start)


def _refusal(
    environ: dict[str, Any], start: Callable[..., Any], status: str, code: str
) -> list[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start(status, [("Content-Type", "application/xml")])
    return [f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()]


@pytest.fixture(scope="module")
def server() -> Iterator[Store]:
    made = Store()
    yield made
    made.stop()


@pytest.fixture
def store(server: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Store:
    for name in [name for name in os.environ if name.startswith(("AWS_", "FSSPEC_"))]:
        monkeypatch.delenv(name)
    for name, value in {
        "AWS_ENDPOINT_URL": server.url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": str(tmp_path / "none"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
    }.items():
        monkeypatch.setenv(name, value)
    server.faults.clear()
    client = s3()
    if not client.exists("bucket"):
        client.mkdir("bucket")
    for path in client.find("bucket"):
        client.rm_file(path)
    server.requests.clear()
    return server


def s3() -> Any:
    import s3fs

    return s3fs.S3FileSystem(skip_instance_cache=True, use_listings_cache=False)


def target(where: str = WHERE, *, patience: float = 0) -> FolderTarget:
    return FolderTarget(where, PushConfig(patience=patience))


def content() -> dict[str, bytes]:
    client = s3()
    root = WHERE.removeprefix("s3://") + "/"
    found = client.find("bucket")
    texts = {path.removeprefix(root): client.cat_file(path) for path in found}
    texts.pop(MANIFEST, None)
    return texts


def test_a_push_ends_with_just_what_was_pushed(store: Store, tmp_path: Path) -> None:
    s3().pipe_file("bucket/sets/there/LICENSE", b"mine")
    s3().pipe_file("bucket/sets/there2/data/a", b"a neighbour")
    others = {"LICENSE": b"mine", "bucket/sets/there2/data/a": b"a neighbour"}
    Push(target(), FIRST, tmp_path / "a").run()
    assert content() == FIRST | others
    store.requests.clear()
    assert Push(target(), FIRST, tmp_path / "a").run().is_empty
    probes = [one for one in store.requests if not one.startswith(("GET", "HEAD"))]
    assert all("/.prefdata.tmp-" in one for one in probes)
    store.requests.clear()
    changes = Push(target(), SECOND, tmp_path / "b").run()
    assert {file.path for file in changes.same} == {"data/train-0.parquet"}
    assert not any(one.startswith("PUT") and "train-0" in one for one in store.requests)
    assert content() == SECOND | others


def test_the_manifest_goes_first_and_comes_last(store: Store, tmp_path: Path) -> None:
    Push(target(), FIRST, tmp_path / "a").run()
    push = Push(target(), SECOND, tmp_path / "b")
    changes, state = push.planned()
    store.requests.clear()
    push.target.publish(changes, state, "", quiet)
    done = [one for one in store.requests if one.startswith(("PUT", "DELETE", "POST"))]
    root = "/bucket/sets/there"
    assert done[:2] == [f"PUT {root}/.prefdata-push.json", f"DELETE {root}/{MANIFEST}"]
    assert done[-2:] == [f"PUT {root}/{MANIFEST}", f"DELETE {root}/.prefdata-push.json"]
    assert done[-4:-2] == [f"PUT {root}/README.md", f"DELETE {root}/ledger/part-0.parquet"]


def test_a_large_file_goes_in_parts(store: Store, tmp_path: Path) -> None:
    large = {"data/large.parquet": os.urandom(1 << 20) * 120}
    Push(target(), large, tmp_path / "a").run()
    parts = [one for one in store.requests if one.startswith("PUT") and "large" in one]
    assert len(parts) > 1
    assert content() == large


@pytest.mark.parametrize("at", [0, 1, 2, 4, 5])
def test_a_killed_push_is_gone_on_with(store: Store, tmp_path: Path, at: int) -> None:
    Push(target(), FIRST, tmp_path / "a").run()
    program = f"""
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {str(TESTS)!r})
from publishing import IMPATIENT, Push
from prefdata.io.stores.folder_target import FolderTarget
count = 0
def told(*step):
    global count
    if count == {at}:
        os.kill(os.getpid(), signal.SIGKILL)
    count += 1
Push(FolderTarget({WHERE!r}, IMPATIENT), {SECOND!r}, Path({str(tmp_path / "b")!r})).run(told)
"""
    ended = subprocess.run([sys.executable, "-c", program], timeout=60, check=False)
    assert ended.returncode == -signal.SIGKILL
    assert not s3().exists(f"{WHERE}/{MANIFEST}")
    third = SECOND | {"data/new.parquet": b"new"}
    arrived = {path for path, text in content().items() if third.get(path) == text}
    changes = Push(target(), third, tmp_path / "c").run()
    assert not arrived & {file.path for file in changes.send}
    assert content() == third


def test_reading_back_finds_bytes_that_were_changed(store: Store, tmp_path: Path) -> None:
    push = Push(target(), FIRST, tmp_path / "a")
    changes, state = push.planned()
    published = push.target.publish(changes, state, "", quiet)
    s3().pipe_file(f"{WHERE}/data/test-0.parquet", b"tesT")
    with pytest.raises(IntegrityError, match=r"test-0\.parquet holds other bytes"):
        push.target.read_back(changes, published, quiet)


def test_pushes_that_mix_are_found_out(store: Store, tmp_path: Path) -> None:
    """One is done while the other, which had looked before it, is half through."""
    inner, outer = Push(target(), FIRST, tmp_path / "a"), Push(target(), SECOND, tmp_path / "b")
    changes, state = outer.planned()
    put = outer.target.store.put

    def put_late(file: LocalFile) -> None:
        if file.path == "README.md":
            found, seen = inner.planned()
            inner.target.publish(found, seen, "", quiet)
        put(file)

    outer.target.store.put = put_late  # type: ignore[method-assign]
    published = outer.target.publish(changes, state, "", quiet)
    with pytest.raises(IntegrityError, match=r"ledger/part-0\.parquet was put there by somebody"):
        outer.target.read_back(changes, published, quiet)
    with pytest.raises(IntegrityError, match=r"README\.md has 15 bytes instead of 4"):
        inner.target.read_back(Changes((*inner.files(),), (), ()), published, quiet)
    assert not s3().exists(f"{WHERE}/{MANIFEST}")
    Push(target(), SECOND, tmp_path / "b").run()
    assert content() == SECOND | {"ledger/part-0.parquet": b"ledger"}  # nobody's files are deleted


def test_a_wrong_key_is_refused_at_once(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAWRONG")
    with pytest.raises(RefusedError, match=r"s3://bucket/sets/there refuses.*credentials") as error:
        Push(target(patience=60), FIRST, tmp_path / "a").run()
    assert SECRET not in str(error.value)


def test_no_key_at_all(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    store.fail(".*", "403 Forbidden", "AccessDenied")
    with pytest.raises(RefusedError, match="refuses"):
        Push(target(patience=60), FIRST, tmp_path / "a").run()


def test_a_bucket_that_is_not_there_is_not_made(store: Store, tmp_path: Path) -> None:
    there = target("s3://nobucket/a", patience=60)
    push = Push(there, FIRST, tmp_path / "a")
    state = push.planned()[1]
    assert not state.exists
    with pytest.raises(RefusedError, match=r"no such bucket.*Make it first"):
        there.prepare(state)
    assert not s3().exists("nobucket")


def test_a_key_that_may_only_read_is_refused_before_anything_is_sent(
    store: Store, tmp_path: Path
) -> None:
    Push(target(), FIRST, tmp_path / "a").run()
    store.fail("(PUT|DELETE|POST) ", "403 Forbidden", "AccessDenied")
    with pytest.raises(RefusedError, match="list, read, write and delete"):
        Push(target(patience=60), SECOND, tmp_path / "b").run()
    store.faults.clear()
    assert content() == FIRST


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ("PUT /bucket/sets/there/data", "503 Service Unavailable", "ServiceUnavailable"),
        ("GET /bucket$", "500 Internal Server Error", "InternalError"),
        ("DELETE ", "503 Slow Down", "SlowDown"),
        ("GET /bucket/sets", "429 Too Many Requests", "TooManyRequests"),
    ],
)
def test_what_may_pass_is_tried_again(
    store: Store, tmp_path: Path, request_: str, status: str, code: str
) -> None:
    said: list[str] = []
    store.fail(request_, status, code, times=1)
    there = FolderTarget(WHERE, PushConfig(patience=20), say=said.append)
    Push(there, FIRST, tmp_path / "a").run()
    assert content() == FIRST
    if code != "SlowDown":  # that one s3fs tries again by itself
        assert "trying again" in said[0]


def test_patience_ends(store: Store, tmp_path: Path) -> None:
    store.fail("PUT ", "503 Service Unavailable", "ServiceUnavailable")
    with pytest.raises(UnavailableError, match="Run the same command again"):
        Push(target(patience=0.2), FIRST, tmp_path / "a").run()


def test_nobody_answers(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(UnavailableError, match="s3://bucket/sets/there: listing failed"):
        Push(target(), FIRST, tmp_path / "a").run()
