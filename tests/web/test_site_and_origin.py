"""Where a server is reached, and which names and origins are its own."""

from __future__ import annotations

import asyncio
import socket

import pytest

from prefdata.errors import OutputError, UsageError
from prefdata.web.app.cookies import SESSION, cookie, cookie_name
from prefdata.web.app.serving import listen
from prefdata.web.app.site import is_loopback, site_of


@pytest.mark.parametrize(
    ("host", "good"),
    [
        ("127.0.0.1:8000", True),
        ("localhost:8000", True),
        ("LOCALHOST", True),
        ("[::1]:8000", True),
        ("192.168.1.7:8000", True),
        ("evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("localhost@evil.example", False),
        ("localhost:8000, evil.example", False),
        ("", False),
        ("localhost:999999", False),
        ("[::1", False),
    ],
)
def test_a_host_is_ours_or_an_address_in_digits(host: str, good: bool) -> None:
    site = site_of("project", host="127.0.0.1", port=8000)
    assert site.answers_to(host) is good


def test_a_public_address_adds_its_host_and_prefix() -> None:
    public = "https://Label.example/one/two/"
    site = site_of("project", host="127.0.0.1", port=8000, public_url=public)
    assert site.url == "https://label.example/one/two"
    assert (site.prefix, site.origin, site.secure) == ("/one/two", "https://label.example", True)
    assert site.answers_to("label.example")
    assert site.is_own("https://label.example", "label.example")
    assert not site.is_own("http://label.example", "label.example")
    assert site.join_link("abc") == "https://label.example/one/two/join/abc"


def test_without_tls_an_origin_is_what_was_asked_for() -> None:
    site = site_of("project", host="0.0.0.0", port=8000)
    assert site.is_own("http://192.168.1.7:8000", "192.168.1.7:8000")
    assert not site.is_own("http://192.168.1.7:9000", "192.168.1.7:8000")
    assert "0.0.0.0" not in site.url


@pytest.mark.parametrize(
    "url",
    [
        "example.org",
        "ftp://example.org",
        "https://user@example.org",
        "https://example.org/?a=1",
        "https://example.org/#x",
        "https://example.org/a b",
        "https://example.org/../x",
        "https://exam ple.org",
        "https://example.org:99999",
        "https://[::1",
        'https://example.org/"><script>',
    ],
)
def test_a_public_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="--public-url"):
        site_of("project", host="127.0.0.1", port=8000, public_url=url)


@pytest.mark.parametrize(
    ("url", "prefix", "ends"),
    [
        (None, "", "; HttpOnly; SameSite=Lax"),
        ("https://a.example", "__Host-", "; HttpOnly; SameSite=Lax; Secure"),
        ("https://a.example/label", "__Secure-", "; HttpOnly; SameSite=Lax; Secure"),
    ],
)
def test_cookies_are_as_strict_as_the_address_allows(
    url: str | None, prefix: str, ends: str
) -> None:
    site = site_of("project", host="127.0.0.1", port=8000, public_url=url)
    made = cookie(site, SESSION, "secret", seconds=60)
    assert made.startswith(f"{prefix}prefdata-{site.name}-session=secret; Path=")
    assert made.endswith(ends)
    assert "Domain" not in made
    if prefix == "__Host-":
        assert "Path=/;" in made


def test_two_projects_on_one_host_have_cookies_of_their_own() -> None:
    one, other = (site_of(name, host="127.0.0.1", port=8000) for name in ("one", "other"))
    assert cookie_name(one, SESSION) != cookie_name(other, SESSION)


def test_loopback_is_told_from_a_network() -> None:
    assert [is_loopback(h) for h in ("127.0.0.1", "::1", "localhost", "0.0.0.0", "a.example")] == [
        True, True, True, False, False,
    ]  # fmt: skip


def test_a_port_that_is_taken_is_said() -> None:
    with (
        listen("127.0.0.1", 0) as taken,
        pytest.raises(OutputError, match="another program"),
    ):
        listen("127.0.0.1", taken.getsockname()[1])


def test_an_answer_in_two_writes_waits_for_no_acknowledgement() -> None:
    async def delay_is_off() -> bool:
        found = asyncio.get_running_loop().create_future()

        async def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            own = writer.get_extra_info("socket")
            found.set_result(bool(own.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)))
            writer.close()

        with listen("127.0.0.1", 0) as listening:
            async with await asyncio.start_server(met, sock=listening):
                _, writer = await asyncio.open_connection(*listening.getsockname())
                writer.close()
                return await found

    assert asyncio.run(delay_is_off())


@pytest.mark.parametrize(("host", "port"), [("192.0.2.1", 0), ("no such host", 0), ("::1", 70000)])
def test_a_host_that_is_not_ours_is_said(host: str, port: int) -> None:
    with pytest.raises(UsageError, match="--host"):
        listen(host, port)
