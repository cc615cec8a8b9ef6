"""Small sources that are read together, since every piece of work has a fixed cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
import pyarrow as pa

from prefdata.config.section import KIB, MIB
from prefdata.dialects import meets
from prefdata.io.bytes.books import Content
from prefdata.io.files.pictures import PictureFile
from prefdata.io.files.shards import with_offsets
from prefdata.records.arrays import Ints
from prefdata.steps.read.entries import Piece
from prefdata.steps.read.pictures import Pictures
from prefdata.steps.read.reading import Reading
from prefdata.steps.read.records_or_quarantine import pieces

MANY = 16
"""Sources from which on small ones are read together: fewer have shards of their own.

The audit learns a little otherwise then: its n-grams count a completion once in each shard.
"""

_SMALL_BYTES = 256 * KIB
_TOGETHER_BYTES = 4 * MIB
_TOGETHER = 1000

Readings = tuple[Reading, ...]
"""One segment, or several small sources as a whole."""


def together(readings: Sequence[Reading]) -> list[Readings]:
    """The readings, in order, with small sources that follow one another put together.

    Sources whose judgements meet, in whatever dialect, are read together whatever their size, where
    the first of them stands.
    """
    meeting = tuple(reading for reading in readings if meets(reading.match))
    others = _small_together([reading for reading in readings if not meets(reading.match)])
    return sorted([*filter(None, [meeting]), *others], key=lambda group: group[0].number)


def _small_together(readings: Sequence[Reading]) -> list[Readings]:
    if len(readings) < MANY:
        return [(reading,) for reading in readings]
    groups: list[Readings] = []
    held: list[Reading] = []
    size = 0
    for reading in readings:
        is_small = _is_small(reading)
        bytes_ = reading.segment.source.size
        if held and (not is_small or len(held) == _TOGETHER or size + bytes_ > _TOGETHER_BYTES):
            groups.append(tuple(held))
            held, size = [], 0
        if is_small:
            held.append(reading)
            size += bytes_
        else:
            groups.append((reading,))
    return [*groups, tuple(held)] if held else groups


def _is_small(reading: Reading) -> bool:
    """Whether a reading is of a whole source, and a small one, also when it is unpacked."""
    segment = reading.segment
    is_whole = segment.start == 0 and segment.stop is None
    return is_whole and segment.source.compression == "none" and segment.source.size <= _SMALL_BYTES


def read_together(group: Readings, file: PictureFile) -> Iterator[tuple[Reading, Piece]]:
    """The pieces of each reading; their rows count on from one to the next, their lines do not.

    `file` takes the bytes of pictures, and rows refer to them.
    """
    pictures = Pictures(file, group[0].config)
    for reading, piece in _read_together(group, file):
        yield reading, pictures.out_of(piece, reading.segment.source)


def _read_together(group: Readings, file: PictureFile) -> Iterator[tuple[Reading, Piece]]:
    if meets(group[0].match):
        from prefdata.steps.read.meeting import Meeting, met_pieces

        sources = [Meeting(each.source, each.segment, each.match, each.named) for each in group]
        for number, piece in met_pieces(sources, group[0].config, file.keep):
            yield group[number], piece
        return
    before = 0
    for reading in group:
        rows = 0
        for piece in pieces(
            reading.segment, reading.match, reading.config, reading.named, file.keep
        ):
            rows = piece.rows
            yield reading, _counting_on(piece, before, reading.source)
        before += rows


def _counting_on(piece: Piece, before: int, source: int) -> Piece:
    spoken = tuple(replace(s, row=s.row + before, source=source) for s in piece.spoken)
    if not before:
        return replace(piece, spoken=spoken) if spoken else piece
    return replace(
        piece,
        batch=with_offsets(piece.batch, before, 0),
        quarantined=tuple(replace(q, row=q.row + before) for q in piece.quarantined),
        rows=piece.rows + before,
        spoken=spoken,
    )


def merged(held: Sequence[Piece]) -> Piece:
    """Pieces that follow one another as one."""
    if len(held) == 1:
        return held[0]
    table = pa.Table.from_batches([piece.batch for piece in held]).combine_chunks()
    batches = table.to_batches()
    offsets = np.cumsum([0, *(len(piece.batch) for piece in held)]).tolist()
    return Piece(
        batches[0] if batches else held[0].batch,
        tuple(q for piece in held for q in piece.quarantined),
        tuple(
            (index + offset, code, evidence)
            for piece, offset in zip(held, offsets, strict=False)
            for index, code, evidence in piece.remarks
        ),
        held[-1].rows,
        held[-1].lines,
        _content_of(held),
        sum(piece.read for piece in held),
        tuple(s for piece in held for s in piece.spoken),
        sum(piece.judges for piece in held),
    )


def _content_of(held: Sequence[Piece]) -> Content:
    content = Content()
    for piece in held:
        content.add(piece.content)
    return content


def repeated(values: Sequence[int], held: Sequence[Piece]) -> Ints:
    """A value for each piece, repeated for each of its records."""
    return np.repeat(np.asarray(values, np.int64), [len(piece.batch) for piece in held])
