"""The key of a row in a review sheet, which hides from the reviewer what would bias a judgement.

A person who sees which side was chosen, or that a model suspects the row, does not judge the two
texts alone. The key is not secret, but unreadable: the fingerprint of the row, which side is A, how
the row was sampled, and what was answered before, where it is to be read again; in base32 with a
checksum that detects damage.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import xxhash

from prefdata.results.review import DECISIONS, STRATA, Decision, Drawn

_PREFIX = "row-"
_FORM = struct.Struct(">16s?BIII")  # content, chosen is B, stratum, rows, total, design
_CHECK_BYTES = 4
_LENGTH = _FORM.size + _CHECK_BYTES
_MOST_BEFORE = 255  # readings that a key can carry
_LONGEST = _LENGTH + (2 * _MOST_BEFORE + 8) // 8


@dataclass(frozen=True)
class Key:
    """`fingerprint`: of the row's content (`records.identity.record_fingerprints`); `chosen_is_b`:
    chosen is shown as B; `drawn`: how the row was sampled; `before`: earlier readings, the
    last 255 at most."""

    fingerprint: str
    chosen_is_b: bool
    drawn: Drawn
    before: tuple[Decision, ...] = ()


def encode_key(key: Key) -> str:
    """The key as text: letters and digits that no spreadsheet reads as a number.

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
    raw += _packed(key.before)
    return _written(raw + _check(raw))


def decode_key(text: str) -> Key | None:
    """Parses the text of a key; None if it is invalid or damaged."""
    text = text.strip().lower()
    if not text.startswith(_PREFIX) or not text.isascii():
        return None
    body = text.removeprefix(_PREFIX).upper()
    try:
        raw = base64.b32decode(body + "=" * (-len(body) % 8))
    except binascii.Error:
        return None
    if not _LENGTH <= len(raw) <= _LONGEST or _check(raw[:-_CHECK_BYTES]) != raw[-_CHECK_BYTES:]:
        return None
    if _written(raw) != text:  # the last letter has unused bits, which must be 0
        return None
    content, is_b, stratum, *numbers = _FORM.unpack(raw[: _FORM.size])
    if stratum >= len(STRATA):
        return None
    before = _unpacked(raw[_FORM.size : -_CHECK_BYTES])
    return Key(content.hex(), is_b, Drawn(STRATA[stratum], *numbers), before)


def chosen_is_b(fingerprint: str, seed: int) -> bool:
    """Whether chosen is shown as B: pseudo-random, by row and seed."""
    return bool(xxhash.xxh3_64_intdigest(bytes.fromhex(fingerprint), seed=seed) & 1)


def design_of(fingerprints: Iterable[str], seed: int) -> int:
    """A number that identifies a ranking, by the content of its first rows; none: not ranked."""
    return int(xxhash.xxh32_intdigest("".join(sorted(fingerprints)).encode(), seed=seed))


def _packed(before: tuple[Decision, ...]) -> bytes:
    """Two bits for each reading, below a bit that marks their end; nothing without readings."""
    if not before:
        return b""
    number = 1
    for decision in before[-_MOST_BEFORE:]:
        number = number << 2 | DECISIONS.index(decision)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _unpacked(raw: bytes) -> tuple[Decision, ...]:
    number = int.from_bytes(raw, "big")
    before: list[Decision] = []
    while number > 1:
        before.append(DECISIONS[number & 3])
        number >>= 2
    return tuple(reversed(before))


def _written(raw: bytes) -> str:
    return _PREFIX + base64.b32encode(raw).decode().rstrip("=").lower()


def _check(raw: bytes) -> bytes:
    return xxhash.xxh32_digest(raw, seed=0)
