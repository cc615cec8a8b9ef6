"""Files of every container, as rows with what stands before, between and after them."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

TEXTS = ("jsonl", "array", "lines-array", "pretty", "wrapped", "objects", "csv", "tsv", "csv-all")
COLUMNS = ("parquet", "arrow-file", "arrow-stream")
ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "utf-32", "gb18030")
PACKINGS = ("none", "none", "none", "none", "gzip", "zstd", "bzip2", "xz")
PACKED_SUFFIXES = {"none": "", "gzip": ".gz", "zstd": ".zst", "bzip2": ".bz2", "xz": ".xz"}
_SUFFIXES = {
    **dict.fromkeys(TEXTS, ".json"),
    "jsonl": ".jsonl",
    "csv": ".csv",
    "tsv": ".tsv",
    "csv-all": ".csv",
    "parquet": ".parquet",
    "arrow-file": ".arrow",
    "arrow-stream": ".arrow",
}


@dataclass
class TextFile:
    """A text as `head`, `rows` with one separator after each, and `tail`; what is `spoiled`."""

    container: str
    head: str
    rows: list[str]
    separators: list[str]
    tail: str
    encoding: str = "utf-8"
    packing: str = "none"
    cut: int | None = None
    spoiled: set[int] = field(default_factory=set)

    @property
    def name(self) -> str:
        packed = PACKED_SUFFIXES[self.packing]
        return "rows" + _SUFFIXES[self.container] + packed

    def text(self) -> str:
        """What a reader has to account for."""
        between = zip(self.rows, self.separators, strict=True)
        text = self.head + "".join(row + separator for row, separator in between) + self.tail
        return text if self.cut is None else text[: self.cut]

    def content(self) -> bytes:
        """The bytes of the file."""
        return packed(self.text().encode(self.encoding, "surrogatepass"), self.packing)


def packed(content: bytes, packing: str) -> bytes:
    if packing == "gzip":
        return gzip.compress(content, 1, mtime=0)
    if packing in ("bzip2", "xz"):
        return bz2.compress(content, 1) if packing == "bzip2" else lzma.compress(content, preset=1)
    return zstandard.compress(content, 1) if packing == "zstd" else content


def text_file(random: Random, container: str, rows: list[dict[str, Any]]) -> TextFile:
    """A sound file."""
    if container in ("csv", "tsv", "csv-all"):
        return _delimited(random, container, rows)
    escapes = random.random() < 0.3
    indent = 1 if container == "pretty" else None
    texts = [json.dumps(row, ensure_ascii=escapes, indent=indent) for row in rows]
    head, separator, tail = {
        "jsonl": ("", random.choice(["\n", "\n", "\r\n"]), ""),
        "objects": ("", random.choice(["", " "]), ""),
        "array": ("[", random.choice([", ", ","]), "]"),
        "lines-array": ("[\n", ",\n", "\n]\n"),
        "pretty": ("[\n ", ",\n ", "\n]"),
        "wrapped": (
            random.choice(['{"data": [', '{"version": 1, "meta": {"by": "x"}, "rows": [\n']),
            random.choice([", ", ",\n"]),
            random.choice(["]}", "]}\n", '], "info": {"list": [1, {"z": "]"}]}, "n": 2}']),
        ),
    }[container]
    separators = [separator] * len(texts)
    if container != "jsonl" and container != "objects":
        separators[-1] = ""
    return TextFile(container, head, texts, separators, tail)


def _delimited(random: Random, container: str, rows: list[dict[str, Any]]) -> TextFile:
    delimiter = "\t" if container == "tsv" else random.choice(",,;")
    quoting = csv.QUOTE_ALL if container == "csv-all" else csv.QUOTE_MINIMAL
    end = random.choice(["\n", "\r\n"])

    def line(values: list[Any]) -> str:
        sink = io.StringIO(newline="")
        csv.writer(sink, delimiter=delimiter, quoting=quoting).writerow(values)
        return sink.getvalue().removesuffix("\r\n")

    texts = [line([_cell(value) for value in row.values()]) for row in rows]
    return TextFile(container, line(list(rows[0])) + end, texts, [end] * len(texts), "")


def _cell(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def columns_file(random: Random, container: str, rows: list[dict[str, Any]]) -> bytes:
    """The bytes of a sound Parquet or Arrow file of several parts."""
    table = pa.Table.from_pylist(rows)
    sink = io.BytesIO()
    part = random.randrange(1, len(rows) + 1)
    if container == "parquet":
        pq.write_table(
            table, sink, row_group_size=part, compression=random.choice(["zstd", "none"])
        )
    else:
        new = pa.ipc.new_file if container == "arrow-file" else pa.ipc.new_stream
        with new(sink, table.schema) as writer:
            writer.write_table(table, max_chunksize=part)
    return sink.getvalue()
