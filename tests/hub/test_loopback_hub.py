"""The loopback Hub itself, spoken to in plain HTTP."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import hub_faults
import pytest
from hub_access import Account
from hub_card import problems
from hub_clients import READER, WRITER
from hub_commit import Limits
from hub_errors import HubError
from hub_store import Store, git_sha1
from hub_upload import Rules
from loopback_hub import LoopbackHub

pytestmark = pytest.mark.slow
NAME = "ada/rows"
CONTENT = b"PAR1" + bytes(100_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
Reply = tuple[int, Any, http.client.HTTPMessage]


@pytest.fixture
def rows(hub: LoopbackHub) -> LoopbackHub:
    hub.store.create(NAME, author="ada")
    return hub


def ask(
    hub: LoopbackHub,
    method: str,
    address: str,
    body: bytes | object = b"",
    *,
    token: str | None = WRITER,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    target = urlsplit(address if "://" in address else hub.url + address)
    sent = {} if token is None else {"Authorization": f"Bearer {token}"}
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    connection = http.client.HTTPConnection(target.netloc, timeout=20)
    try:
        path = f"{target.path}?{target.query}" if target.query else target.path
        connection.request(method, path, content, {**sent, **(headers or {})})
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    is_json = "json" in (answer.headers["Content-Type"] or "")
    return answer.status, json.loads(text) if is_json and text else text, answer.headers


def batch(hub: LoopbackHub, content: bytes = CONTENT) -> dict[str, Any]:
    wanted = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content)}
    asked = {"operation": "upload", "objects": [wanted]}
    status, answer, _ = ask(hub, "POST", f"/datasets/{NAME}.git/info/lfs/objects/batch", asked)
    assert status == 200
    found: dict[str, Any] = answer["objects"][0]
    return found


def put(hub: LoopbackHub, content: bytes, of: bytes = CONTENT) -> int:
    href = batch(hub, of)["actions"]["upload"]["href"]
    return ask(hub, "PUT", href, content, token=None)[0]


def lines(*items: tuple[str, object], parent: str | None = None) -> bytes:
    header = {"summary": "a commit", **({"parentCommit": parent} if parent else {})}
    named = [("header", header), *items]
    return b"\n".join(json.dumps({"key": k, "value": v}).encode() for k, v in named)


def regular(path: str, content: bytes = b"text") -> tuple[str, object]:
    text = base64.b64encode(content).decode()
    return "file", {"path": path, "content": text, "encoding": "base64"}


def large(path: str, sha256: str = SHA256) -> tuple[str, object]:
    return "lfsFile", {"path": path, "algo": "sha256", "oid": sha256}


def send(hub: LoopbackHub, *items: tuple[str, object], **more: str) -> Reply:
    return ask(hub, "POST", f"/api/datasets/{NAME}/commit/main", lines(*items, **more))


def test_an_object_is_kept_only_if_it_is_what_was_announced(rows: LoopbackHub) -> None:
    assert put(rows, CONTENT[:-1]) == put(rows, CONTENT[:-1] + b"x") == 400
    assert rows.log.stored == [] and "actions" in batch(rows)
    assert put(rows, CONTENT) == 200
    assert rows.log.stored == [SHA256] and "actions" not in batch(rows)
    left = [path.name for path in (rows.store.get(NAME).folder / "objects").iterdir()]
    assert left == [SHA256]


def test_the_storage_takes_signed_addresses_and_no_token(rows: LoopbackHub) -> None:
    href = batch(rows)["actions"]["upload"]["href"]
    other = href.replace(SHA256, "0" * 64)
    assert ask(rows, "PUT", href, CONTENT)[0] == 400
    assert ask(rows, "PUT", other, CONTENT, token=None)[0] == 403
    assert ask(rows, "GET", href, token=None)[0] == 403


def test_a_commit_is_whole_or_nothing(rows: LoopbackHub) -> None:
    repository = rows.store.get(NAME)
    before = repository.commit("main").id
    status, answer, _ = send(rows, regular("a.txt"), large("data/a.parquet"))
    assert status == 400 and "data/a.parquet" in answer["error"]
    assert send(rows, regular("a.txt"), ("deletedFile", {"path": "no"}))[0] == 404
    assert send(rows, regular("a.txt"), ("nonsense", {}))[0] == 400
    assert send(rows, regular("../a.txt"))[0] == 400
    assert send(rows, regular("a"), regular("a/b"))[0] == 400
    assert send(rows, regular("README.md", b"---\nlicense: mine\n---\n"))[0] == 400
    assert send(rows, regular("a.bin", b"\0"))[0] == 400
    assert repository.commit("main").id == before
    put(rows, CONTENT)
    assert send(rows, regular("a.txt"), large("data/a.parquet"), parent=before)[0] == 200
    assert repository.read("data/a.parquet") == CONTENT
    assert repository.commit("main").parent == before
    assert send(rows, regular("b.txt"), parent=before)[0] == 412


def test_regular_files_have_the_names_that_git_gives_them(rows: LoopbackHub) -> None:
    send(rows, regular("a.txt", b"hello\n"))
    entry = rows.store.get(NAME).commit("main").entry("a.txt")
    assert entry.oid == git_sha1(b"hello\n") == "ce013625030ba8dba906f756967f9e9ca394464a"


def test_limits_of_a_commit(rows: LoopbackHub) -> None:
    rows.limits = Limits(commit_large_files=1, commit_regular_bytes=8)
    put(rows, CONTENT)
    assert send(rows, large("a.parquet"), large("b.parquet"))[0] == 413
    assert send(rows, regular("a.txt", b"123"), regular("b.txt", b"456789"))[0] == 413
    assert send(rows, large("a.parquet"), regular("a.txt", b"123456"))[0] == 200


def test_a_reader_may_not_write(rows: LoopbackHub) -> None:
    for path in ("commit/main", "preupload/main", "branch/x", "tag/main"):
        assert ask(rows, "POST", f"/api/datasets/{NAME}/{path}", {}, token=READER)[0] == 403
    assert ask(rows, "PUT", f"/api/datasets/{NAME}/settings", {}, token=None)[0] == 401
    batch_path = f"/datasets/{NAME}.git/info/lfs/objects/batch"
    assert ask(rows, "POST", batch_path, {}, token=READER)[0] == 403
    assert rows.store.get(NAME).branches.keys() == {"main"}


def test_pieces_of_a_file(rows: LoopbackHub) -> None:
    send(rows, regular("a.txt", b"0123456789"))
    path = f"/datasets/{NAME}/resolve/main/a.txt"

    def get(wanted: str) -> tuple[int, bytes]:
        return ask(rows, "GET", path, headers={"Range": f"bytes={wanted}"})[:2]

    assert get("2-4") == (206, b"234") and get("7-") == (206, b"789") and get("-2") == (206, b"89")
    assert get("5-99") == (206, b"56789") and get("10-") == (416, b"")
    status, text, headers = ask(rows, "HEAD", path)
    assert (status, text, headers["Content-Length"]) == (200, b"", "10")
    assert headers["X-Repo-Commit"] == rows.store.get(NAME).commit("main").id
    missing = ask(rows, "GET", path.replace("a.txt", "b.txt"))
    assert missing[0] == 404 and missing[2]["X-Error-Code"] == "EntryNotFound"


def test_large_files_come_from_the_storage(rows: LoopbackHub) -> None:
    put(rows, CONTENT)
    send(rows, large("a.parquet"))
    status, _, headers = ask(rows, "GET", f"/datasets/{NAME}/resolve/main/a.parquet")
    assert (status, headers["X-Linked-Size"]) == (302, str(len(CONTENT)))
    assert headers["X-Linked-ETag"] == f'"{SHA256}"'
    assert ask(rows, "GET", headers["Location"], token=None)[1] == CONTENT


def test_one_connection_for_many_requests(rows: LoopbackHub) -> None:
    """Also after errors: whatever was sent with them is read, and does not become a request."""
    connection = http.client.HTTPConnection(urlsplit(rows.url).netloc, timeout=20)
    statuses = []
    for path, body in [("/nowhere", b"x" * 100_000), ("/api/validate-yaml", b"{"), ("/no", b"")]:
        connection.request("POST", path, body)
        answer = connection.getresponse()
        statuses.append((answer.status, answer.will_close, bool(answer.read())))
    connection.close()
    assert statuses == [(404, False, True), (400, False, True), (404, False, True)]


FAULTS: list[tuple[hub_faults.Fault, type[Exception]]] = [
    (hub_faults.CutBefore(), ConnectionError),
    (hub_faults.CutAfter(), ConnectionError),
    (hub_faults.CutAnswer(), http.client.HTTPException),
    (hub_faults.CutUpload(), ConnectionError),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS, ids=lambda part: str(part))
def test_cut_connections(
    rows: LoopbackHub, fault: hub_faults.Fault, error: type[Exception]
) -> None:
    rule = rows.faults.add("POST", "/commit/", fault)
    content = b"x" * 3_000_000
    with pytest.raises((error, ConnectionError)):
        send(rows, regular("a.txt", content))
    assert rule.struck == 1
    is_done = isinstance(fault, hub_faults.CutAfter | hub_faults.CutAnswer)
    assert ("a.txt" in rows.store.get(NAME).commit("main").tree) is is_done
    assert send(rows, regular("b.txt"))[0] == 200


@pytest.mark.parametrize("as_date", [False, True])
def test_errors_that_say_when_to_come_again(rows: LoopbackHub, as_date: bool) -> None:
    rule = rows.faults.add(
        "GET", "/refs", hub_faults.Status(429, 30, as_date=as_date), first=2, times=2
    )
    path = f"/api/datasets/{NAME}/refs"
    answers = [ask(rows, "GET", path) for _ in range(4)]
    assert [status for status, *_ in answers] == [200, 429, 429, 200]
    assert rule.struck == 2
    after = answers[1][2]["Retry-After"]
    wait = parsedate_to_datetime(after).timestamp() - time.time() if as_date else float(after)
    assert 25 < wait <= 30


def test_wrong_bytes(rows: LoopbackHub) -> None:
    rows.faults.add("PUT", "/objects/", hub_faults.CorruptStored())
    assert put(rows, CONTENT) == 200
    send(rows, large("a.parquet"), regular("a.txt", b"text"))
    assert rows.store.get(NAME).read("a.parquet") != CONTENT
    rows.faults.add("GET", "a.txt", hub_faults.Corrupt())
    path = f"/datasets/{NAME}/resolve/main/a.txt"
    assert [ask(rows, "GET", path)[1] == b"text" for _ in range(2)] == [False, True]


def test_a_pause_holds_a_request(rows: LoopbackHub) -> None:
    pause = rows.faults.pause("POST", "/tag/")
    path = f"/api/datasets/{NAME}/tag/main"
    asking = threading.Thread(target=ask, args=(rows, "POST", path, {"tag": "v1"}))
    asking.start()
    assert pause.reached.wait(10) and rows.store.get(NAME).tags == {}
    pause.go.set()
    asking.join(10)
    assert set(rows.store.get(NAME).tags) == {"v1"}


def test_the_log_knows_changes_and_keeps_no_token(rows: LoopbackHub) -> None:
    put(rows, CONTENT)
    send(rows, large("a.parquet"))
    ask(rows, "GET", f"/api/datasets/{NAME}")
    assert [seen.method for seen in rows.log.changes] == ["PUT", "POST"]
    assert rows.log.uploads[0].received == len(CONTENT)
    assert not rows.log.uploads[0].authorized and rows.log.changes[1].authorized
    assert WRITER not in repr(list(rows.log)) and "signature" not in repr(list(rows.log))


@pytest.mark.parametrize(
    ("path", "start", "size", "mode"),
    [
        ("data/a.parquet", b"PAR1", 9, "lfs"),
        ("a.txt", b"text", 9, "regular"),
        ("a.txt", b"text", 10_000_001, "lfs"),
        ("a.txt", b"\0", 9, "lfs"),
        ("a.txt", "界".encode()[:2], 9, "regular"),
        ("a.txt", b"\xff", 9, "lfs"),
        ("ledger/b.jsonl", b"{", 9, "lfs"),
        ("ledger/x/b.jsonl", b"{", 9, "regular"),
    ],
)
def test_what_is_large(hub: LoopbackHub, path: str, start: bytes, size: int, mode: str) -> None:
    repository = hub.store.create(NAME)
    before = repository.read(".gitattributes")
    line = b"ledger/b.jsonl filter=lfs diff=lfs merge=lfs -text\n"
    send(hub, regular(".gitattributes", before + line), regular(".gitignore", b"*.tmp\n!b.tmp\n"))
    rules = Rules.of(repository, "main")
    assert rules.mode(path, size, start) == mode
    assert [rules.ignores(name) for name in ("x/a.tmp", "b.tmp", path)] == [True, False, False]


@pytest.mark.parametrize(
    ("front", "fault"),
    [
        ("license: apache-2.0\nlanguage: [en, zh, multilingual]", None),
        ("size_categories: ['1K<n<10K']\ntags: [a]", None),
        ("configs: [{config_name: default, data_files: [{split: train, path: 'd/*'}]}]", None),
        ("license: mine", '"license"'),
        ("language: English", '"language\\[0\\]"'),
        ("size_categories: 5000", '"size_categories"'),
        ("configs: {config_name: default}", '"configs"'),
        ("configs: [{data_files: 'd/*'}]", "config_name"),
        ("configs: [{config_name: a, data_files: [{split: train}]}]", "path"),
        ("configs: [{config_name: a}, {config_name: a}]", "twice"),
        ("dataset_info: {features: [{name: a}]}", "features"),
        ("dataset_info: {features: [{name: a, dtype: string}]}", None),
        ("a: [", "Invalid YAML"),
        ("- a", "object"),
    ],
)
def test_front_matter(front: str, fault: str | None) -> None:
    errors, warnings = problems(f"---\n{front}\n---\n# Title\n")
    assert warnings == []
    assert errors == [] if fault is None else re.search(fault, errors[0])


def test_no_front_matter_is_a_warning() -> None:
    assert problems("# Title\n---\n") == ([], ["empty or missing yaml metadata in repo card"])


@pytest.mark.parametrize("name", ["ada/a b", "ada/../b", "ada/.b", "ada/b.git", "ada", "a/b/c"])
def test_names_that_the_hub_refuses(tmp_path: Path, name: str) -> None:
    with pytest.raises(HubError, match="name"):
        Store(tmp_path).create(name)


def test_what_is_on_disk_is_there_the_next_time(rows: LoopbackHub) -> None:
    put(rows, CONTENT)
    send(rows, large("a.parquet"), regular("a.txt"))
    rows.store.get(NAME).refer("tags", "v1", "main")
    again = Store(rows.store.root).get(NAME)
    assert again.files("v1") == rows.store.get(NAME).files()
    assert [commit.title for commit in again.history("main")] == ["a commit", "initial commit"]


def test_as_a_program(tmp_path: Path) -> None:
    program = Path(__file__).with_name("loopback_hub.py")
    given = ["--root", str(tmp_path), "--token", "secret=ada:write:lab"]
    running = subprocess.Popen(
        [sys.executable, str(program), *given], stdout=subprocess.PIPE, text=True
    )
    try:
        assert running.stdout is not None
        url = running.stdout.readline().strip()
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=20)
        connection.request("GET", "/api/whoami-v2", headers={"Authorization": "Bearer secret"})
        assert json.loads(connection.getresponse().read())["name"] == "ada"
        connection.close()
    finally:
        os.kill(running.pid, signal.SIGTERM)
        assert running.wait(10) == 0
        running.stdout.close()


def test_an_account_is_read_from_text() -> None:
    assert Account.parse("ada:write:lab,club") == Account("ada", "write", ("lab", "club"))
    with pytest.raises(ValueError, match="read or write"):
        Account.parse("ada:admin")
