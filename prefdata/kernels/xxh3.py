"""The 128-bit xxh3 of many texts at once, equal to that of the library `xxhash` one by one.

The algorithm: https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md, whose names are used.
The library has no call for many texts, and calling it takes longer than most texts take to hash.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from prefdata.kernels.compiled import compiled
from prefdata.kernels.memory import load_word, multiply_high

_SECRET = np.frombuffer(
    bytes.fromhex(
        "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
        "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
        "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
        "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
        "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
        "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
    ),
    np.uint8,
)
_P32_1, _P32_2, _P32_3 = np.array([0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D], np.uint64)
_P64_1, _P64_2 = np.uint64(0x9E3779B185EBCA87), np.uint64(0xC2B2AE3D27D4EB4F)
_P64_3, _P64_4 = np.uint64(0x165667B19E3779F9), np.uint64(0x85EBCA77C2B2AE63)
_P64_5 = np.uint64(0x27D4EB2F165667C5)
_MX1, _MX2 = np.uint64(0x165667919E3779F9), np.uint64(0x9FB21C651E98DF25)
_LOW = np.uint64(0xFFFFFFFF)
_ONE, _2, _3, _8 = np.array([1, 2, 3, 8], np.uint64)
_13, _16, _19, _24, _28, _29 = np.array([13, 16, 19, 24, 28, 29], np.uint64)
_32, _33, _35, _37, _47, _54 = np.array([32, 33, 35, 37, 47, 54], np.uint64)
_LANES, _STRIPE, _STRIPES, _LAST = 8, 64, 16, 192 - 64
_BLOCK = _STRIPE * _STRIPES
_MID, _LONG = 128, 240
_MID_KEY, _MERGE_KEY = np.array([103, 11])  # literals would have functions compiled once more


@compiled(inline=True)
def _avalanche(h: np.uint64) -> np.uint64:
    h = (h ^ (h >> _37)) * _MX1
    return h ^ (h >> _32)


@compiled(inline=True)
def _avalanche_64(h: np.uint64) -> np.uint64:
    h = (h ^ (h >> _33)) * _P64_2
    h = (h ^ (h >> _29)) * _P64_3
    return h ^ (h >> _32)


@compiled(inline=True)
def _fold(one: np.uint64, other: np.uint64) -> np.uint64:
    return (one * other) ^ multiply_high(one, other)


@compiled(inline=True)
def _swap_32(x: np.uint64) -> np.uint64:
    x = ((x & np.uint64(0x00FF00FF)) << _8) | ((x >> _8) & np.uint64(0x00FF00FF))
    return ((x << _16) | (x >> _16)) & _LOW


@compiled(inline=True)
def _swap_64(x: np.uint64) -> np.uint64:
    return (_swap_32(x & _LOW) << _32) | _swap_32(x >> _32)


@compiled(inline=True)
def _half(raw: np.ndarray, at: int) -> np.uint64:
    """The four bytes from `at` on as a number."""
    low = np.uint64(raw[at]) | (np.uint64(raw[at + 1]) << _8)
    return low | (np.uint64(raw[at + 2]) << _16) | (np.uint64(raw[at + 3]) << _24)


@compiled()
def _up_to_3(raw: np.ndarray, at: int, size: int, seed: np.uint64) -> tuple[Any, ...]:
    first, middle = np.uint64(raw[at]), np.uint64(raw[at + (size >> 1)])
    low = (first << _16) | (middle << _24) | np.uint64(raw[at + size - 1])
    low |= np.uint64(size) << _8
    swapped = _swap_32(low)
    high = ((swapped << _13) | (swapped >> _19)) & _LOW
    low ^= (_half(_SECRET, 0) ^ _half(_SECRET, 4)) + seed
    high ^= (_half(_SECRET, 8) ^ _half(_SECRET, 12)) - seed
    return _avalanche_64(low), _avalanche_64(high)


@compiled()
def _up_to_8(raw: np.ndarray, at: int, size: int, seed: np.uint64) -> tuple[Any, ...]:
    seed ^= _swap_32(seed & _LOW) << _32
    word = _half(raw, at) + (_half(raw, at + size - 4) << _32)
    keyed = word ^ ((load_word(_SECRET, 16) ^ load_word(_SECRET, 24)) + seed)
    factor = _P64_1 + (np.uint64(size) << _2)
    low, high = keyed * factor, multiply_high(keyed, factor)
    high += low << _ONE
    low ^= high >> _3
    low = (low ^ (low >> _35)) * _MX2
    return low ^ (low >> _28), _avalanche(high)


@compiled()
def _up_to_16(raw: np.ndarray, at: int, size: int, seed: np.uint64) -> tuple[Any, ...]:
    first, last = load_word(raw, at), load_word(raw, at + size - 8)
    keyed = first ^ last ^ ((load_word(_SECRET, 32) ^ load_word(_SECRET, 40)) - seed)
    low, high = keyed * _P64_1, multiply_high(keyed, _P64_1)
    low += np.uint64(size - 1) << _54
    last ^= (load_word(_SECRET, 48) ^ load_word(_SECRET, 56)) + seed
    high += last + (last & _LOW) * (_P32_2 - _ONE)
    low ^= _swap_64(high)
    high = multiply_high(low, _P64_2) + high * _P64_2
    return _avalanche(low * _P64_2), _avalanche(high)


@compiled(inline=True)
def _mix_16(raw: np.ndarray, at: int, key: int, seed: np.uint64) -> np.uint64:
    low = load_word(raw, at) ^ (load_word(_SECRET, key) + seed)
    return _fold(low, load_word(raw, at + 8) ^ (load_word(_SECRET, key + 8) - seed))


@compiled()
def _mix_32(
    low: np.uint64, high: np.uint64, raw: np.ndarray, one: int, two: int, key: int, seed: np.uint64
) -> tuple[Any, ...]:
    low += _mix_16(raw, one, key, seed)
    low ^= load_word(raw, two) + load_word(raw, two + 8)
    high += _mix_16(raw, two, key + 16, seed)
    high ^= load_word(raw, one) + load_word(raw, one + 8)
    return low, high


@compiled()
def _up_to_240(raw: np.ndarray, at: int, size: int, seed: np.uint64) -> tuple[Any, ...]:
    low, high = np.uint64(size) * _P64_1, np.uint64(0)
    end = at + size
    if size <= _MID:
        for step in range((size - 1) // 32, -1, -1):
            ends = at + 16 * step, end - 16 * (step + 1)
            low, high = _mix_32(low, high, raw, ends[0], ends[1], 32 * step, seed)
    else:
        for step in range(size // 32):
            key = 32 * step if step < 4 else 32 * (step - 4) + 3
            place = at + 32 * step
            low, high = _mix_32(low, high, raw, place, place + 16, key, seed)
            if step == 3:
                low, high = _avalanche(low), _avalanche(high)
        low, high = _mix_32(low, high, raw, end - 16, end - 32, _MID_KEY, np.uint64(0) - seed)
    last = low * _P64_1 + high * _P64_4 + (np.uint64(size) - seed) * _P64_2
    return _avalanche(low + high), np.uint64(0) - _avalanche(last)


@compiled(inline=True)
def _accumulate(lanes: np.ndarray, raw: np.ndarray, at: int, secret: np.ndarray, key: int) -> None:
    for lane in range(_LANES):
        word = load_word(raw, at + 8 * lane)
        keyed = word ^ load_word(secret, key + 8 * lane)
        lanes[lane ^ 1] += word
        lanes[lane] += (keyed & _LOW) * (keyed >> _32)


@compiled()
def _merge(lanes: np.ndarray, secret: np.ndarray, key: int, start: np.uint64) -> np.uint64:
    for pair in range(_LANES // 2):
        one = lanes[2 * pair] ^ load_word(secret, key + 16 * pair)
        start += _fold(one, lanes[2 * pair + 1] ^ load_word(secret, key + 16 * pair + 8))
    return _avalanche(start)


@compiled()
def _longer(
    raw: np.ndarray, at: int, size: int, secret: np.ndarray, lanes: np.ndarray
) -> tuple[Any, ...]:
    lanes[0], lanes[1], lanes[2], lanes[3] = _P32_3, _P64_1, _P64_2, _P64_3
    lanes[4], lanes[5], lanes[6], lanes[7] = _P64_4, _P32_2, _P64_5, _P32_1
    blocks = (size - 1) // _BLOCK
    for block in range(blocks):
        for stripe in range(_STRIPES):
            _accumulate(lanes, raw, at + block * _BLOCK + stripe * _STRIPE, secret, stripe * 8)
        for lane in range(_LANES):
            word = lanes[lane]
            lanes[lane] = (word ^ (word >> _47) ^ load_word(secret, _LAST + 8 * lane)) * _P32_1
    for stripe in range((size - 1 - blocks * _BLOCK) // _STRIPE):
        _accumulate(lanes, raw, at + blocks * _BLOCK + stripe * _STRIPE, secret, stripe * 8)
    _accumulate(lanes, raw, at + size - _STRIPE, secret, _LAST - 7)
    length = np.uint64(size)
    low = _merge(lanes, secret, _MERGE_KEY, length * _P64_1)
    return low, _merge(lanes, secret, _LAST - 11, ~(length * _P64_2))


@compiled()
def _secret_of(seed: np.uint64, secret: np.ndarray) -> None:
    words = secret.view(np.uint64)
    for pair in range(len(words) // 2):
        words[2 * pair] = load_word(_SECRET, 16 * pair) + seed
        words[2 * pair + 1] = load_word(_SECRET, 16 * pair + 8) - seed


@compiled()
def hash_texts(raw: np.ndarray, bounds: np.ndarray, seeds: np.ndarray, out: np.ndarray) -> None:
    """Writes the digests of texts (n), each with its seed, to `out` (n, 2): 16 bytes each, in the
    order of `xxhash`.

    Text i has the bytes `bounds[i]` to `bounds[i + 1]` of `raw`.
    """
    secret, lanes = np.empty(192, np.uint8), np.empty(_LANES, np.uint64)
    for text in range(len(bounds) - 1):
        seed = seeds[text]
        if text == 0 or seed != seeds[text - 1]:
            _secret_of(seed, secret)
        at, size = bounds[text], bounds[text + 1] - bounds[text]
        if size > _LONG:
            low, high = _longer(raw, at, size, secret, lanes)
        elif size > 16:
            low, high = _up_to_240(raw, at, size, seed)
        elif size > 8:
            low, high = _up_to_16(raw, at, size, seed)
        elif size > 3:
            low, high = _up_to_8(raw, at, size, seed)
        elif size > 0:
            low, high = _up_to_3(raw, at, size, seed)
        else:
            low = _avalanche_64(seed ^ load_word(_SECRET, 64) ^ load_word(_SECRET, 72))
            high = _avalanche_64(seed ^ load_word(_SECRET, 80) ^ load_word(_SECRET, 88))
        out[text, 0], out[text, 1] = _swap_64(high), _swap_64(low)
