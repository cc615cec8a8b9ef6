"""The books of reading: everything that a source holds, counted twice.

Readers book where the content of a segment went: into rows (readable or not) and into structure
that is not a row (separators, brackets, a header), by name. What the segment holds is counted apart
from that, by the size of the file or by what its stream delivered. A reader that skips something
makes the two differ, whatever it takes the skipped bytes for.

Text is counted in bytes (of UTF-8, decompressed); Parquet and Arrow files, whose values are packed,
in rows, which they count themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

import msgspec

from prefdata.errors import RunError
from prefdata.io.bytes.source import RowBlock, Segment, Source
from prefdata.io.bytes.streams import BOM

Unit = Literal["bytes", "rows"]
_TEXTS = ("jsonl", "json", "json-columns", "csv")


class Content(msgspec.Struct):
    """What a source, or a part of it, holds: `held` = `in_rows` + what is structure, by name."""

    held: int = 0
    in_rows: int = 0
    structure: dict[str, int] = {}

    def book(self, held: int, in_rows: int, structure: Mapping[str, int]) -> None:
        """Adds some content and where it went."""
        self.held += held
        self.in_rows += in_rows
        for name, size in structure.items():
            if size:
                self.structure[name] = self.structure.get(name, 0) + size

    def add(self, other: Content) -> None:
        """Adds another part of the source."""
        self.book(other.held, other.in_rows, other.structure)

    def balance(self) -> int:
        """What is unaccounted for: 0, or something is wrong."""
        return self.held - self.in_rows - sum(self.structure.values())


def unit_of(source: Source) -> Unit:
    """What the content of a source is counted in."""
    return "bytes" if source.container in _TEXTS else "rows"


def booked(blocks: Iterable[RowBlock], segment: Segment, content: Content) -> Iterator[RowBlock]:
    """The same blocks; adds them to `content`, and raises RunError if at the end of the segment
    the books do not balance."""
    for block in blocks:
        book_block(content, block, unit_of(segment.source))
        yield block
    close(content, segment)


def book_block(content: Content, block: RowBlock, unit: Unit) -> None:
    """Books a block: what was taken in for it, and the rows made of that."""
    if unit == "bytes":
        in_rows = sum(len(row.raw) if row.size is None else row.size for row in block.rows)
    else:
        in_rows = sum(1 if row.size is None else row.size for row in block.rows)
    content.book(block.held, in_rows, block.structure)


def close(content: Content, segment: Segment) -> None:
    """Closes the books of a segment that was read to its end. Raises RunError if they do not
    balance, or if less was read than the file holds."""
    source = segment.source
    held = _held_by_file(segment)
    if content.balance() == 0 and (held is None or _all_taken_in(content.held, held, segment)):
        return
    if held is not None and source.path.stat().st_size != source.size:
        return  # it changes while it is read, which is reported as such
    raise RunError(
        f"{source.name}: {content.held:,} {unit_of(source)} were read"
        f"{'' if held is None else f' of {held:,}'}, of which {content.in_rows:,} are in rows and "
        f"{content.structure} in the structure of the file; the rest is unaccounted for. Nothing "
        "was published; this is a fault of prefdata, please report it."
    )


def _held_by_file(segment: Segment) -> int | None:
    """The bytes of a segment by the size of its file; None if they are packed or encoded."""
    source = segment.source
    if unit_of(source) != "bytes" or source.compression != "none" or source.encoding != "utf-8":
        return None
    return (source.size if segment.stop is None else segment.stop) - segment.start


def _all_taken_in(taken: int, held: int, segment: Segment) -> bool:
    """Whether all bytes of a segment were taken in; some readers do not see a BOM."""
    return taken == held or (
        taken == held - len(BOM) and segment.start == 0 and _begins_with_bom(segment.source)
    )


def _begins_with_bom(source: Source) -> bool:
    with source.path.open("rb") as file:
        return file.read(len(BOM)) == BOM
