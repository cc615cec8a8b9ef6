"""Whether a spoiled file was read as promised: nothing lost, all sound rows found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from prefdata.config.model import ReadConfig
from prefdata.dialects.detect import detect
from prefdata.errors import DialectError, SourceError
from prefdata.io.bytes.source import RawRow, Source
from prefdata.io.sources.find import find_sources
from prefdata.io.sources.read import read_rows, sample_rows, segments
from prefdata.records.columns import records_of
from prefdata.records.record import text_of
from prefdata.steps.read.records_or_quarantine import pieces
from tests.fuzz.files import (
    COLUMNS,
    ENCODINGS,
    PACKINGS,
    TEXTS,
    TextFile,
    columns_file,
    text_file,
)
from tests.fuzz.mutations import cut_off, mutate
from tests.fuzz.rows import STATED, Made, rows, templates

_MARKS_OF_STRUCTURE = " \t\r\n,[]\ufeff"
_SNIFFED = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}


@dataclass
class Tally:
    """What was tried, and what came of it.

    `swallowed`: sound rows after a spoiled one that went to quarantine with it, since their bytes
    may as well be its content.
    `refused`: files refused as a whole, by reason. `wrong`: promises broken.
    """

    files: int = 0
    rows: int = 0
    spoiled: int = 0
    swallowed: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Trial:
    """One file to read. `name`: how to make it again."""

    name: str
    path: Path
    dialect: str
    config: ReadConfig
    tally: Tally

    def wrong(self, what: str) -> None:
        self.tally.wrong.append(f"{self.name} {self.dialect} {self.path.name}: {what}")

    def raws(self) -> tuple[Source, list[RawRow]] | None:
        """The source and its rows; None if it is refused."""
        try:
            [source] = find_sources(
                [str(self.path)], spool=self.path.parent, config=self.config
            ).sources
            return source, [
                row
                for segment in segments(source, self.config)
                for block in read_rows(segment, self.config)
                for row in block.rows
            ]
        except SourceError as error:  # also one that turns out to be a bomb while it is read
            self.tally.refused[str(error).split(":")[0][-40:]] += 1
            return None


def fuzz(seed: int, spoiled: int, folder: Path) -> Tally:
    """Tries seeded files until so many rows were spoiled."""
    tally = Tally()
    number = 0
    while tally.spoiled < spoiled:
        try_one(f"{seed}-{number}", folder, tally)
        number += 1
    return tally


def try_one(seed: str, folder: Path, tally: Tally) -> None:
    """Makes one file, spoils it and reads it."""
    random = Random(seed)
    dialect = random.choice(sorted(templates()))
    made = list(rows(random, dialect, random.randrange(3, 40)))
    config = ReadConfig().model_copy(
        update={
            "segment_bytes": random.choice([2_000, 64 << 20]),
            "block_bytes": random.choice([16 << 10, 8 << 20]),
            **STATED.get(dialect, {}),
        }
    )
    container = random.choice((*TEXTS, *COLUMNS))
    tally.files += 1
    tally.rows += len(made)
    trial = Trial(f"{seed} {container}", folder, dialect, config, tally)
    (_try_columns if container in COLUMNS else _try_text)(random, container, made, trial)


def spoiled_file(random: Random, container: str, made: Sequence[Made]) -> TextFile:
    """A text with some spoiled rows."""
    file = text_file(random, container, [row.fields for row in made])
    file.encoding, file.packing = random.choice(ENCODINGS), random.choice(PACKINGS)
    for _ in range(random.randrange(1, 2 + len(made) // 3)):
        mutate(random, file)
    if random.random() < 0.1:
        cut_off(random, file)
    return file


def _try_text(random: Random, container: str, made: Sequence[Made], trial: Trial) -> None:
    file = spoiled_file(random, container, made)
    trial.tally.spoiled += len(file.spoiled)
    trial.path /= file.name
    trial.path.write_bytes(file.content())
    read = trial.raws()
    if read is None:
        return
    source, raws = read
    if source.encoding != _SNIFFED.get(file.encoding, file.encoding):
        trial.tally.refused["taken for another encoding"] += 1  # too little text to tell
        return
    header = file.head if file.container in ("csv", "tsv", "csv-all") else ""
    for what in unaccounted(file.text(), raws, source, header):
        trial.wrong(what)
    found = Counter(row.raw.rstrip(b"\r,") for row in raws if row.fields is not None)
    missing = {
        index
        for index, row in enumerate(file.rows)
        if index not in file.spoiled and not found[row.encode("utf-8", "surrogatepass")]
    }
    trial.tally.swallowed += len(missing)
    _read_records(
        source, [made[i] for i in range(len(made)) if i not in file.spoiled | missing], trial
    )


def _try_columns(random: Random, container: str, made: Sequence[Made], trial: Trial) -> None:
    content = bytearray(columns_file(random, container, [row.fields for row in made]))
    is_flipped = random.random() < 0.7
    if is_flipped:
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        trial.tally.spoiled += 1
    trial.path /= f"rows.{'parquet' if container == 'parquet' else 'arrow'}"
    trial.path.write_bytes(content)
    read = trial.raws()
    if read is None:
        return
    source, raws = read
    if not is_flipped and len(raws) != len(made):
        trial.wrong(f"{len(raws)} rows of {len(made)}")
    _read_records(source, () if is_flipped else made, trial)


def unaccounted(
    text: str, raws: Sequence[RawRow], source: Source, header: str = ""
) -> Iterator[str]:
    """What of a text is neither in a row nor structure; counted without the books of reading.

    Rows are looked for after the header: what is left of a spoiled row may be a part of a name.
    What was written as JSON may be so spoiled that it is CSV to a reader, its first line a header.
    """
    content = text.encode("utf-8", "surrogatepass")
    if source.container != "json" and b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    at, gaps = len(header.encode("utf-8", "surrogatepass")), []
    for row in raws:
        begin = content.find(row.raw, at)
        if begin < 0:
            yield f"row {row.source_row} is not in the file, or not here: {row.raw[:80]!r}"
            return
        gaps.append(content[at:begin])
        at = begin + (len(row.raw) if row.size is None else row.size)
    gaps.append(content[at:])
    for number, gap in enumerate(gaps):
        left = gap.decode("utf-8", "replace").strip(_MARKS_OF_STRUCTURE)
        is_wrapper = source.container == "json" and (left == "}" or '":' in left.replace(" ", ""))
        is_header = (
            source.container == "csv" and not header and not any(map(bytes.strip, gaps[:number]))
        )
        if left and not is_header and not is_wrapper:
            yield f"bytes that belong to nothing, before row {number + 1}: {gap[:80]!r}"


def _read_records(source: Source, whole: Sequence[Made], trial: Trial) -> None:
    """Reads the file as a build does; raises RunError if the books do not balance."""
    try:
        sample = sample_rows(source, trial.config)
        match = detect(sample, place="file", dialect=trial.dialect, label=trial.config.label)
    except DialectError as error:
        trial.tally.refused[str(error)[:60]] += 1
        return
    chosen, rejected = [], []
    for segment in segments(source, trial.config):
        accounted = rows = 0
        for piece in pieces(segment, match, trial.config):
            rows, accounted = piece.rows, accounted + len(piece.batch) + len(piece.quarantined)
            for record in records_of(piece.batch):
                chosen.append(text_of(record.chosen))
                rejected.append(text_of(record.rejected))
        if rows != accounted:
            trial.wrong(f"{rows} rows, of which {accounted} are accounted for")
    better, worse = "\n".join(chosen), "\n".join(rejected)
    for row in whole:
        if row.better not in better or row.worse not in worse:
            trial.wrong(f"a sound row gave no record: {str(row.fields)[:120]}")
            return
