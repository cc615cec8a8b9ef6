"""Whether a spoiled file was read as promised: nothing lost, all sound rows found."""

from __future__ import annotations

import json
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
from tests.fuzz.files import COLUMNS, ENCODINGS, PACKINGS, TEXTS, columns_file, text_file
from tests.fuzz.mutations import cut_off, mutate
from tests.fuzz.rows import Made, rows, templates

_MARKS_OF_STRUCTURE = " \t\r\n,[]\ufeff"


@dataclass
class Tally:
    """Counts of what was tried. `lost`: sound rows not found; `wrong`: promises broken."""

    files: int = 0
    rows: int = 0
    spoiled: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    neighbours: int = 0
    wrong: list[str] = field(default_factory=list)
    by_container: Counter[str] = field(default_factory=Counter)


def fuzz(seed: int, spoiled: int, folder: Path) -> Tally:
    """Tries seeded files until so many rows were spoiled."""
    tally = Tally()
    number = 0
    while tally.spoiled < spoiled:
        random = Random(f"{seed}-{number}")
        try_one(random, folder, tally, f"seed {seed}-{number}")
        number += 1
    return tally


def try_one(random: Random, folder: Path, tally: Tally, place: str) -> None:
    """Makes one file, spoils it and reads it."""
    dialect = random.choice(sorted(templates()))
    made = list(rows(random, dialect, random.randrange(3, 40)))
    container = random.choice((*TEXTS, *COLUMNS))
    config = ReadConfig.model_construct(
        **{**ReadConfig().model_dump(), "segment_bytes": random.choice([2_000, 64 << 20]),
           "block_bytes": random.choice([16 << 10, 8 << 20])}
    )
    tally.files += 1
    tally.rows += len(made)
    tally.by_container[container] += 1
    if container in COLUMNS:
        _try_columns(random, folder, container, dialect, made, config, tally, place)
    else:
        _try_text(random, folder, container, dialect, made, config, tally, place)


def _try_text(random, folder, container, dialect, made, config, tally, place) -> None:
    file = text_file(random, container, [row.fields for row in made])
    file.encoding, file.packing = random.choice(ENCODINGS), random.choice(PACKINGS)
    for _ in range(random.randrange(1, 2 + len(made) // 3)):
        mutate(random, file)
    if random.random() < 0.1:
        cut_off(random, file)
    tally.spoiled += len(file.spoiled)
    path = folder / file.name
    path.write_bytes(file.content())
    sound = {i: file.rows[i] for i in range(len(made)) if i not in file.spoiled}
    place = f"{place} {dialect} {file.name} {container} {file.encoding}"
    try:
        source, raws = _raws(path, config)
    except SourceError as error:
        tally.refused[str(error).split(":")[0][-40:]] += 1
        return
    finally:
        _keep = path
    text = file.text()
    if source.encoding.replace("-sig", "") != _codec(file.encoding):
        tally.refused["other encoding"] += 1
        return
    tally.wrong += [f"{place}: {what}" for what in _gaps(text, raws, source)]
    found = Counter(row.raw.rstrip(b"\r,") for row in raws if row.fields is not None)
    missing = [
        index for index, row in sound.items()
        if not found[row.encode("utf-8", "surrogatepass")]
    ]
    for index in missing:
        beside = file.is_spoiled_around or any(
            near in file.spoiled for near in range(index - 3, index)
        )
        tally.neighbours += beside
        if not beside:
            tally.wrong.append(f"{place}: sound row {index} is lost")
    whole = [made[index] for index in sound if index not in missing]
    _records(source, config, dialect, whole, tally, place)


def _try_columns(random, folder, container, dialect, made, config, tally, place) -> None:
    content = bytearray(columns_file(random, container, [row.fields for row in made]))
    is_flipped = random.random() < 0.7
    if is_flipped:
        content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        tally.spoiled += 1
    path = folder / f"rows.{'parquet' if container == 'parquet' else 'arrow'}"
    path.write_bytes(content)
    place = f"{place} {dialect} {container}"
    try:
        source, raws = _raws(path, config)
    except SourceError as error:
        tally.refused[str(error).split(":")[0][-40:]] += 1
        return
    if not is_flipped and len(raws) != len(made):
        tally.wrong.append(f"{place}: {len(raws)} rows of {len(made)}")
    _records(source, config, dialect, () if is_flipped else made, tally, place)


def _codec(encoding: str) -> str:
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(encoding, encoding)


def _raws(path: Path, config: ReadConfig) -> tuple[Source, list[RawRow]]:
    [source] = find_sources([str(path)], spool=path.parent, config=config)
    return source, [
        row
        for segment in segments(source, config)
        for block in read_rows(segment, config)
        for row in block.rows
    ]


def _gaps(text: str, raws: Sequence[RawRow], source: Source) -> Iterator[str]:
    """What lies between rows and is not structure; rows that are not in the text, in order."""
    content = text.encode("utf-8", "surrogatepass")
    if source.container != "json" and b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    at, gaps = 0, []
    for row in raws:
        begin = content.find(row.raw, at)
        if begin < 0:
            yield f"row {row.source_row} is not in the file: {row.raw[:80]!r}"
            return
        gaps.append(content[at:begin])
        at = begin + (len(row.raw) if row.size is None else row.size)
    gaps.append(content[at:])
    for number, gap in enumerate(gaps):
        if left := gap.decode("utf-8", "replace").strip(_MARKS_OF_STRUCTURE):
            if source.container == "csv" and not any(g.strip() for g in gaps[:number]):
                continue  # the header
            if source.container == "json" and b'":' in gap.replace(b" ", b"") or left == "}":
                continue  # around the rows of a wrapper
            yield f"bytes that belong to nothing, before row {number + 1}: {gap[:80]!r}"


def _records(source, config, dialect, whole: Sequence[Made], tally: Tally, place: str) -> None:
    """Reads the file as a build does; raises RunError if its books do not balance."""
    sample = sample_rows(source, config)
    try:
        match = detect(sample, place="x", dialect=dialect)
    except DialectError as error:
        tally.refused[str(error)[:40]] += 1
        return
    total = kept = 0
    sides: dict[str, tuple[str, str]] = {}
    for segment in segments(source, config):
        last = None
        for piece in pieces(segment, match, config):
            kept += len(piece.batch) + len(piece.quarantined)
            last = piece
            for record in records_of(piece.batch):
                chosen, rejected = text_of(record.chosen), text_of(record.rejected)
                sides[chosen.split("b", 2)[0] + chosen] = (chosen, rejected)
        total += last.rows if last else 0
    if total != kept:
        tally.wrong.append(f"{place}: {total} rows, of which {kept} are accounted for")
    chosen = "\n".join(c for c, _ in sides.values())
    rejected = "\n".join(r for _, r in sides.values())
    for row in whole:
        if row.better not in chosen or row.worse not in rejected:
            tally.wrong.append(f"{place}: a sound row gave no record: {json.dumps(row.fields)[:120]}")
            break
