"""What a request brings: read up to a size, taken apart up to a depth, refused with a sentence."""

from __future__ import annotations

import asyncio
from typing import TypeVar
from urllib.parse import parse_qs

import msgspec
from starlette.requests import ClientDisconnect, Request

from prefdata.web.app.refusal import Refusal

T = TypeVar("T")

JSON_BYTES = 64 << 10
FORM_BYTES = 8 << 10
_SECONDS = 60
"""Seconds that a body may take: whoever sends slowly keeps a connection from others."""

_DEPTH = 32
"""Brackets that may stand open at once: an answer needs three."""


async def read_body(request: Request, limit: int) -> bytes:
    """The body of a request.

    Raises:
        Refusal: it is larger than `limit` bytes, or does not arrive.
    """
    said = request.headers.get("content-length", "0")
    if not said.isdigit() or int(said[:20]) > limit:
        raise Refusal(413, "too-large", limit=limit)
    parts, size = [], 0
    try:
        async with asyncio.timeout(_SECONDS):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise Refusal(413, "too-large", limit=limit)
                parts.append(part)
    except TimeoutError:
        raise Refusal(408, "slow", seconds=_SECONDS) from None
    except ClientDisconnect:
        raise Refusal(400, "not-json", detail="it ended early") from None
    return b"".join(parts)


def decoded(body: bytes, decoder: msgspec.json.Decoder[T]) -> T:
    """What a JSON body says.

    Raises:
        Refusal: it is no JSON, nested beyond reason, or not of the form that is asked for.
    """
    if body.count(b"[") + body.count(b"{") > _DEPTH and _depth(body) > _DEPTH:
        raise Refusal(422, "not-json", detail=f"more than {_DEPTH} brackets stand open at once")
    try:
        return decoder.decode(body)
    except (msgspec.ValidationError, RecursionError, OverflowError) as error:
        raise Refusal(422, "not-json", detail=_brief(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refusal(400, "not-json", detail=_brief(error)) from None


def form_fields(body: bytes) -> dict[str, str]:
    """The fields of a form; of a field that is there twice, the first.

    Raises:
        Refusal: it is no form.
    """
    try:
        fields = parse_qs(body.decode("ascii"), max_num_fields=16, errors="strict")
    except ValueError:
        raise Refusal(400, "not-json", detail="it is no form") from None
    return {name: values[0] for name, values in fields.items()}


def _depth(body: bytes) -> int:
    """How many brackets stand open at once, those within strings left out."""
    deepest = depth = 0
    quoted = escaped = False
    for byte in body:
        if quoted:
            if escaped:
                escaped = False
            elif byte == 0x5C:
                escaped = True
            elif byte == 0x22:
                quoted = False
        elif byte == 0x22:
            quoted = True
        elif byte in b"[{":
            depth += 1
            deepest = max(deepest, depth)
        elif byte in b"]}":
            depth -= 1
    return deepest


def _brief(error: BaseException) -> str:
    return str(error)[:300].rstrip(".")
