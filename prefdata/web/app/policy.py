"""Headers that every answer has: what a page may load, who may frame it, what may be kept."""

from __future__ import annotations

from typing import Final

POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

KEPT_FOREVER: Final = "public, max-age=31536000, immutable"

_HEADERS: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"x-robots-tag", b"noindex"),
)
_NOT_KEPT: Final = (b"cache-control", b"no-store")

Headers = list[tuple[bytes, bytes]]


def with_policy(headers: Headers) -> Headers:
    """The headers of an answer with those of the policy; unless it says so, nobody keeps it."""
    kept = any(name == b"cache-control" for name, _ in headers)
    return [*headers, *_HEADERS] if kept else [*headers, *_HEADERS, _NOT_KEPT]
