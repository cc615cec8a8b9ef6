"""The facts of a dataset card that are measured on the data files of an output folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from prefdata.io.writers.features import yaml_features
from prefdata.io.writers.rebatch import rebatched
from prefdata.records.arrays import Ints
from prefdata.records.columns import IMAGE, SIDES
from prefdata.records.texts import SideTexts
from prefdata.reports.card.values import CardFacts, Column
from prefdata.results.layout import DATA
from prefdata.results.manifest import FileEntry
from prefdata.transforms.convert.read_back import read_back, without_images
from prefdata.transforms.split.split import SPLITS
from prefdata.transforms.texts.length import Lengths, character_lengths
from prefdata.transforms.texts.row_language import row_languages

_ROWS = 4096
_BYTES = 64 << 20


def card_facts(root: Path, files: Sequence[FileEntry], language_rows: int) -> CardFacts:
    """Columns, sizes, and the languages and lengths of `language_rows` sampled rows (0: all rows).

    `files`: the data files under `root`. The sample is evenly spaced over all of them, so it does
    not depend on the format; of a Parquet file only row groups with sampled rows are read. Raises
    pyarrow's errors on a damaged file.
    """
    files = sorted(files, key=lambda file: (SPLITS.index(split_of(file.path)), file.path))
    sizes: Counter[str] = Counter()
    for file in files:
        sizes[split_of(file.path)] += _bytes(root / file.path, file)
    languages: Counter[str] = Counter()
    lengths: dict[str, Lengths] = {}
    longer: Counter[bool] = Counter()
    rows = _sampled(root, files, language_rows)
    # few rows of each of many batches, which are identified ten times as fast together
    for batch in rebatched(rows, max_rows=_ROWS, max_bytes=_BYTES):
        languages.update(row_languages(batch).to_pylist())
        measured = {side: character_lengths(SideTexts.of(batch.column(side))) for side in SIDES}
        for side, characters in measured.items():
            each = Lengths.of(characters)
            lengths[side] = lengths[side].merge(each) if side in lengths else each
        differ = measured["chosen"] != measured["rejected"]
        longer.update((measured["chosen"] > measured["rejected"])[differ].tolist())
    schema = _schema(root / files[0].path) if files else pa.schema([])
    return CardFacts(
        columns=tuple(Column(field.name, _type_name(field.type)) for field in schema),
        features=yaml_features(schema),
        split_bytes=dict(sizes),
        file_bytes=sum(file.bytes for file in files),
        files=len(files),
        looked_at=languages.total(),
        languages=dict(sorted(languages.items(), key=lambda item: (-item[1], item[0]))),
        chosen_longer=longer[True] / longer.total() if longer else None,
        characters={side: each.quantile(0.5) for side, each in lengths.items()},
    )


def split_of(path: str) -> str:
    """The split that a data file belongs to.

    >>> split_of("data/train-00000-of-00001.parquet"), split_of("data/test/data-00000.arrow")
    ('train', 'test')
    """
    name = path.removeprefix(f"{DATA}/")
    return name.partition("/")[0] if "/" in name else name.partition("-")[0]


def _schema(path: Path) -> pa.Schema:
    if path.suffix == ".parquet":
        return pq.read_schema(path)
    with pa.memory_map(str(path)) as source:
        return pa.ipc.open_stream(source).schema


def _bytes(path: Path, file: FileEntry) -> int:
    """Uncompressed bytes of the rows."""
    if path.suffix != ".parquet":
        return file.bytes
    metadata = pq.read_metadata(path)
    return sum(metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups))


def _sampled(root: Path, files: Sequence[FileEntry], most: int) -> Iterator[pa.RecordBatch]:
    """At most `most` rows in `RECORD_SCHEMA`, evenly spaced over all files; all of them for 0."""
    total = sum(file.rows or 0 for file in files)
    wanted = np.arange(total) if not most or most >= total else np.arange(most) * total // most
    first = 0
    for file in files:
        end = first + (file.rows or 0)
        inside = wanted[(wanted >= first) & (wanted < end)] - first
        if len(inside):
            for batch in _rows(root / file.path, inside):
                yield read_back(batch, np.arange(len(batch)))
        first = end


def _rows(path: Path, wanted: Ints) -> Iterator[pa.RecordBatch]:
    """The rows of a file at these positions, in order."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            yield from _rows_of_parquet(file, wanted)
        return
    with pa.memory_map(str(path)) as source:
        first = 0
        for batch in pa.ipc.open_stream(source):
            texts = batch.select(without_images(batch.schema.names))
            yield from _within(texts, wanted, first)
            first += len(batch)


def _rows_of_parquet(file: pq.ParquetFile, wanted: Ints) -> Iterator[pa.RecordBatch]:
    groups = [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)]
    for number, (first, end) in enumerate(pairwise([0, *np.cumsum(groups).tolist()])):
        if np.any((wanted >= first) & (wanted < end)):
            names = without_images(file.schema_arrow.names)
            for batch in file.iter_batches(row_groups=[number], columns=names):
                yield from _within(batch, wanted, first)
                first += len(batch)


def _within(batch: pa.RecordBatch, wanted: Ints, first: int) -> Iterator[pa.RecordBatch]:
    inside = wanted[(wanted >= first) & (wanted < first + len(batch))] - first
    if len(inside):
        yield batch.take(pa.array(inside, pa.int64()))


def _type_name(kind: pa.DataType) -> str:
    """The name of a type, for display."""
    if pa.types.is_list(kind):
        within = kind.value_type
        if within == IMAGE:
            return "list of images"
        return "list of JSON messages" if isinstance(within, pa.JsonType) else "list of messages"
    return {"double": "float64"}.get(str(kind), str(kind))
