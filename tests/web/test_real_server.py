"""A real server on loopback: it ends in order, tells no secret, and survives being killed."""

from __future__ import annotations

import asyncio
import signal
import socket
import threading
import time
from pathlib import Path

import httpx2
import pytest

from prefdata.pipeline.annotation.campaign import Campaign
from tests.web.kills import cookie_of, faults_of, killed_under_load
from tests.web.load import crowd, prepared
from tests.web.real_server import RealServer
from tests.web.served import HIDDEN, new_campaign, vote

pytestmark = pytest.mark.slow


@pytest.fixture
def project(tmp_path: Path) -> Path:
    path = tmp_path / "project.sqlite"
    new_campaign(path).close()
    return path


def joined(project: Path, server: RealServer) -> httpx2.Client:
    """Somebody who has joined before."""
    campaign = Campaign.open(project)
    session = campaign.join(campaign.invite().token, "Ann")
    campaign.close()
    cookie = f"{cookie_of(project, server.port)}={session.session}"
    headers = {"cookie": cookie, "x-csrf-token": session.csrf}
    return httpx2.Client(base_url=server.url, headers=headers, timeout=30)


def test_a_browser_joins_votes_and_finds_the_vote_after_a_restart(project: Path) -> None:
    campaign = Campaign.open(project)
    token = campaign.invite().token
    campaign.close()
    with (
        RealServer(project, ("--log",)) as server,
        httpx2.Client(base_url=server.url, follow_redirects=True) as ann,
    ):
        csrf = HIDDEN.search(ann.get(f"/join/{token}").text)[1]  # type: ignore[index]
        fields = {"name": "Ann Secretname", "csrf": csrf}
        origin = {"origin": server.url}
        assert ann.post(f"/join/{token}", data=fields, headers=origin).status_code == 200
        ann.headers["x-csrf-token"] = ann.get("/api/me").json()["csrf"]
        item = ann.get("/api/next").json()["items"][0]["id"]
        ann.post("/api/vote", json=vote(item), headers=origin).raise_for_status()
        code, said = server.stop()
        assert code == 130
        secrets = [token, csrf, ann.headers["x-csrf-token"], "Secretname", *ann.cookies.values()]
        assert "POST /api/vote 200" in said
        assert not [secret for secret in secrets if secret in said]
        server.start()
        assert len(ann.get("/api/mine").json()["votes"]) == 1


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_request_in_hand_is_finished_when_the_server_is_told_to_end(
    project: Path, number: signal.Signals, code: int
) -> None:
    with RealServer(project) as server, joined(project, server) as ann:
        items = ann.get("/api/next?count=5").json()["items"]
        answers: list[int] = []

        def send() -> None:
            for item in items:
                try:
                    response = ann.post("/api/vote", json=vote(item["id"]))
                except httpx2.TransportError:
                    return
                answers.append(response.json()["saved"])

        sending = threading.Thread(target=send)
        sending.start()
        time.sleep(0.05)
        ended, said = server.stop(number)
        assert (ended, said.strip()) == (code, "")
        sending.join()
    campaign = Campaign.open(project)
    assert campaign.last_vote() == len(answers)
    campaign.close()


def test_whoever_sends_slowly_or_nonsense_keeps_nobody_waiting(project: Path) -> None:
    with RealServer(project) as server, joined(project, server) as ann:
        lines = [b"", b"GET / HTTP/1.1\r\nhost: x", b"\x16\x03\x01\x00\xff", b"G" * 70_000]
        lines += [b"POST /api/vote HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n{"] * 20
        sockets = []
        for line in lines:
            sockets.append(socket.create_connection(("127.0.0.1", server.port)))
            sockets[-1].sendall(line)
        assert ann.get("/api/me").status_code == 200
        assert server.stop()[0] == 130
        for each in sockets:
            each.close()


def test_a_chunked_body_is_bounded_too(project: Path) -> None:
    with RealServer(project) as server, joined(project, server) as ann:
        pieces = (b"x" * 1000 for _ in range(1000))
        assert ann.post("/api/vote", content=pieces).status_code == 413
        assert ann.get("/api/me").status_code == 200


def test_believed_is_a_proxy_only_where_one_is_named(project: Path) -> None:
    told = {}
    for options in ((), ("--public-url", "http://label.example/x")):
        with RealServer(project, options) as server:
            codes = []
            for number in range(12):
                headers = {"x-forwarded-for": f"198.51.100.{number}"}
                url = f"{server.url}/x/join/no" if options else f"{server.url}/join/no"
                codes.append(httpx2.get(url, headers=headers).status_code)
            told[len(options)] = codes
    assert told[0] == [404] * 10 + [429] * 2
    assert told[2] == [404] * 12


def test_no_vote_is_lost_or_doubled_when_the_server_is_killed(tmp_path: Path) -> None:
    project = tmp_path / "project.sqlite"
    new_campaign(project, [f"text {number}" for number in range(5000)]).close()
    told = asyncio.run(killed_under_load(project, 8, seed=1, annotators=6))
    assert len(told.acknowledged) > 8
    assert faults_of(project, told) == []


def test_many_annotators_at_once_are_answered_in_bounded_memory(tmp_path: Path) -> None:
    project = tmp_path / "project.sqlite"
    prepared(project, 400, 800, seed=0)
    with RealServer(project) as server:
        measured = asyncio.run(crowd(project, server.port, 30, 300, seed=0))
        assert len(measured.saving) == 300
        assert server.most_memory() < 300 << 20
