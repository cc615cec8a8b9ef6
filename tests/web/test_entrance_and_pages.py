"""The one way in: hosts, origins, prefixes, headers of every answer, sizes, errors, log."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from prefdata.web.app.entrance import masked
from prefdata.web.app.policy import POLICY
from tests.web.served import Served, first_item, new_campaign, served, vote

PATHS = (
    "/", "/lead", "/join/none", "/api/me", "/api/next", "/api/mine", "/api/item/1",
    "/api/questions",
    "/api/lead/overview", "/api/lead/people", "/api/lead/export", "/api/none", "/none",
    "/assets/none/none.js", "/assets/x/..%2f..%2fpyproject.toml",
)  # fmt: skip


@pytest.mark.parametrize("who", ["nobody", "annotator", "lead"])
@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers_of_the_policy(pages: Served, path: str, who: str) -> None:
    client = pages.stranger() if who == "nobody" else pages.somebody(who)  # type: ignore[arg-type]
    headers = client.get(path).headers
    assert headers["content-security-policy"] == POLICY
    assert "unsafe" not in POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_assets_are_kept_for_good_and_named_by_content(pages: Served) -> None:
    page = pages.somebody().get("/").text
    path = page.partition('href="')[2].partition('"')[0]
    asset = pages.stranger().get(path)
    assert asset.status_code == 200
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-security-policy"] == POLICY
    name = path.rpartition("/")[2]
    assert pages.stranger().get(f"/assets/0000000000000000/{name}").status_code == 404


@pytest.mark.parametrize("name", ["frame.html", "annotator.html", "../serving.py", "%2e%2e/x", ""])
def test_nothing_but_assets_is_given_out(pages: Served, name: str) -> None:
    fingerprint = pages.somebody().get("/").text.partition("/assets/")[2].partition("/")[0]
    assert pages.stranger().get(f"/assets/{fingerprint}/{name}").status_code == 404


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8000", "127.0.0.1@evil.example"])
def test_another_host_is_refused_before_anything_else(pages: Served, host: str) -> None:
    ann = pages.somebody()
    for path in ("/api/next", "/", "/join/none"):
        assert ann.get(path, headers={"host": host}).status_code == 421
    refused = ann.post("/api/vote", vote(1), headers={"host": host})
    assert (refused.status_code, refused.json()["code"]) == (421, "host")


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "https://127.0.0.1:8000"},
        {"origin": "http://127.0.0.1:8000.evil.example"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_post_from_another_page_is_refused(pages: Served, headers: dict[str, str]) -> None:
    ann = pages.somebody()
    item = first_item(ann)["id"]
    refused = ann.post("/api/vote", vote(item), headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "origin")
    token = pages.campaign.invite().token
    assert ann.ask("POST", f"/join/{token}", data={"name": "A"}, headers=headers).status_code == 403
    assert pages.campaign.last_vote() == 0


@pytest.mark.parametrize("public", ["https://a.example/label", "https://a.example"])
def test_behind_a_proxy_all_stays_below_its_prefix(tmp_path: Path, public: str) -> None:
    pages = served(new_campaign(tmp_path / "project.sqlite"), public)
    token = pages.campaign.invite().token
    ann = pages.stranger()
    joined = ann.join(token)
    prefix = pages.site.prefix
    assert joined.headers["location"] == f"{prefix}/"
    session = next(each for each in joined.headers.get_list("set-cookie") if "-session=" in each)
    assert f"Path={prefix or '/'};" in session
    assert session.endswith("; Secure")
    page = ann.get("/")
    assert f'data-prefix="{prefix}"' in page.text
    asset = page.text.partition('href="')[2].partition('"')[0]
    assert asset.startswith(f"{prefix}/assets/")
    assert ann.ask("GET", asset).status_code == 200
    assert ann.post("/api/vote", vote(first_item(ann)["id"])).status_code == 200
    # a proxy that takes the prefix off
    assert ann.ask("GET", "/api/me").status_code == 200
    link = pages.somebody("lead").post("/api/lead/invite", {}).json()["link"]
    assert link.startswith(f"{public}/join/")
    pages.campaign.close()


@pytest.mark.parametrize("size", [(64 << 10) + 1, 3 << 20])
def test_a_request_that_is_too_large_is_refused(pages: Served, size: int) -> None:
    ann = pages.somebody()
    for path in ("/api/vote", "/api/question"):
        refused = ann.ask("POST", path, content=b'"' + b"x" * size)
        assert (refused.status_code, refused.json()["code"]) == (413, "too-large")
    token = pages.campaign.invite().token
    assert ann.ask("POST", f"/join/{token}", content=b"x" * size).status_code == 413


@pytest.mark.parametrize("said", ["-1", "1e9", "x", "9" * 400])
def test_a_length_that_is_none_is_refused(pages: Served, said: str) -> None:
    ann = pages.somebody()
    refused = ann.ask("POST", "/api/vote", content=b"{}", headers={"content-length": said})
    assert refused.status_code == 413


@pytest.mark.parametrize(("language", "word"), [("en", "signed in"), ("zh-CN,zh;q=0.9", "登录")])
def test_an_error_is_a_page_in_the_language_of_the_browser(
    pages: Served, language: str, word: str
) -> None:
    stranger = pages.stranger()
    page = stranger.get("/", headers={"accept-language": language})
    assert page.status_code == 401
    assert page.headers["content-type"].startswith("text/html")
    assert word in page.text
    assert word in stranger.get("/api/me", headers={"accept-language": language}).json()["error"]


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "POST"])
def test_other_methods_are_refused(pages: Served, method: str) -> None:
    assert pages.somebody("lead").ask(method, "/api/me").status_code == 405


def test_the_log_holds_no_secret(pages: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "prefdata")
    token = pages.campaign.invite().token
    ann = pages.stranger()
    ann.join(token, "Ann Secretname")
    secrets = [token, ann.csrf, *ann.cookies.values(), "Secretname"]
    for path in (f"/join/{token}x", f"/JOIN/{token}", f"/jion/{token}", f"/api/me?t={token}"):
        ann.get(path)
    ann.get(f"/%6aoin/{token}")
    ann.post("/api/vote", {"request": token})
    link = ann.post("/api/link").json()["link"]
    secrets.append(link.rpartition("/")[2])
    assert "GET /join/***" in caplog.text
    assert not [secret for secret in secrets if secret in caplog.text]


def test_a_path_in_the_log_drives_no_terminal() -> None:
    assert masked("/a\x1b[31m\n/é\u202e") == "/a?[31m?/\\xe9\\u202e"
    assert masked("/join/abc") == "/join/***"
    assert masked("/api/item/12") == "/api/item/12"
    assert len(masked("/" + "a/" * 10_000)) < 600
