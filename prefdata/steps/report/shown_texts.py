"""Texts of single rows as a person reads them, cut where they are too long to be shown."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import numpy as np
import pyarrow as pa

from prefdata.io.files.shards import Shard, read_records
from prefdata.records.columns import records_of
from prefdata.records.record import ASSISTANT, USER, Message, Record
from prefdata.results.audit import Text, Texts


def texts_of(shards: Sequence[Shard], rows: Collection[int], characters: int) -> dict[int, Texts]:
    """The texts of some rows, by number; only the shards that hold them are looked at.

    `rows`: numbers in the run of the shards, in any order; a row of which there is no record is
    missing in the result.
    """
    return {
        row: shown_record(record, characters)
        for _, batch in batches_with(shards, rows)
        for row, record in zip(batch.column("row").to_pylist(), records_of(batch), strict=True)
    }


def batches_with(
    shards: Sequence[Shard], rows: Collection[int]
) -> Iterator[tuple[Shard, pa.RecordBatch]]:
    """The records of some rows and nothing else, ascending, with the shards that they are from."""
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
        prompt=cut(said(record.prompt, USER), characters),
        chosen=cut(said(record.chosen, ASSISTANT), characters),
        rejected=cut(said(record.rejected, ASSISTANT), characters),
    )


def said(messages: Sequence[Message], role: str) -> str:
    """Messages as one text; roles are named unless it is one message of the role to expect.

    Fields that a message carries besides (tool calls) stand below it, as they were written.

    >>> said([Message("user", "Hi"), Message("assistant", "Hello.")], "user")
    'user: Hi\\n\\nassistant: Hello.'
    >>> said([Message("user", "Hi")], "user")
    'Hi'
    """
    texts = ["\n".join(part for part in (m.content, m.extra) if part) for m in messages]
    if [message.role for message in messages] == [role]:
        return texts[0]
    named = zip(messages, texts, strict=True)
    return "\n\n".join(f"{message.role}: {text}" for message, text in named)


def shown_bytes(raw: bytes, characters: int) -> Text:
    """What could not be read, as text: bytes that are not UTF-8 are written as `\\xff`."""
    return cut(raw.decode("utf-8", "backslashreplace"), characters)


def cut(text: str, characters: int) -> Text:
    """The beginning of a text, and how long it is.

    >>> cut("abcd", 3)
    Text(text='abc', characters=4, is_cut=True)
    """
    return Text(text=text[:characters], characters=len(text), is_cut=len(text) > characters)
