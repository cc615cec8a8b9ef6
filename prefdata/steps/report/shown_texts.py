"""The texts of single rows for display, cut to a given length."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa

from prefdata.io.files.shards import Shard, read_records
from prefdata.records.columns import records_of
from prefdata.records.identity import keys_of, record_fingerprints
from prefdata.records.record import ASSISTANT, USER, Message, Record
from prefdata.results.audit import Text, Texts


def texts_of(shards: Sequence[Shard], rows: Collection[int], characters: int) -> dict[int, Texts]:
    """The texts of some rows, by row number; only the shards that hold them are read.

    `rows`: in any order. A row without a record is missing in the result.
    """
    return {
        row: shown_record(record, characters)
        for _, batch in batches_with(shards, rows)
        for row, record in zip(batch.column("row").to_pylist(), records_of(batch), strict=True)
    }


def fingerprints_of(shards: Sequence[Shard], rows: Collection[int]) -> dict[int, str]:
    """The fingerprints of the content of some rows, by row number."""
    return {
        row: fingerprint
        for _, batch in batches_with(shards, rows)
        for row, fingerprint in zip(
            batch.column("row").to_pylist(),
            record_fingerprints(keys_of(batch, with_split=False)),
            strict=True,
        )
    }


def batches_with(
    shards: Sequence[Shard], rows: Collection[int]
) -> Iterator[tuple[Shard, pa.RecordBatch]]:
    """The records of some rows, ascending, each batch with its shard."""
    wanted = np.unique(np.fromiter(rows, np.int64, len(rows)))
    for shard in shards:
        first, last = np.searchsorted(wanted, [shard.rows.start, shard.rows.stop])
        if first < last:
            for batch in read_records(shard):
                is_wanted = np.isin(batch.column("row").to_numpy(), wanted[first:last])
                if is_wanted.any():
                    yield shard, batch.take(pa.array(np.flatnonzero(is_wanted)))


def shown_record(record: Record, characters: int) -> Texts:
    """The texts of one record."""
    return Texts(
        prompt=cut(messages_as_text(record.prompt, USER), characters),
        chosen=cut(messages_as_text(record.chosen, ASSISTANT), characters),
        rejected=cut(messages_as_text(record.rejected, ASSISTANT), characters),
    )


def messages_as_text(messages: Sequence[Message], role: str) -> str:
    """Messages as one text; roles are named unless there is one message with the expected `role`.

    Other fields of a message (such as tool calls) follow its content, as they were written.

    >>> messages_as_text([Message("user", "Hi"), Message("assistant", "Hello.")], "user")
    'user: Hi\\n\\nassistant: Hello.'
    >>> messages_as_text([Message("user", "Hi")], "user")
    'Hi'
    """
    texts = ["\n".join(part for part in (m.content, m.extra) if part) for m in messages]
    if [message.role for message in messages] == [role]:
        return texts[0]
    named = zip(messages, texts, strict=True)
    return "\n\n".join(f"{message.role}: {text}" for message, text in named)


def shown_bytes(raw: bytes, characters: int) -> Text:
    """Raw bytes as text: bytes that are not UTF-8 are written as `\\xff`."""
    return cut(raw.decode("utf-8", "backslashreplace"), characters)


def cut(text: str, characters: int) -> Text:
    """The first `characters` characters of a text, and its full length.

    >>> cut("abcd", 3)
    Text(text='abc', characters=4, is_cut=True)
    """
    return Text(text=text[:characters], characters=len(text), is_cut=len(text) > characters)
