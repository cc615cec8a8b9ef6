"""Records in the formats that trainers read.

| format | columns |
|---|---|
| conversational | `prompt`, `chosen`, `rejected`: messages |
| implicit | `chosen`, `rejected`: messages, the prompt's among them |
| standard | `prompt`, `chosen`, `rejected`: text |
| question | `question`, `chosen`, `rejected`: text |
| llamafactory | `conversations`: `from`/`value` messages; `chosen`, `rejected`: one of them each |
| kto, swift, axolotl, ... | see `exports` |

Then follow `tools`, `images`, `margin` and `label_probability` (on request), `metadata`, and the
source and the fingerprint of the row.
`beyond_format` names the rows that a format cannot hold without loss, and `to_format` refuses them.

Messages with more fields than role and content (tool calls, names) cannot be structs: Arrow would
add the fields of all messages to every one. A dataset with such a message stores every message as
JSON text of Arrow's JSON type, which `datasets` returns as the original dict.
"""

from __future__ import annotations

import math

import msgspec
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.config.section import RecordFormat
from prefdata.errors import DataError
from prefdata.records.columns import IMAGE, MESSAGES, SIDES
from prefdata.records.tools import tools_of
from prefdata.transforms.convert.exports import (
    EXPORTS,
    NO_METADATA,
    ROWS_OF_A_PAIR,
    Sides,
    doubled,
    export_columns,
    export_schema,
)
from prefdata.transforms.convert.format_limits import (
    LLAMAFACTORY_ROLES,
    beyond_format,
    function_call_value,
)

_PLAIN_MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
_TURN = pa.struct([("from", pa.string()), ("value", pa.string())])
_PROVENANCE = (pa.field("source", pa.string()), pa.field("source_row", pa.int64()))

_encode = msgspec.json.Encoder().encode

Offsets = npt.NDArray[np.int32]


def conversational_schema(has_extra: bool) -> pa.Schema:
    """The three message columns: structs, or JSON messages if `has_extra`, that is if some message
    of the dataset has fields besides role and content."""
    messages = _message_list(has_extra=has_extra)
    return pa.schema([(side, messages) for side in SIDES])


def format_schema(
    record_format: RecordFormat,
    *,
    has_extra: bool,
    margin: bool,
    tools: bool = False,
    images: bool = False,
    label_probability: bool = False,
    provenance: bool = True,
    fingerprint: bool = False,
) -> pa.Schema:
    """The schema of the batches that `to_format` returns for the same arguments."""
    fields = list(_content_schema(record_format, has_extra=has_extra))
    if tools:
        fields.append(pa.field("tools", pa.string()))
    if images:
        fields.append(pa.field("images", pa.list_(IMAGE)))
    if margin:
        fields.append(pa.field("margin", pa.float64()))
    if label_probability:
        fields.append(pa.field("label_probability", pa.float64()))
    if record_format not in NO_METADATA:
        fields.append(pa.field("metadata", pa.string()))
    if provenance:
        fields += _PROVENANCE
    if fingerprint:
        fields.append(pa.field("fingerprint", pa.string()))
    return pa.schema(fields)


def has_extra(batch: pa.RecordBatch) -> bool:
    """Whether any message has fields besides role and content."""
    return any(
        extras.null_count < len(extras)
        for extras in (batch.column(side).flatten().field("extra") for side in SIDES)
    )


