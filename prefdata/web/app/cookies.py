"""Cookies: no script reads them, no other site sends them along, behind TLS only TLS has them."""

from __future__ import annotations

from collections.abc import Mapping

from prefdata.web.app.site import Site

SESSION, JOINING = "session", "joining"


def cookie_name(site: Site, purpose: str) -> str:
    """The name: with the strictest prefix that browsers hold a cookie of this site to."""
    name = f"prefdata-{site.name}-{purpose}"
    if not site.secure:
        return name
    return f"__Secure-{name}" if site.prefix else f"__Host-{name}"


def cookie(site: Site, purpose: str, value: str, *, seconds: int) -> str:
    """A Set-Cookie header. `seconds` 0 removes the cookie.

    The session's is Lax, so that whoever follows an invitation link again is known and does not
    join twice; what changes anything needs a token besides. Others are Strict.
    """
    same_site = "Lax" if purpose == SESSION else "Strict"
    parts = [
        f"{cookie_name(site, purpose)}={value}",
        f"Path={site.prefix or '/'}",
        f"Max-Age={seconds}",
        "HttpOnly",
        f"SameSite={same_site}",
    ]
    return "; ".join([*parts, "Secure"] if site.secure else parts)


def cookie_value(site: Site, purpose: str, cookies: Mapping[str, str]) -> str:
    """The value that a browser sent, "" if none."""
    return cookies.get(cookie_name(site, purpose), "")
