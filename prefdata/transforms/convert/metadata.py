"""The metadata of a row in different containers.

Containers with columns (CSV, Parquet, Arrow) store it as one JSON text in a column `metadata`; JSON
Lines stores each field in the row itself. `unnest_metadata` restores the fields from such a text,
so that repeated conversion does not nest it deeper each time. `nest_metadata` moves fields to
`metadata` if a reader would take them for a part of the pair.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.config.section import RecordFormat
from prefdata.dialects import DIALECTS, dialect_named
from prefdata.dialects.dialect import Dialect
from prefdata.dialects.fields import claims, is_complete, outsiders, plain
from prefdata.dialects.pairs import SCORE_PARTS, margin_of
from prefdata.errors import RowFault

METADATA = "metadata"

_READ_AS = {
    "conversational": "pairs",
    "standard": "pairs",
    "question": "pairs",
    "implicit": "implicit",
    "llamafactory": "sharegpt",
    "swift": "swift",
    "verl": "pairs",
    "ultrafeedback": "pairs",
}
"""The dialect that reads a format back, where there is one."""
_WRITTEN = {
    "conversational": ("prompt", "chosen", "rejected"),
    "standard": ("prompt", "chosen", "rejected"),
    "question": ("question", "chosen", "rejected"),
    "implicit": ("chosen", "rejected"),
    "llamafactory": ("conversations", "chosen", "rejected"),
    "kto": ("prompt", "completion", "label"),
    "swift": ("messages", "rejected_response"),
    "axolotl": ("messages", "chosen", "rejected"),
    "openai": ("input", "preferred_output", "non_preferred_output"),
    "nemo-rl": ("context", "completions"),
    "verl": ("prompt", "chosen", "rejected"),
    "ultrafeedback": ("prompt", "prompt_id", "chosen", "rejected", "messages"),
}
_SCORES = {name: part.name for part in SCORE_PARTS if not part.held for name in part.known_names}
_RIVALS = {name: part.name for part in SCORE_PARTS if not part.held for name in part.names}

_encode = msgspec.json.Encoder().encode
_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

Fields = dict[str, msgspec.Raw]


def unnest_metadata(batch: pa.RecordBatch) -> pa.RecordBatch:
    """The batch with the fields of a text `metadata` at the top level, unless a name repeats.

    >>> _unnested('{"a":1,"metadata":"{\\\\"b\\\\":2}"}')
    '{"a":1,"b":2}'
    """
    return _with_metadata(batch, '"metadata":', lambda row, text: _unnested(text))


def nest_metadata(batch: pa.RecordBatch, record_format: RecordFormat) -> pa.RecordBatch:
    """The batch with all fields that a row of this format must not have moved into `metadata`.

    For example, a field `system` would be read as the system message of the pair.
    """
    margins = batch.column("margin")

    def shelter(row: int, text: str) -> str:
        return _nested(text, record_format, has_margin=margins[row].is_valid)

    return _with_metadata(batch, '":', shelter)


def _with_metadata(
    batch: pa.RecordBatch, mark: str, change: Callable[[int, str], str]
) -> pa.RecordBatch:
    """The batch with `change(row, text)` applied to each metadata text that contains `mark`."""
    column = batch.column(METADATA)
    marked = pc.match_substring(column, mark)
    if not pc.any(marked).as_py():
        return batch
    texts = column.to_pylist()
    for row in pc.indices_nonzero(marked).to_pylist():
        texts[row] = change(row, texts[row])
    index = batch.schema.get_field_index(METADATA)
    return batch.set_column(index, METADATA, pa.array(texts, pa.string()))


def _unnested(text: str) -> str:
    fields = _fields(text)
    inner = fields.get(METADATA)
    if inner is None or bytes(inner)[:1] != b'"':
        return text
    try:
        within = _fields(msgspec.json.decode(inner, type=str))
    except (msgspec.DecodeError, RecursionError):
        return text  # not a JSON object: an ordinary text
    rest = {name: value for name, value in fields.items() if name != METADATA}
    if within.keys() & rest.keys():
        return text
    return _encode(dict(sorted({**rest, **within}.items()))).decode()


def _nested(text: str, record_format: RecordFormat, *, has_margin: bool) -> str:
    fields = _fields(text)
    names = _misread(tuple(fields), record_format)
    if not has_margin and _gives_margin(fields):
        names |= fields.keys() & {name for name in fields if plain(name) in _SCORES}
    if not names:
        return text
    within = {name: value for name, value in fields.items() if name in names}
    if METADATA in fields:
        within[METADATA] = fields[METADATA]
    rest = {name: value for name, value in fields.items() if name not in within}
    return _encode({**rest, METADATA: within}).decode()


@lru_cache(maxsize=1024)
def _misread(names: tuple[str, ...], record_format: RecordFormat) -> frozenset[str]:
    """The fields that would be read as a part of the pair, or make another dialect match."""
    written = _WRITTEN[record_format]
    dialect = dialect_named(_READ_AS[record_format]) if record_format in _READ_AS else None
    own = {plain(name) for name in written}
    if dialect is not None:
        own.update(dialect.without)
        own.update(name for part in dialect.parts if part.held for name in part.known_names)
    misread = {name for name in names if plain(name) in own}
    misread |= {name for name in names if plain(name) in _rival_scores(names)}
    others = (d for d in DIALECTS if not d.by_values and d.bind is None)
    for other in others:
        rest = tuple(name for name in names if name not in misread)
        misread |= _claimed(other, written, rest) if other is not dialect else set()
    return frozenset(misread)


def _rival_scores(names: tuple[str, ...]) -> set[str]:
    """Names of scores that several fields match, which would be ambiguous."""
    scores = [plain(name) for name in names if plain(name) in _RIVALS]
    parts = [_RIVALS[name] for name in scores]
    return {name for name in scores if parts.count(_RIVALS[name]) > 1}


def _claimed(other: Dialect, written: tuple[str, ...], rest: tuple[str, ...]) -> set[str]:
    """The fields among `rest` with which a row would also match another dialect."""
    fields = (*written, *rest)
    claimed = claims(other, fields, {})
    if not is_complete(other, claimed) or outsiders(other, fields, {}):
        return set()
    return {name for claimants in claimed.values() for name in claimants if name in rest}


def _gives_margin(fields: Fields) -> bool:
    named = ((_SCORES.get(plain(name)), value) for name, value in fields.items())
    scores = {part: _decoded(value) for part, value in named if part is not None}
    try:
        return bool(scores) and margin_of(scores) is not None
    except RowFault:
        return True  # such scores would make the row unreadable


def _decoded(raw: msgspec.Raw) -> object:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return []  # no number
