"""The identity of records: keys of the prompt, of each side, and for the split.

The prompt is all that a model would be shown: its messages, and its context (see `context`). The
keys for the split look at the messages alone: the same words with other tools stay together.

A key is the 128-bit xxh3 of the exact text (https://xxhash.com): equal keys mean equal texts,
unless data was constructed to collide. xxh3 is not cryptographic; if a collision dropped a row, the
evidence in the ledger names the other row, which can be checked.
"""

from __future__ import annotations

import itertools

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from prefdata.records.columns import SIDES
from prefdata.records.context import context_keys
from prefdata.records.pictures import pictures_of, rows_with_pictures
from prefdata.records.record import ROLES
from prefdata.records.tools import tools_of
from prefdata.records.unicode_form import normal_form

KEY = pa.binary(16)
KEYS_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("prompt", KEY),
        ("chosen", KEY),
        ("rejected", KEY),
        ("split", pa.uint64()),
        ("first_turn", pa.uint64()),
        ("context", pa.uint64()),
        ("bytes", pa.int64()),
        ("text_bytes", pa.int64()),
        ("margin", pa.float64()),
        ("has_extra", pa.bool_()),
        ("has_tools", pa.bool_()),
        ("held", pa.int8()),
        ("has_pictures", pa.bool_()),
    ]
)
"""`split`: key of the normalised prompt, `first_turn`: of its first user message alone; `context`:
of what is shown besides the messages, 0 for nothing. `bytes`: UTF-8 bytes of the texts and the
metadata, and the bytes of pictures; `text_bytes`: of the texts alone. `has_extra`, `has_tools` and
`has_pictures` decide, with the margin, the columns of the written dataset. `held`: how much a
published split holds the row out, the more the higher; 0 for train, and where no split is
published. Of two rows that are compared, the one that is held out more stays, whatever else would
decide."""

_SEEDS = {role: number for number, role in enumerate(ROLES, start=1)}
_SEED_OF_MANY = 0


def keys_of(batch: pa.RecordBatch, *, with_split: bool = True) -> pa.RecordBatch:
    """The keys of every row of a batch of `RECORD_SCHEMA`, as a batch of `KEYS_SCHEMA`.

    Without `with_split` the columns for the split are null, which saves normalising the prompts,
    most of the cost.
    """
    nothing = pa.nulls(len(batch), pa.uint64())
    split, first = split_keys(batch.column("prompt")) if with_split else (nothing, nothing)
    context = context_keys(batch)
    keys_of_sides = [side_keys(batch.column(side)) for side in SIDES]
    keys_of_sides[0] = _with_context(keys_of_sides[0], context)
    sizes = sum(_text_bytes(batch.column(side)) for side in SIDES)
    has_pictures, picture_bytes = _pictures(batch.column("metadata"))
    return pa.RecordBatch.from_arrays(
        [
            batch.column("row"),
            *(pa.array(keys, KEY) for keys in keys_of_sides),
            split,
            first,
            pa.array(context),
            pa.array(sizes + _string_bytes(batch.column("metadata")) + picture_bytes),
            pa.array(sizes),
            batch.column("margin"),
            pa.array(_has_extra(batch)),
            _has_tools(batch.column("metadata")),
            pa.array(np.zeros(len(batch), np.int8)),
            pa.array(has_pictures),
        ],
        schema=KEYS_SCHEMA,
    )


def _with_context(prompts: list[bytes], context: np.ndarray) -> list[bytes]:
    """The keys of prompts, those with a context changed by it."""
    for row in np.flatnonzero(context).tolist():
        prompts[row] = _many([prompts[row], int(context[row]).to_bytes(8, "little")])
    return prompts


def _has_extra(batch: pa.RecordBatch) -> np.ndarray:
    has_any = np.zeros(len(batch), bool)
    for side in SIDES:
        messages = batch.column(side)
        extras = messages.values.field("extra")
        if extras.null_count < len(extras):
            is_filled = extras.is_valid().to_numpy(zero_copy_only=False)
            filled = np.concatenate([[0], np.cumsum(is_filled)])
            has_any |= np.diff(filled[messages.offsets.to_numpy()]) > 0
    return has_any


def _has_tools(metadata: pa.StringArray) -> pa.BooleanArray:
    suspects = pc.match_substring(metadata, '"tools"')
    if not pc.any(suspects).as_py():
        return suspects
    return pa.array([tools_of(text) is not None for text in metadata.to_pylist()], pa.bool_())


def _pictures(metadata: pa.StringArray) -> tuple[np.ndarray, np.ndarray]:
    """Whether each row (n) is shown with pictures, and the bytes of these that are known."""
    has_any, sizes = np.zeros(len(metadata), bool), np.zeros(len(metadata), np.int64)
    for row in rows_with_pictures(metadata):
        pictures = pictures_of(metadata[row].as_py())
        has_any[row] = bool(pictures)
        sizes[row] = sum(picture.size for picture in pictures)
    return has_any, sizes


def record_fingerprints(keys: pa.RecordBatch) -> list[str]:
    """The fingerprint of each record: 32 hexadecimal digits over the keys of prompt, chosen and
    rejected."""
    columns = (keys.column(side).to_pylist() for side in SIDES)
    return [xxhash.xxh3_128_hexdigest(b"".join(parts)) for parts in zip(*columns, strict=True)]


