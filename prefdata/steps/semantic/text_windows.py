"""Embedding new texts window by window; finished windows are not embedded again.

A window is a bounded number of texts (and bytes) that are read from the shards, embedded together
and written to a part file. So memory does not grow with the run.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Progress
from prefdata.engines.engine import Engine
from prefdata.io.embeddings.segments import Halves, Windows
from prefdata.io.files.arrays import read_array, write_array
from prefdata.io.files.shards import Shard, read_records, read_table, write_table
from prefdata.records.arrays import Ints
from prefdata.records.text_columns import TEXT_COLUMNS, text_columns
from prefdata.steps.semantic.open_encoder import encode, encoder_of, window_ends
from prefdata.steps.semantic.text_tables import Numbered

PARTS = "parts"


@dataclass(frozen=True)
class TextPart:
    """The result of a window: `numbers` of texts (n), ascending, `vectors` (n, dimension) and
    encoder `windows` (n)."""

    numbers: Ints
    vectors: Halves
    windows: Windows


@dataclass(frozen=True)
class _Window:
    """The texts `start` to `stop` of those to embed, and the shards that hold them."""

    shards: tuple[Shard, ...]
    config: EncoderConfig
    folder: Path
    start: int
    stop: int


def finished_parts(folder: Path) -> Iterator[TextPart]:
    """The parts that an interrupted run finished."""
    for path in sorted((folder / PARTS).glob("*.arrow")):
        yield _read_part(path)


def embed_new(
    engine: Engine,
    shards: Sequence[Shard],
    texts: Numbered,
    new: Ints,
    config: EncoderConfig,
    folder: Path,
    progress: Progress,
) -> Iterator[TextPart]:
    """Embeds the texts with the numbers `new` (ascending); yields parts as they are finished.

    A light encoder runs in every process of the engine; any other in this process only, since it
    uses all cores or the accelerator.
    """
    write_array(folder / "rows.npy", texts.rows)
    write_array(folder / "firsts.npy", texts.firsts)
    write_array(folder / "new.npy", new)
    windows = _windows(shards, texts, new, config, folder)
    if encoder_of(config).is_light:
        for path in engine.map(_embed, windows):
            part = _read_part(path)
            progress(len(part.numbers))
            yield part
    else:
        for window in windows:
            yield _read_part(_embed(window, progress))


def _windows(
    shards: Sequence[Shard], texts: Numbered, new: Ints, config: EncoderConfig, folder: Path
) -> list[_Window]:
    windows, start = [], 0
    rows = texts.rows[texts.firsts[new] // len(TEXT_COLUMNS)] if len(new) else texts.rows
    for stop in window_ends(texts.sizes[new]):
        first, last = rows[start], rows[stop - 1]
        touched = (s for s in shards if s.rows.start <= last and first < s.rows.stop)
        windows.append(_Window(tuple(touched), config, folder, start, stop))
        start = stop
    return windows


def _embed(window: _Window, progress: Progress | None = None) -> Path:
    folder = window.folder
    numbers = np.asarray(read_array(folder / "new.npy")[window.start : window.stop])
    firsts = read_array(folder / "firsts.npy")[numbers]
    rows = read_array(folder / "rows.npy")[firsts // len(TEXT_COLUMNS)]
    texts = texts_of(window.shards, rows, firsts % len(TEXT_COLUMNS))
    vectors, windows = encode(texts, window.config, progress)
    # No two windows hold the same text, so none has another's name.
    path = folder / PARTS / f"{numbers[0]:010d}.arrow"
    _write_part(path, TextPart(numbers, vectors, windows))
    return path


def texts_of(shards: Sequence[Shard], rows: Ints, which: Ints) -> list[str]:
    """For each of `rows` (n, ascending, in these shards) its text number `which` (n) of
    `TEXT_COLUMNS`."""
    texts: list[str] = []
    for batch in (batch for shard in shards for batch in read_records(shard)):
        numbers = batch.column("row").to_numpy()
        if not len(numbers):
            continue
        start, stop = np.searchsorted(rows, [numbers[0], numbers[-1] + 1])
        if start == stop:
            continue
        wanted, places = np.unique(rows[start:stop], return_inverse=True)
        columns_of_rows = text_columns(batch.take(pa.array(np.searchsorted(numbers, wanted))))
        columns = [columns_of_rows[name] for name in TEXT_COLUMNS]
        pairs = zip(which[start:stop].tolist(), places.tolist(), strict=True)
        texts += [columns[side][place].as_py() for side, place in pairs]
    return texts


def _write_part(path: Path, part: TextPart) -> None:
    flat = pa.array(part.vectors.reshape(-1))
    vectors = pa.FixedSizeListArray.from_arrays(flat, part.vectors.shape[1])
    columns = {"number": part.numbers, "windows": part.windows, "vector": vectors}
    batch = pa.RecordBatch.from_pydict(columns)
    write_table(path, [batch], batch.schema)


def _read_part(path: Path) -> TextPart:
    (batch,) = read_table(path)
    vectors = batch.column("vector")
    return TextPart(
        batch.column("number").to_numpy(),
        vectors.values.to_numpy().reshape(len(batch), vectors.type.list_size),
        batch.column("windows").to_numpy(),
    )
