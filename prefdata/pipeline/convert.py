"""Converts preference files to another format, without checks; drops only what it is told to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from prefdata.config.fingerprint import fingerprint
from prefdata.config.load import given_config
from prefdata.config.model import BuildConfig
from prefdata.config.section import RecordFormat
from prefdata.errors import SourceError
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.atomic import ChecksumFile, WrittenFile, atomic_file
from prefdata.io.files.scratch import scratch_folder
from prefdata.io.sources.in_memory import Sources
from prefdata.pipeline.run.destination import (
    Destination,
    new_folder,
    place_of,
    refuse_sources,
    refuse_taken,
)
from prefdata.pipeline.run.engines import reading_engine
from prefdata.pipeline.run.opened import Opened, open_sources, places_of
from prefdata.pipeline.run.output_run import Run
from prefdata.pipeline.run.overlap import refuse_overlap
from prefdata.pipeline.run.reading import (
    IdentifiedSource,
    readings,
    refuse_changed,
    refuse_contradicted,
)
from prefdata.pipeline.run.worker_modules import CONVERTING
from prefdata.results.conversion import Conversion, ConvertedSource, LeftOut, LeftOutRow, Target
from prefdata.results.manifest import FileEntry
from prefdata.results.validation import EXAMPLES
from prefdata.rules.pairing import UNPAIRED
from prefdata.steps.convert.preflight import UNHOLDABLE, PreflightSegment, preflight
from prefdata.steps.convert.reshape import Note, Shape, reshaped
from prefdata.steps.convert.write_converted import write_file, write_folder
from prefdata.steps.progress import Report, silent, with_progress
from prefdata.steps.read.reading import Reading
from prefdata.transforms.convert.exports import (
    EXPORTS,
    NO_MARGIN,
    NO_METADATA,
    NO_TOOLS,
    ROWS_OF_A_PAIR,
)

_encode = msgspec.json.Encoder().encode


@in_our_words
def convert(
    sources: Sources,
    *,
    out: str | Path,
    to: Target,
    record_format: RecordFormat = "conversational",
    config: BuildConfig | Mapping[str, Any] | str | Path | None = None,
    force: bool = False,
    drop_unholdable: bool = False,
    provenance: bool = False,
    workers: int | None = None,
    report: Report = silent,
) -> Conversion:
    """Writes the pairs of some sources in a format, in source order.

    All sources are read twice, first to find what cannot be written without loss. If there is any,
    nothing is written and the result says so (`refused`), unless `drop_unholdable`.
    `OUT.dropped.jsonl` holds every row left out with its reason, judgements that make no pair
    included.

    - `sources`: files, folders, globs, URLs, `-` (standard input) or rows in memory: one, a list of
      them, or rows by name in a dict.
    - `out`: the file or folder to write. It appears when it is complete.
    - `to`: `"jsonl"` or `"csv"`: a file; `"arrow"`: a folder; `"parquet"`: a file if `out` ends in
      `.parquet`, else a folder.
    - `record_format`: what a record looks like: `"conversational"`, `"standard"`, `"implicit"`,
      `"question"`, `"llamafactory"`, `"kto"`, `"swift"`, `"axolotl"`, `"openai"`, `"nemo-rl"`,
      `"verl"` or `"ultrafeedback"`.
    - `config`: a BuildConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `force`: replace the output of an earlier conversion. By default that raises OutputError.
    - `drop_unholdable`: leave out the rows that the format cannot hold, and write all others.
    - `provenance`: add the columns `source` and `source_row`.
    - `workers`: how many processes, 1 or more. None: one for each core. The result is the same.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.

    Raises a PrefdataError: SourceError, DialectError, OutputError, UsageError.
    """
    config = given_config(config)
    place = place_of(out, to)
    places = places_of(sources, config)
    refuse_overlap(place.path, places, config)
    refuse_taken(place, force=force)
    with scratch_folder() as scratch:
        opened = open_sources(places, config.read, scratch)
        identified = opened.found
        refuse_sources(place, [item.source for item in identified])
        todo = readings(identified, config.read)
        with reading_engine(identified, workers, CONVERTING) as engine:
            parts = preflight(engine, todo, record_format)
            ahead = _Ahead(opened, list(with_progress(parts, "look", len(todo), report)))
        refuse_contradicted(identified, ahead.by_source, config.read)
        shape = ahead.shape(record_format, to, provenance=provenance)
        if ahead.lost > ahead.unpaired and not drop_unholdable:
            return ahead.result(shape, place, None)
        run = Run(opened, scratch, engine, config, report)
        written = _written(run, todo, shape, place, ahead.lost)
    return ahead.result(shape, place, written)


@dataclass(frozen=True)
class _Ahead:
    """Result of the first reading: what the rows hold, and which rows the format cannot hold."""

    opened: Opened
    segments: Sequence[PreflightSegment]

    @property
    def identified(self) -> Sequence[IdentifiedSource]:
        return self.opened.found

    @property
    def records(self) -> int:
        return sum(part.tally.records for part in self.segments)

    @property
    def with_margin(self) -> int:
        return sum(part.tally.with_margin for part in self.segments)

    @property
    def by_source(self) -> list[tuple[int, int]]:
        """The rows of each source, and those of them of which no record can be made."""
        read = [(0, 0)] * len(self.identified)
        for part in self.segments:
            unreadable = sum(
                rows
                for code, rows in part.tally.findings.items()
                if code != UNHOLDABLE and code not in UNPAIRED
            )
            rows, before = read[part.source]
            read[part.source] = rows + part.rows, before + unreadable
        return read

    @property
    def unpaired(self) -> int:
        """The rows that make no pair, which are left out in any case."""
        return sum(
            rows
            for part in self.segments
            for code, rows in part.tally.findings.items()
            if code in UNPAIRED
        )

    @property
    def lost(self) -> int:
        return sum(rows for part in self.segments for rows in part.tally.findings.values())

    def shape(self, record_format: RecordFormat, to: Target, *, provenance: bool) -> Shape:
        """The columns to write. In Parquet and Arrow, `margin` only if all rows have one."""
        is_gapless = to in ("jsonl", "csv") or self.with_margin == self.records
        is_read = record_format not in NO_MARGIN
        return Shape(
            record_format,
            has_extra=any(part.any_extra for part in self.segments),
            margin=self.with_margin > 0 and is_gapless and is_read,
            provenance=provenance,
            is_json=to == "jsonl",
        )

    def result(
        self, shape: Shape, place: Destination, files: Sequence[WrittenFile] | None
    ) -> Conversion:
        return Conversion(
            to=place.to,
            record_format=shape.record_format,
            read=sum(part.rows for part in self.segments),
            written=0 if files is None else self.records,
            refused=files is None,
            left_out=tuple(self._left_out()),
            remarks=tuple(self._remarks(shape)),
            sources=tuple(self._sources()),
            not_read=self.opened.not_read,
            files=tuple(_entry(file, place.path.parent) for file in files or ()),
        )

    def _left_out(self) -> Iterator[LeftOut]:
        rows: Counter[str] = Counter()
        examples: dict[str, list[LeftOutRow]] = {}
        source, lines = -1, 0
        for part in self.segments:
            if part.source != source:
                source, lines = part.source, 0
            name = self.identified[source].source.name
            rows.update(part.tally.findings)
            for reason, places in part.tally.examples.items():
                examples.setdefault(reason, []).extend(
                    LeftOutRow(source=name, row=example.source_row + lines, why=example.evidence)
                    for example in places
                )
            lines += part.lines
        for reason in sorted(rows, key=lambda reason: (-rows[reason], reason)):
            first = tuple(examples[reason][:EXAMPLES])
            yield LeftOut(reason=reason, rows=rows[reason], examples=first)

    def _remarks(self, shape: Shape) -> Iterator[str]:
        repeated = sum(part.repeated for part in self.segments)
        if repeated:
            yield f"{repeated:,} rows name a field more than once; the last value counts."
        if media := sum(part.with_media for part in self.segments):
            yield (
                f"{media:,} of {self.records:,} records have images, video or audio, whose bytes "
                "are not written: their SHA-256 and size are."
            )
        if shape.record_format in EXPORTS:
            yield from self._of_export(shape)
        if self.with_margin and not shape.margin and shape.record_format not in NO_MARGIN:
            yield (
                f"{self.with_margin:,} of {self.records:,} records have a margin. A trainer wants "
                "one of every row or none, so the margins stand in metadata, not in a column."
            )

    def _of_export(self, shape: Shape) -> Iterator[str]:
        """What the owner of a format does not read."""
        to = shape.record_format
        rows = ROWS_OF_A_PAIR.get(to, 1)
        if rows > 1:
            yield (
                f"{self.records:,} pairs are {self.records * rows:,} rows of {to}, chosen first "
                "(true), then rejected (false). Where a prompt has several pairs, which two belong "
                "together is not to be told from them. KTOTrainer leaves out rows whose prompt "
                "alone has as many tokens as its max_length."
            )
        place = "they are not written" if to in NO_METADATA else "they stand beside the pair"
        if self.with_margin and to in NO_MARGIN:
            yield (
                f"{self.with_margin:,} of {self.records:,} records have a margin, which nothing "
                f"that reads {to} looks at: {place}."
            )
        tools = sum(part.with_tools for part in self.segments)
        if tools and to in NO_TOOLS:
            yield (
                f"{tools:,} of {self.records:,} records offer tools, which nothing that reads {to} "
                f"looks at: {place}."
            )
        fields = sum(part.with_fields for part in self.segments)
        if fields and to in NO_METADATA:
            yield (
                f"{fields:,} of {self.records:,} records have fields besides the pair, which {to} "
                f"refuses: {place}."
            )

    def _sources(self) -> Iterator[ConvertedSource]:
        for item, (rows, _) in zip(self.identified, self.by_source, strict=True):
            yield ConvertedSource(
                name=item.source.name,
                dialect=item.dialect,
                polarity=item.polarity,
                rows=rows,
            )


def _written(
    run: Run, todo: Sequence[Reading], shape: Shape, place: Destination, lost: int
) -> list[WrittenFile]:
    """Reads the sources again and writes every row, to the output or to the list of left-out rows.

    `lost`: rows that the format cannot hold. Their list is complete before the output is.
    """
    beside: list[WrittenFile] = []
    batches = _batches(run, todo, shape, place.left_out, lost, beside)
    if not place.is_folder:
        return [write_file(place.path, place.to, batches, shape.schema), *beside]
    most = run.config.shards.max_bytes
    with new_folder(place.path) as folder:
        written = write_folder(
            folder, place.to, batches, shape.schema, max_bytes=most, fingerprint=_identity
        )
    return [*(_moved(file, folder, place.path) for file in written), *beside]


def _batches(
    run: Run,
    todo: Sequence[Reading],
    shape: Shape,
    left_out: Path,
    lost: int,
    beside: list[WrittenFile],
) -> Iterator[pa.RecordBatch]:
    """The rows in their new shape; the file of left-out rows, if any, is appended to `beside`."""
    identified = run.opened.found
    names = [item.source.name for item in identified]
    readings = with_progress(todo, "write", len(todo), run.report)
    notes: AbstractContextManager[ChecksumFile | None] = (
        atomic_file(left_out) if lost else nullcontext()
    )
    with notes as file:
        yield from reshaped(readings, names, shape, _leave_out(file))
        refuse_changed(identified)
    if file is not None:
        beside.append(file.written(rows=lost))
    else:
        left_out.unlink(missing_ok=True)  # left by the conversion that is replaced


def _leave_out(file: ChecksumFile | None) -> Callable[[Note], None]:
    def leave_out(note: Note) -> None:
        if file is None:
            raise SourceError(
                f"{note['source']} changed while it was read. Run again when it is complete."
            )
        file.write(_encode(note) + b"\n")

    return leave_out


def _identity(shards: list[WrittenFile]) -> str:
    return fingerprint(*(shard.sha256 for shard in shards))


def _moved(file: WrittenFile, old: Path, new: Path) -> WrittenFile:
    return WrittenFile(new / file.path.relative_to(old), file.bytes, file.sha256, file.rows)


def _entry(file: WrittenFile, root: Path) -> FileEntry:
    name = file.path.relative_to(root).as_posix()
    return FileEntry(path=name, bytes=file.bytes, sha256=file.sha256, rows=file.rows)