def to_format(
    batch: pa.RecordBatch,
    record_format: RecordFormat,
    *,
    has_extra: bool,
    margin: bool,
    tools: bool = False,
    images: bool = False,
    label_probability: bool = False,
    provenance: bool = True,
    fingerprint: bool = False,
) -> pa.RecordBatch:
    """The records of a batch as columns of a format.

    `batch` has the columns of `RECORD_SCHEMA` and, on request, `source` (`provenance`), `images`,
    `label_probability` and `fingerprint`. `has_extra` and `margin` are properties of the whole
    dataset, not of the batch: some message has extra fields; every row has a margin. Without a
    `margin` column,
    margins are written to `metadata`. With `tools`, the tools in `metadata` also get a column of
    their own, as JSON text, where trainers look for them. A pair of the format kto is two rows.
    Raises DataError if the format cannot hold a row.
    """
    # Every record can be written as messages, so nothing is checked for "conversational".
    problems = [] if record_format == "conversational" else beyond_format(batch, record_format)
    if problems:
        index, why = problems[0]
        row = batch.column("row")[index].as_py()
        raise DataError(
            f"{len(problems)} rows cannot be written as {record_format}; the first is row {row}: "
            f"{why}. Choose the format conversational, which holds every record."
        )
    schema = format_schema(
        record_format,
        has_extra=has_extra,
        margin=margin,
        tools=tools,
        images=images,
        label_probability=label_probability,
        provenance=provenance,
        fingerprint=fingerprint,
    )
    columns = _content_columns(batch, record_format, has_extra=has_extra)
    columns["tools"] = tools_column(batch) if tools else None
    if images:
        columns["images"] = batch.column("images")
    columns["margin"] = batch.column("margin")
    columns["metadata"] = batch.column("metadata") if margin else _metadata_with_margin(batch)
    if label_probability:
        columns["label_probability"] = batch.column("label_probability")
    if provenance:
        columns["source"] = batch.column("source").cast(pa.string())
        columns["source_row"] = batch.column("source_row")
    if fingerprint:
        columns["fingerprint"] = batch.column("fingerprint")
    if record_format in ROWS_OF_A_PAIR:
        content = _content_schema(record_format, has_extra=has_extra).names
        columns = {
            name: doubled(column) if name not in content and column is not None else column
            for name, column in columns.items()
        }
    return pa.RecordBatch.from_arrays([columns[name] for name in schema.names], schema=schema)


def tools_column(batch: pa.RecordBatch) -> pa.StringArray:
    """The tools of each row of a batch of `RECORD_SCHEMA` as JSON text, null for none."""
    lists = (tools_of(metadata) for metadata in batch.column("metadata").to_pylist())
    texts = [None if tools is None else _encode(tools).decode() for tools in lists]
    return pa.array(texts, pa.string())


def _message_list(*, has_extra: bool) -> pa.DataType:
    return pa.list_(pa.json_() if has_extra else _PLAIN_MESSAGE)


def _content_schema(record_format: RecordFormat, *, has_extra: bool) -> pa.Schema:
    if record_format == "conversational":
        return conversational_schema(has_extra)
    if record_format == "implicit":
        return conversational_schema(has_extra).remove(0)
    if record_format in EXPORTS:
        return export_schema(record_format, _message_list(has_extra=has_extra))
    if record_format == "llamafactory":
        return pa.schema(
            [("conversations", pa.list_(_TURN)), ("chosen", _TURN), ("rejected", _TURN)]
        )
    prompt = "question" if record_format == "question" else "prompt"
    return pa.schema([(name, pa.string()) for name in (prompt, "chosen", "rejected")])


def _content_columns(
    batch: pa.RecordBatch, record_format: RecordFormat, *, has_extra: bool
) -> dict[str, pa.Array]:
    prompt, chosen, rejected = (batch.column(side) for side in SIDES)
    if record_format == "conversational":
        return {side: _messages(batch.column(side), has_extra=has_extra) for side in SIDES}
    if record_format == "implicit":
        return {
            "chosen": _messages(_joined(prompt, chosen), has_extra=has_extra),
            "rejected": _messages(_joined(prompt, rejected), has_extra=has_extra),
        }
    if record_format in EXPORTS:
        return export_columns(record_format, _sides(batch, has_extra=has_extra))
    if record_format == "llamafactory":
        return {
            "conversations": _list_like(prompt, _turns(prompt)),
            "chosen": _turns(chosen),
            "rejected": _turns(rejected),
        }
    texts = [_texts(side) for side in (prompt, chosen, rejected)]
    return dict(zip(("prompt", "chosen", "rejected"), texts, strict=True)) | {"question": texts[0]}


def _texts(side: pa.ListArray) -> pa.StringArray:
    # `beyond_format` ensures one message per list, so the contents of a column are its rows.
    return side.flatten().field("content")


def _sides(batch: pa.RecordBatch, *, has_extra: bool) -> Sides:
    prompt, chosen, rejected = (batch.column(side) for side in SIDES)
    lists = (prompt, chosen, rejected, _joined(prompt, chosen), _joined(prompt, rejected))
    of_prompt, of_chosen, of_rejected, whole, other = (
        _messages(side, has_extra=has_extra) for side in lists
    )
    return Sides(
        prompt=of_prompt,
        chosen=of_chosen,
        rejected=of_rejected,
        whole=whole,
        other=other,
        texts=lambda name: _texts(batch.column(name)),
        metadata=batch.column("metadata"),
    )


