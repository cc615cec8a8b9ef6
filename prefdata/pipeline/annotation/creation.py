"""Makes the items of a campaign of sources in any dialect, and of known answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

from prefdata.config.annotation import AnnotationConfig
from prefdata.config.model import BuildConfig
from prefdata.errors import DataError, OutputError
from prefdata.io.bytes.source import Segment
from prefdata.io.files.scratch import scratch_folder
from prefdata.pipeline.run.opened import open_sources
from prefdata.records.judgement import Completion, Judgement
from prefdata.results.annotation import NewItem, VoteAnswer
from prefdata.steps.read.completions import ReadCompletions, read_completions
from prefdata.transforms.annotation.said import SaidError, answer_said
from prefdata.transforms.judgements.as_written import (
    in_canonical_order,
    row_fields,
    written_completion,
    written_fields,
    written_message,
)
from prefdata.transforms.judgements.meet import completion_key, gathered

MOST_IN_ONE = 8
"""Completions that people can put in order on one screen."""

ONE, MANY = "one-completion", "too-many-completions"


@dataclass
class PreparedItems:
    """Items made of sources. `rows`: that were read. `left_out`: rows without a record and prompts
    without an item, by reason."""

    items: list[NewItem] = field(default_factory=list)
    rows: int = 0
    left_out: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class JudgedSource:
    """The judgements of one source, with the lines they stand on."""

    name: str
    read: ReadCompletions


def prepare_items(
    sources: Sequence[str], config: AnnotationConfig, build: BuildConfig
) -> PreparedItems:
    """The items of sources: the completions of each prompt, without what was said of them.

    A pairwise campaign asks about each two of them. Raises SourceError or DialectError for a source
    that cannot be read, DataError if nothing is left to judge.
    """
    prepared = PreparedItems()
    for source in read_sources(sources, build):
        prepared.rows += source.read.rows
        prepared.left_out.update(source.read.left_out)
        for line, judgement in _whole(source.read):
            prepared.items += _items(judgement, source.name, line, config, prepared.left_out)
    if not prepared.items:
        reasons = ", ".join(f"{n:,} {why}" for why, n in prepared.left_out.most_common())
        raise DataError(
            f"none of the {prepared.rows:,} rows read can be judged ({reasons or 'no rows'}). A "
            "row needs a prompt and two or more completions."
        )
    return prepared


def read_sources(sources: Sequence[str], build: BuildConfig) -> Iterator[JudgedSource]:
    """What is in each source. Raises SourceError or DialectError."""
    with scratch_folder() as scratch:
        for item in open_sources(sources, build.read, scratch).found:
            if item.match is None:
                continue
            found = read_completions(Segment(item.source), item.match, build.read)
            yield JudgedSource(item.source.name, found)


def _whole(read: ReadCompletions) -> Iterable[tuple[int, Judgement]]:
    """The completions that belong together, with the line of the first."""
    if read.are_pairs:
        return read.judged
    lines = [line for line, _ in read.judged]
    return (
        (lines[first], judgement)
        for first, judgement in gathered([judgement for _, judgement in read.judged])
    )


def _items(
    judgement: Judgement, name: str, line: int, config: AnnotationConfig, left_out: Counter[str]
) -> Iterator[NewItem]:
    completions = in_canonical_order(judgement.completions)
    if len(completions) < 2 and config.kind != "rating":
        left_out[ONE] += 1
        return
    if config.kind == "pairwise":
        groups: Iterable[Sequence[Completion]] = combinations(completions, 2)
    elif len(completions) > MOST_IN_ONE:
        left_out[MANY] += 1
        return
    else:
        groups = [completions]
    for group in groups:
        yield item_of(judgement, group, source=name, line=line)


def known_items(
    path: str, config: AnnotationConfig, build: BuildConfig, *, is_practice: bool
) -> Iterator[NewItem]:
    """Items whose answer is known: gold ones, or practice with an `explanation`.

    Raises DataError, with the line, for a judgement that is no answer to what the project asks.
    """
    for source in read_sources([path], build):
        if source.read.left_out:
            reasons = ", ".join(f"{n:,} {why}" for why, n in source.read.left_out.items())
            raise DataError(f"{source.name}: some rows cannot be read: {reasons}")
        for line, judgement in source.read.judged:
            completions = in_canonical_order(judgement.completions)
            try:
                answer = answer_said(judgement, places_of(judgement, completions), config)
            except SaidError as error:
                raise DataError(f"{source.name}, line {line}: {error}") from error
            explanation = row_fields(judgement).get("explanation")
            yield item_of(
                judgement,
                completions,
                source=source.name,
                line=line,
                gold=answer,
                explanation=None if explanation is None else str(explanation),
                is_practice=is_practice,
            )


def item_of(
    judgement: Judgement,
    completions: Sequence[Completion],
    *,
    source: str,
    line: int,
    gold: VoteAnswer | None = None,
    explanation: str | None = None,
    is_practice: bool = False,
) -> NewItem:
    """An item of some completions of a judgement; what its judge said does not go into it."""
    return NewItem(
        prompt=[written_message(message) for message in judgement.prompt],
        completions=[written_completion(completion) for completion in completions],
        source=source,
        line=line,
        gold=gold,
        explanation=explanation,
        is_practice=is_practice,
        row=written_fields(judgement),
    )


def places_of(judgement: Judgement, completions: Sequence[Completion]) -> tuple[int, ...]:
    """For each of some completions its place in a judgement."""
    where = {completion_key(each): place for place, each in enumerate(judgement.completions)}
    return tuple(where[completion_key(each)] for each in completions)


def demand_new(path: Path) -> None:
    """Raises OutputError if a campaign cannot be made at a path for want of its folder."""
    if not path.absolute().parent.is_dir():
        raise OutputError(
            f"{path}: there is no folder {path.absolute().parent}. Make it, or choose another file."
        )
