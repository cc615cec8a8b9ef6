"""One request over HTTP: what comes back is bounded, and every way to fail has a meaning."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp

from prefdata.clients.secret import Secret
from prefdata.clients.trouble import Trouble, not_there, one_line, trouble_of
from prefdata.config.asking import ServerConfig
from prefdata.config.section import KIB, MIB
from prefdata.errors import UsageError
from prefdata.network import why_unreachable
from prefdata.version import __version__

_MOST_OF_AN_ERROR = 64 * KIB
_KEPT_SECONDS = 15.0
"""How long an idle connection is kept: shorter than servers do, so that few are closed by them
just when they are used again."""


@dataclass
class Line:
    """The way to a server. `was_answered`: it has been there, in whatever way it answered."""

    config: ServerConfig
    secret: Secret
    was_answered: bool = False
    _session: aiohttp.ClientSession | None = None

    @property
    def longest_seconds(self) -> float:
        """How long an answer may take."""
        return self.config.timeout_seconds

    async def open(self) -> None:
        """Gets ready; nothing is sent yet."""
        self._url = chat_url(self.config.base_url)
        self._most = self.config.answer_mib * MIB
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEPT_SECONDS),
            timeout=aiohttp.ClientTimeout(
                total=self.config.timeout_seconds, sock_connect=self.config.connect_seconds
            ),
            headers={
                "Content-Type": "application/json",
                "Accept": "application/json",
                "Accept-Encoding": "identity",  # nothing small that grows large
                "User-Agent": f"prefdata/{__version__}",
            }
            | self.secret.header(),
            cookie_jar=aiohttp.DummyCookieJar(),
            proxy=proxy_for(self._url),  # not by trust_env, which lets ~/.netrc replace the key
        )

    async def close(self) -> None:
        """Ends all connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def send(self, body: bytes) -> bytes | Trouble:
        """The body of an answer of status 200, or what went wrong."""
        assert self._session is not None, "open it before"
        try:
            async with self._session.post(self._url, data=body, allow_redirects=False) as response:
                self.was_answered = True
                if response.status == 200:
                    return await self._content(response)
                content = self.secret.hidden_bytes(await _start(response, _MOST_OF_AN_ERROR))
                return trouble_of(response.status, content, response.headers.get("Retry-After"))
        except TimeoutError as error:
            return self._late(error)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            return self._cut(error)

    async def _content(self, response: aiohttp.ClientResponse) -> bytes | Trouble:
        length = response.content_length
        if (
            length is not None
            and length <= self._most
            and not response.headers.get("Content-Encoding")
        ):
            return await response.read()
        content = await _start(response, self._most + 1)
        if len(content) > self._most:
            response.close()
            return Trouble("again", f"the answer is longer than {self.config.answer_mib} MiB")
        return content

    def _late(self, error: TimeoutError) -> Trouble:
        if isinstance(error, aiohttp.ConnectionTimeoutError):
            seconds = self.config.connect_seconds
            return self._absent(f"no connection came about in {seconds:g} s")
        return Trouble("busy", f"no answer in {self.config.timeout_seconds:g} s")

    def _cut(self, error: Exception) -> Trouble:
        """What a broken connection means; the error itself, which knows the key, is not kept."""
        if isinstance(error, aiohttp.ClientConnectorCertificateError | aiohttp.ClientSSLError):
            said = f"its certificate is not trusted ({one_line(str(error))})"
            return Trouble(
                "end",
                said,
                error=UsageError(
                    f"{self._where()}: {said}. Check the address, or set SSL_CERT_FILE."
                ),
            )
        if isinstance(error, aiohttp.InvalidURL):
            return Trouble(
                "end", "no address", error=UsageError(f"{self._where()}: is no address.")
            )
        if isinstance(error, aiohttp.ClientConnectorError):
            return self._absent(why_unreachable(error) or one_line(str(error.os_error)))
        words = one_line(str(error))
        return Trouble(
            "again",
            f"the connection was cut ({type(error).__name__}{': ' if words else ''}{words})",
        )

    def _absent(self, why: str) -> Trouble:
        if self.was_answered:
            return Trouble("busy", f"the server is gone: {why}")
        return not_there(
            f"{self._where()}: {why}. Start the server, or check the address and the proxy; the "
            "same command goes on where it stopped."
        )

    def _where(self) -> str:
        return one_line(self.config.base_url)


async def _start(response: aiohttp.ClientResponse, most: int) -> bytes:
    """An answer up to a size."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size >= most:
            response.close()
            break
    return b"".join(parts)[:most]


def chat_url(base_url: str) -> str:
    """The address of chat completions; a query, which some services want, stays at the end.

    >>> chat_url("https://host/v1?api-version=2")
    'https://host/v1/chat/completions?api-version=2'
    """
    parts = urlsplit(base_url)
    path = parts.path.rstrip("/")
    if not path.endswith("/chat/completions"):
        path += "/chat/completions"
    return urlunsplit(parts._replace(path=path))


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address, if it names one."""
    parts = urlsplit(url)
    if proxy_bypass(parts.hostname or ""):
        return None
    return getproxies().get(parts.scheme)