def _offsets(side: pa.ListArray) -> Offsets:
    offsets: Offsets = side.offsets.to_numpy()
    from_zero: Offsets = offsets - offsets[0]
    return from_zero


def _list_like(side: pa.ListArray, values: pa.Array) -> pa.ListArray:
    return pa.ListArray.from_arrays(pa.array(_offsets(side)), values, type=pa.list_(values.type))


def _messages(side: pa.ListArray, *, has_extra: bool) -> pa.ListArray:
    roles, contents, extras = side.flatten().flatten()
    if not has_extra:
        if extras.null_count < len(extras):
            raise DataError(
                "a message carries more than role and content, but the dataset was declared "
                "to hold none such: pass has_extra=True"
            )
        plain = pa.StructArray.from_arrays([roles, contents], fields=list(_PLAIN_MESSAGE))
        return _list_like(side, plain)
    texts = pa.array(_message_texts(roles, contents, extras), pa.string())
    return _list_like(side, pa.ExtensionArray.from_storage(pa.json_(), texts))


def _message_texts(roles: pa.Array, contents: pa.Array, extras: pa.Array) -> list[str]:
    # Extra fields are inserted as they were read, so that numbers keep their notation.
    texts = []
    for role, content, extra in zip(
        roles.to_pylist(), contents.to_pylist(), extras.to_pylist(), strict=True
    ):
        head = _encode({"role": role, "content": content}).decode()
        more = "" if extra is None else extra.strip()[1:-1].strip()
        texts.append(f"{head[:-1]},{more}}}" if more else head)
    return texts


def _joined(first: pa.ListArray, second: pa.ListArray) -> pa.ListArray:
    """The messages of two lists concatenated, row by row."""
    first_offsets, second_offsets = _offsets(first), _offsets(second)
    offsets = first_offsets + second_offsets
    first_lengths, second_lengths = np.diff(first_offsets), np.diff(second_offsets)
    order = np.empty(offsets[-1], np.int64)
    starts = np.repeat(second_offsets[:-1], first_lengths)
    order[np.arange(first_offsets[-1]) + starts] = np.arange(first_offsets[-1])
    starts = np.repeat(first_offsets[1:], second_lengths)
    order[np.arange(second_offsets[-1]) + starts] = first_offsets[-1] + np.arange(
        second_offsets[-1]
    )
    pool = pa.concat_arrays([first.flatten(), second.flatten()])
    values = pool.take(pa.array(order))
    return pa.ListArray.from_arrays(pa.array(offsets), values, type=MESSAGES)


def _turns(side: pa.ListArray) -> pa.StructArray:
    roles, contents, extras = side.flatten().flatten()
    known = pa.array(list(LLAMAFACTORY_ROLES))
    names = pa.array(list(LLAMAFACTORY_ROLES.values())).take(pc.index_in(roles, known))
    if extras.null_count < len(extras):
        calls = [
            None if extra is None else function_call_value(extra) for extra in extras.to_pylist()
        ]
        values = pa.array(calls, pa.string())
        names = pc.if_else(values.is_valid(), "function_call", names)
        contents = pc.coalesce(values, contents)
    return pa.StructArray.from_arrays([names, contents], fields=list(_TURN))


def _metadata_with_margin(batch: pa.RecordBatch) -> pa.Array:
    margins, metadata = batch.column("margin"), batch.column("metadata")
    if margins.null_count == len(margins):
        return metadata
    pairs = zip(margins.to_pylist(), metadata.to_pylist(), strict=True)
    return pa.array(
        [text if margin is None else _with_margin(text, margin) for margin, text in pairs],
        pa.string(),
    )


def _with_margin(metadata: str, margin: float) -> str:
    fields: dict[str, object] = dict(msgspec.json.decode(metadata, type=dict[str, msgspec.Raw]))
    name = "margin"
    while name in fields:  # the row has such a field: both are kept
        name += "_"
    # JSON has no NaN and no infinity, so they are written as strings.
    value = margin if math.isfinite(margin) else str(margin)
    return _encode({**fields, name: value}).decode()
