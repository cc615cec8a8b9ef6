"""The key of a row in a review sheet: what its reader needs, and a person is better not told.

Whoever sees which side was chosen, or that a model suspects the row, judges something else than the
two texts. So the key is no secret, but unreadable: the row's content, which side stands as A, and
how the row was drawn, in base32. A key that was damaged on its way is recognised.
"""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass

import xxhash

from prefdata.results.review import STRATA, Drawn

_PREFIX = "row-"
_FORM = struct.Struct(">16s?BIII")  # content, chosen is B, stratum, rows, total, design
_CHECK_BYTES = 4
_LENGTH = _FORM.size + _CHECK_BYTES


@dataclass(frozen=True)
class Key:
    """`fingerprint`: of the row's content (`records.identity.record_fingerprints`)."""

    fingerprint: str
    chosen_is_b: bool
    drawn: Drawn


def locked(key: Key) -> str:
    """The key as it stands in a sheet; letters and digits that no spreadsheet takes for a number.

    `drawn.rows` and `drawn.total` are less than 2^32.
    """
    drawn = key.drawn
    raw = _FORM.pack(
        bytes.fromhex(key.fingerprint),
        key.chosen_is_b,
        STRATA.index(drawn.stratum),
        drawn.rows,
        drawn.total,
        drawn.design,
    )
    return _written(raw + _check(raw))


def unlocked(text: str) -> Key | None:
    """The key behind a text; None where it is none, or was damaged."""
    text = text.strip().lower()
    if not text.startswith(_PREFIX) or not text.isascii():
        return None
    body = text.removeprefix(_PREFIX).upper()
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error:
        return None
    if len(raw) != _LENGTH or _check(raw[:-_CHECK_BYTES]) != raw[-_CHECK_BYTES:]:
        return None
    if _written(raw) != text:  # the last letter has room for bits that mean nothing
        return None
    content, is_b, stratum, *numbers = _FORM.unpack(raw[:-_CHECK_BYTES])
    if stratum >= len(STRATA):
        return None
    return Key(content.hex(), is_b, Drawn(STRATA[stratum], *numbers))


def chosen_is_b(fingerprint: str, seed: int) -> bool:
    """Whether chosen stands as B: a coin that falls the same way for the same row and seed."""
    return bool(xxhash.xxh3_64_intdigest(bytes.fromhex(fingerprint), seed=seed) & 1)


def design_of(fingerprints: list[str], seed: int) -> int:
    """The number that rows of a sheet have in common."""
    return int(xxhash.xxh32_intdigest("".join(sorted(fingerprints)).encode(), seed=seed))


def _written(raw: bytes) -> str:
    return _PREFIX + base64.b32encode(raw).decode().rstrip("=").lower()


def _check(raw: bytes) -> bytes:
    return xxhash.xxh32_digest(raw, seed=0)