def pair_fingerprints(keys: pa.RecordBatch) -> list[str]:
    """The fingerprint of each pair, whichever completion is chosen: 32 hexadecimal digits over the
    key of the prompt and those of both completions, the smaller first."""
    columns = (keys.column(side).to_pylist() for side in SIDES)
    return [
        xxhash.xxh3_128_hexdigest(prompt + (one + other if one < other else other + one))
        for prompt, one, other in zip(*columns, strict=True)
    ]


def side_keys(messages: pa.ListArray) -> list[bytes]:
    """The key (16 bytes) of every message list of a column.

    A single message without extra is hashed in place, with its role as the seed; several are hashed
    one by one, and then their keys together.
    """
    ends = messages.offsets.to_numpy()
    values = messages.values
    each = _message_keys(values, int(ends[0]), int(ends[-1]))
    first = int(ends[0])
    if np.array_equal(ends, np.arange(first, first + len(ends), dtype=ends.dtype)):
        return each
    bounds = (ends - first).tolist()
    return [
        each[start] if stop - start == 1 else _many(each[start:stop])
        for start, stop in itertools.pairwise(bounds)
    ]


def _many(keys: list[bytes]) -> bytes:
    return xxhash.xxh3_128_digest(b"".join(keys), seed=_SEED_OF_MANY)


def _message_keys(values: pa.StructArray, start: int, stop: int) -> list[bytes]:
    roles = values.field("role").slice(start, stop - start)
    contents = values.field("content").slice(start, stop - start)
    extras = values.field("extra").slice(start, stop - start)
    digest = xxhash.xxh3_128_digest
    keys = [
        digest(text, seed) for text, seed in zip(_slices(contents), _role_seeds(roles), strict=True)
    ]
    if extras.null_count < len(extras):
        for index in np.flatnonzero(extras.is_valid().to_numpy(zero_copy_only=False)).tolist():
            # missing and empty content differ if the message has other fields
            content = b"-" if contents[index].as_py() is None else b"+"
            keys[index] = digest(keys[index] + content + extras[index].as_py().encode())
    return keys


def _role_seeds(roles: pa.StringArray) -> list[int]:
    encoded = roles.dictionary_encode()
    seeds = [_SEEDS[role] for role in encoded.dictionary.to_pylist()]
    return np.asarray(seeds, dtype=np.int64)[encoded.indices.to_numpy()].tolist() if seeds else []


def _slices(strings: pa.StringArray) -> list[memoryview]:
    """The UTF-8 bytes of every string, without copying."""
    if not len(strings):
        return []
    _, offsets, values = strings.buffers()
    ends = np.frombuffer(offsets, np.int32)[strings.offset : strings.offset + len(strings) + 1]
    bounds = ends.tolist()
    data = memoryview(values) if values is not None else memoryview(b"")
    return [data[a:b] for a, b in itertools.pairwise(bounds)]


def _string_bytes(strings: pa.StringArray) -> np.ndarray:
    if not len(strings):
        return np.zeros(0, np.int64)
    offsets = np.frombuffer(strings.buffers()[1], np.int32)
    ends = offsets[strings.offset : strings.offset + len(strings) + 1].astype(np.int64)
    return np.diff(ends)


def _text_bytes(messages: pa.ListArray) -> np.ndarray:
    ends = messages.offsets.to_numpy()
    total = np.zeros(len(messages.values) + 1, np.int64)
    for field in ("content", "extra"):
        total[1:] += np.cumsum(_string_bytes(messages.values.field(field)))
    return np.diff(total[ends])


def split_keys(prompts: pa.ListArray) -> tuple[pa.UInt64Array, pa.UInt64Array]:
    """64-bit keys of every normalised prompt (n), and of its first user message (n).

    Prompts that differ only in form share the first key. For a prompt without user message, the
    first message is used.
    """
    ends = prompts.offsets.to_numpy().tolist()
    base, count = ends[0], ends[-1] - ends[0]
    contents = prompts.values.field("content").slice(base, count).to_pylist()
    bounds = [(a - base, b - base) for a, b in itertools.pairwise(ends)]
    digest = xxhash.xxh3_64_intdigest
    whole = [
        digest(normalise("\n".join(t or "" for t in contents[a:b])).encode()) for a, b in bounds
    ]
    first = list(whole)
    if any(b - a > 1 for a, b in bounds):
        roles = prompts.values.field("role").slice(base, count).to_pylist()
        for row, (a, b) in enumerate(bounds):
            if b - a > 1:
                turn = next((i for i in range(a, b) if roles[i] == "user"), a)
                first[row] = digest(normalise(contents[turn] or "").encode())
    return pa.array(whole, pa.uint64()), pa.array(first, pa.uint64())


def normalise(text: str) -> str:
    """A text without differences that readers do not see: Unicode form (NFKC), case, white space.

    >>> normalise("Ｗhat  IS\\nthis ")
    'what is this'
    """
    folded = text.lower() if text.isascii() else normal_form("NFKC", text).casefold()
    # most prompts are one line with single spaces, and splitting is expensive
    if folded.isprintable() and "  " not in folded and folded == folded.strip():
        return folded
    return " ".join(folded.split())
