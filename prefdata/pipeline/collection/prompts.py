"""Prompts of all sources, ready to be asked: on the disk, since there may be very many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from prefdata.config.collect import CollectConfig
from prefdata.io.bytes.books import unit_of
from prefdata.io.files.atomic import ChecksumFile, atomic_file
from prefdata.io.sources.evaluation import EvaluationSet
from prefdata.io.sources.find import fingerprint_of
from prefdata.pipeline.run.output_run import Run
from prefdata.results.manifest import ContentEntry, SourceEntry
from prefdata.steps.collect.check_prompts import Dropped, PromptChecks, Remarked, is_unread
from prefdata.steps.collect.collection_files import CollectionFiles
from prefdata.steps.collect.read_prompts import PromptSource, SourceBooks, Unread, prompts_of
from prefdata.transforms.judgements.as_written import written_message

_encode = msgspec.json.Encoder().encode
_asked = msgspec.json.Decoder(Remarked).decode
_dropped = msgspec.json.Decoder(Dropped).decode
_unread = msgspec.json.Decoder(Unread).decode

STEP = "prompts"


@dataclass
class PreparedPrompts:
    """The prompts of a run. `read`: prompts and rows without one; `rows`: of the sources."""

    folder: Path
    evaluation: EvaluationSet | None
    sources: list[tuple[PromptSource, SourceBooks]] = field(default_factory=list)
    read: int = 0
    asked: int = 0
    quarantined: int = 0
    dropped: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)

    @property
    def rows(self) -> int:
        """Rows of the sources."""
        return sum(books.rows for _, books in self.sources)

    def prompts(self) -> Iterator[Remarked]:
        """The prompts that are asked, in order."""
        with (self.folder / "asked.jsonl").open("rb") as file:
            yield from map(_asked, file)

    @property
    def first_left_out(self) -> str:
        """Where the first row stands that is not asked, and why; empty: there is none."""
        with (self.folder / "unread.jsonl").open("rb") as file:
            for row in map(_unread, file):
                return f"{row.source}:{row.source_row} {row.reason}: {row.evidence}"
        with (self.folder / "dropped.jsonl").open("rb") as file:
            for each in map(_dropped, file):
                at = f"{each.prompt.source}:{each.prompt.source_row}"
                return f"{at} {each.reason}: {each.evidence}"
        return ""

    def write_left_out(self, files: CollectionFiles) -> None:
        """Writes the prompts that are dropped, and the rows in quarantine."""
        with (self.folder / "dropped.jsonl").open("rb") as file:
            for each in map(_dropped, file):
                prompt = each.prompt
                told = {
                    "source": prompt.source,
                    "source_row": prompt.source_row,
                    "reason": each.reason,
                    "evidence": each.evidence,
                    "prompt": [written_message(message) for message in prompt.messages],
                }
                files.dropped("prompts", told)
        with (self.folder / "unread.jsonl").open("rb") as file:
            for row in map(_unread, file):
                if is_unread(row):
                    files.quarantine(row.source, row.source_row, row.reason, row.evidence, row.raw)
                else:
                    files.dropped("prompts", _without_prompt(row))

    def source_entries(self) -> tuple[SourceEntry, ...]:
        """An entry of the manifest for each source."""
        return tuple(
            SourceEntry(
                name=where.source.name,
                bytes=where.source.size,
                fingerprint=fingerprint_of(where.source),
                container=where.source.container,
                compression=where.source.compression,
                encoding=where.source.encoding,
                dialect=where.dialect,
                polarity="the prompt alone",
                read=books.rows,
                quarantined=books.quarantined,
                content=ContentEntry(
                    unit=unit_of(where.source), **msgspec.structs.asdict(books.content)
                ),
            )
            for where, books in self.sources
        )


def _without_prompt(each: Unread) -> dict[str, object]:
    return {
        "source": each.source,
        "source_row": each.source_row,
        "reason": each.reason,
        "evidence": each.evidence,
        "prompt": None,
    }


def prepared_prompts(
    sources: Sequence[PromptSource],
    config: CollectConfig,
    evaluation: EvaluationSet | None,
    run: Run,
) -> PreparedPrompts:
    """Reads and checks the prompts of all sources. Raises RunError if not all of one was read."""
    folder = run.place / "prompts-read"
    ready = PreparedPrompts(folder, evaluation)
    checks = PromptChecks(config, evaluation, ready.flagged)
    run.report(STEP, 0, len(sources))
    with (
        atomic_file(folder / "asked.jsonl", durable=False) as asked,
        atomic_file(folder / "dropped.jsonl", durable=False) as dropped,
        atomic_file(folder / "unread.jsonl", durable=False) as unread,
    ):
        for done, where in enumerate(sources, start=1):
            books = SourceBooks()
            ready.sources.append((where, books))
            for each in checks.checked(prompts_of(where, config.read, books)):
                _book(ready, each, asked, dropped, unread)
            run.report(STEP, done, len(sources))
    return ready


def _book(
    ready: PreparedPrompts,
    each: Remarked | Dropped | Unread,
    asked: ChecksumFile,
    dropped: ChecksumFile,
    unread: ChecksumFile,
) -> None:
    ready.read += 1
    file = asked
    if isinstance(each, Remarked):
        ready.asked += 1
    elif isinstance(each, Dropped):
        file = dropped
        ready.dropped[each.reason] += 1
    else:
        file = unread
        if is_unread(each):
            ready.quarantined += 1
        else:
            ready.dropped[each.reason] += 1
    file.write(_encode(each) + b"\n")
