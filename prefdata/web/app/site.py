"""Where a server is reached: hosts it answers to, the path prefix, and whether TLS is in front."""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlsplit

from prefdata.errors import UsageError

_HOST_HEADER = re.compile(r"(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+)(?::(?P<port>\d{1,5}))?")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)*")


@dataclass(frozen=True)
class Site:
    """The addresses of one server, and the name that sets its cookies apart from others."""

    url: str
    """Where people reach it, without a slash at the end."""
    prefix: str
    """The path before every path of ours: "" or "/label"."""
    hosts: frozenset[str]
    """Names that a Host header may have, in lower case; addresses in digits always may."""
    name: str
    """Eight letters that stand for what is served: cookies know no port."""

    @property
    def secure(self) -> bool:
        """Whether people reach it by TLS."""
        return self.url.startswith("https:")

    @property
    def origin(self) -> str:
        """Scheme, host and port, as a browser names where a request comes from."""
        return self.url.removesuffix(self.prefix) if self.prefix else self.url

    def join_link(self, token: str) -> str:
        """Where whoever has this token of an invitation joins."""
        return f"{self.url}/join/{token}"

    def answers_to(self, host: str) -> bool:
        """Whether a Host header names this server.

        A page of a stranger that makes its own name point here (DNS rebinding) is told by that
        name, which it cannot hide. An address in digits is no name, and so always good.
        """
        fits = _HOST_HEADER.fullmatch(host)
        if fits is None:
            return False
        name = fits["host"].strip("[]").lower().rstrip(".")
        return name in self.hosts or _is_address(name)

    def is_own(self, origin: str, host: str) -> bool:
        """Whether an Origin header names this server, which was asked for as `host`."""
        return origin == self.origin or (
            not self.secure and origin.lower() == f"http://{host.lower()}"
        )


def site_of(identity: str, *, host: str, port: int, public_url: str | None = None) -> Site:
    """The site of a server that listens at a host and port.

    Args:
        identity: What is served, such as the absolute path of a project.
        host: The name or address that it listens at.
        port: Its port, chosen already.
        public_url: Where people reach it, if a proxy stands in front.

    Raises:
        UsageError: the public address is none that a browser can be sent to.
    """
    name = sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    own = {"localhost", host.lower(), socket.gethostname().lower()} - {"", "::", "0.0.0.0"}  # noqa: S104
    if public_url is None:
        shown = _shown_host(host)
        return Site(f"http://{shown}:{port}", "", frozenset(own), name)
    public = public_url.rstrip("/")
    if fault := _fault_of(public):
        raise UsageError(
            f"--public-url {public_url}: {fault}. It is the address that people type, such as "
            "https://example.org/label"
        )
    parts = urlsplit(public)
    hosts = frozenset(own | {(parts.hostname or "").lower()})
    origin = f"{parts.scheme.lower()}://{parts.netloc.lower()}"
    return Site(origin + parts.path, parts.path, hosts, name)


def _fault_of(public: str) -> str:
    try:
        parts = urlsplit(public)
        port = parts.port
    except ValueError:
        return "this is no address of a page"
    if parts.scheme.lower() not in ("http", "https"):
        return "it has to begin with https:// or http://"
    if parts.username is not None or parts.query or parts.fragment:
        return "it may hold a scheme, a host, a port and a path, and nothing else"
    if _HOST_HEADER.fullmatch(parts.netloc) is None or port == 0:
        return "its host is none"
    if _PREFIX.fullmatch(parts.path) is None or "/.." in parts.path or "/./" in parts.path:
        return "its path may hold letters, digits and . _ ~ - between slashes"
    return ""


def _shown_host(host: str) -> str:
    """The host in a link: a server that listens everywhere is shown by the name of its machine."""
    if host in ("", "0.0.0.0", "::"):  # noqa: S104
        return socket.gethostname()
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a host."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
