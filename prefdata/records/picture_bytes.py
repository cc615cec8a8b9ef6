"""The bytes of pictures: how text holds them, and what stands for them in metadata.

Metadata never holds bytes. Their SHA-256 and their size stand for them, beside the path if the row
has one: `{"path": "a.png", "sha256": "...", "size": 812}`.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any

Keep = Callable[[bytes], str]
"""Takes bytes, and returns their SHA-256 in hexadecimal digits."""

_URI = re.compile(r"data:[\w.+/-]*(?:;[\w.+=-]+?)*?(?P<base64>;base64)?,", re.IGNORECASE)
_URI_HEAD = 256
_STARTS = ("iVBORw0KGgo", "/9j/", "R0lGOD", "UklGR", "SUkqA", "TU0AK")
"""PNG, JPEG, GIF, WebP and TIFF in base64."""
_SHORTEST = 40
_OPENINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_HEIF = (b"hei", b"hev", b"mif", b"avi")
_NESTED = ("url", "image_url", "image")


def digest(content: bytes) -> str:
    """The SHA-256 of bytes in hexadecimal digits."""
    return sha256(content).hexdigest()


def reference(content: bytes, keep: Keep, path: str | None = None) -> dict[str, Any]:
    """What stands in metadata for bytes, which are handed to `keep`."""
    named = {} if path is None else {"path": path}
    return {**named, "sha256": keep(content), "size": len(content)}


def is_reference(value: object) -> bool:
    """Whether a value is what `reference` returns."""
    if not isinstance(value, dict):
        return False
    stated, size = value.get("sha256"), value.get("size")
    return isinstance(size, int) and isinstance(stated, str) and len(stated) == 64


def is_picture(content: bytes) -> bool:
    """Whether bytes begin as a PNG, JPEG, GIF, WebP, BMP, TIFF, HEIC or AVIF does."""
    is_webp = content[:4] == b"RIFF" and content[8:12] == b"WEBP"
    is_heif = content[4:8] == b"ftyp" and content[8:11] in _HEIF
    return content.startswith(_OPENINGS) or is_webp or is_heif


def is_data_uri(text: str) -> bool:
    """Whether a text is a `data:` URI."""
    return _URI.match(text[:_URI_HEAD]) is not None


def holds_bytes(text: str) -> bool:
    """Whether a text is a `data:` URI, or begins as a picture in base64 does."""
    return is_data_uri(text) or (len(text) >= _SHORTEST and text.startswith(_STARTS))


def decoded(text: str) -> bytes | None:
    """The bytes in a `data:` URI or in base64; None if there are none, or it does not decode.

    >>> decoded("data:image/gif;base64,R0lGODlh")
    b'GIF89a'
    >>> decoded("R0lG*DlhAQABAA")
    """
    uri = _URI.match(text[:_URI_HEAD])
    if uri and not uri["base64"]:
        return None
    packed = "".join(text[uri.end() if uri else 0 :].split())
    try:
        return base64.b64decode(packed + "=" * (-len(packed) % 4), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def text_in(item: Mapping[str, Any]) -> str | None:
    """The text that holds the bytes of a picture in an object: base64 in `bytes`, or a URI."""
    held = item.get("bytes")
    if isinstance(held, str) and held:
        return held
    return next((text for text in _links(item) if is_data_uri(text)), None)


def path_in(item: Mapping[str, Any]) -> str | None:
    """The path or URL of a picture in an object."""
    path = item.get("path")
    if isinstance(path, str) and path:
        return path
    return next((text for text in _links(item) if text and not is_data_uri(text)), None)


def _links(item: Mapping[str, Any]) -> list[str]:
    values = (item.get(name) for name in _NESTED)
    links = (value.get("url") if isinstance(value, dict) else value for value in values)
    return [link for link in links if isinstance(link, str)]
