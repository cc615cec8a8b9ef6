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
from prefdata.records.text_keys import WORDS, Keys, hashed
from prefdata.records.texts import flat, role_codes
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

_FIRST_SEED = 1
"""The seed of the first role; the others follow, in the order of `ROLES`."""

_NO_SEED = 0


def keys_of(batch: pa.RecordBatch, *, with_split: bool = True) -> pa.RecordBatch:
    """The keys of every row of a batch of `RECORD_SCHEMA`, as a batch of `KEYS_SCHEMA`.

    Without `with_split` the columns for the split are null, which saves normalising the prompts,
    most of the cost.
    """
    nothing = pa.nulls(len(batch), pa.uint64())
    split, first = split_keys(batch.column("prompt")) if with_split else (nothing, nothing)
    context = context_keys(batch)
    prompt, *completions = (side_keys(batch.column(side)) for side in SIDES)
    keys_of_sides = [_with_context(prompt, context), *completions]
    sizes = sum(_text_bytes(batch.column(side)) for side in SIDES)
    has_pictures, picture_bytes = _pictures(batch.column("metadata"))
    return pa.RecordBatch.from_arrays(
        [
            batch.column("row"),
            *map(_array, keys_of_sides),
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


def _with_context(prompts: Keys, context: np.ndarray) -> Keys:
    """The keys of prompts, those with a context changed by it."""
    for row in np.flatnonzero(context).tolist():
        whole = prompts[row].tobytes() + int(context[row]).to_bytes(8, "little")
        prompts[row] = _key(whole, _NO_SEED)
    return prompts


def _array(keys: Keys) -> pa.FixedSizeBinaryArray:
    return pa.FixedSizeBinaryArray.from_buffers(KEY, len(keys), [None, pa.py_buffer(keys)])


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


def side_keys(messages: pa.ListArray) -> Keys:
    """The key (n, 16 bytes each) of every message list of a column.

    A single message without extra is hashed in place, with its role as the seed; several are hashed
    one by one, and then their keys together.
    """
    ends = messages.offsets.to_numpy()
    first = int(ends[0])
    each = _message_keys(messages.values, first, int(ends[-1]))
    if np.array_equal(ends, np.arange(first, first + len(ends), dtype=ends.dtype)):
        return each
    starts, stops = ends[:-1] - first, ends[1:] - first
    keys = np.empty((len(starts), WORDS), np.uint64)
    single = stops - starts == 1
    keys[single] = each[starts[single]]
    for row in np.flatnonzero(~single).tolist():
        keys[row] = _key(each[starts[row] : stops[row]].tobytes(), _NO_SEED)
    return keys


def _key(text: bytes, seed: int) -> Keys:
    return np.frombuffer(xxhash.xxh3_128_digest(text, seed=seed), np.uint64)


def _message_keys(values: pa.StructArray, start: int, stop: int) -> Keys:
    roles = values.field("role").slice(start, stop - start)
    contents = values.field("content").slice(start, stop - start)
    extras = values.field("extra").slice(start, stop - start)
    seeds = (role_codes(roles) + _FIRST_SEED).astype(np.uint64)
    keys = hashed(*flat(contents), seeds)
    if extras.null_count < len(extras):
        for index in np.flatnonzero(extras.is_valid().to_numpy(zero_copy_only=False)).tolist():
            # missing and empty content differ if the message has other fields
            content = b"-" if contents[index].as_py() is None else b"+"
            whole = keys[index].tobytes() + content + extras[index].as_py().encode()
            keys[index] = _key(whole, _NO_SEED)
    return keys


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
