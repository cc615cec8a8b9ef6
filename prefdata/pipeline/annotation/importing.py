"""Votes from files, such as exports of other annotation tools, become votes of a campaign."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from prefdata.config.annotation import AnnotationConfig
from prefdata.config.model import BuildConfig
from prefdata.dialects.judgements.voted import by_place
from prefdata.io.annotation.items import key_of
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.pipeline.annotation.creation import item_of, places_of, read_sources
from prefdata.records.judgement import Judgement
from prefdata.results.annotation import ImportedVote, NewItem
from prefdata.transforms.annotation.said import SaidError, answer_said
from prefdata.transforms.judgements.as_written import in_canonical_order

UNNAMED, NO_ANSWER = "no-judge", "no-answer"


@dataclass
class ImportedVotes:
    """`rows`: that were read; `new`: votes that were not there yet; `known`: that were; `items`:
    that were added. `left_out`: rows without a vote, by reason; `why`: an example of each."""

    rows: int = 0
    new: int = 0
    known: int = 0
    items: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    why: dict[str, str] = field(default_factory=dict)


def import_votes(campaign: Campaign, sources: Sequence[str], build: BuildConfig) -> ImportedVotes:
    """Adds the judgements of sources to a campaign, each once; items that are not there are added.

    Raises SourceError or DialectError for a source that cannot be read.
    """
    done = ImportedVotes()
    for source in read_sources(sources, build):
        done.rows += source.read.rows
        done.left_out.update(source.read.left_out)
        found = list(_votes(source.read.judged, source.name, campaign.config, done))
        added = campaign.add(item for item, _ in found)
        done.items += added.added
        new = campaign.import_votes(vote for _, vote in found)
        done.new, done.known = done.new + new, done.known + len(found) - new
    return done


def _votes(
    judged: Sequence[tuple[int, Judgement]],
    name: str,
    config: AnnotationConfig,
    done: ImportedVotes,
) -> Iterator[tuple[NewItem, ImportedVote]]:
    for line, judgement in judged:
        if judgement.judge is None:
            _leave_out(done, UNNAMED, f"{name}, line {line}: nothing says who judged")
            continue
        completions = in_canonical_order(judgement.completions)
        places = places_of(judgement, completions)
        try:
            _demand_kind(config, len(completions))
            answer = answer_said(judgement, places, config)
        except SaidError as error:
            _leave_out(done, NO_ANSWER, f"{name}, line {line}: {error}")
            continue
        item = item_of(judgement, completions, source=name, line=line)
        shown = _shown(judgement, places)
        yield (
            item,
            ImportedVote(
                key=key_of(item),
                judge=judgement.judge,
                answer=by_place(answer, shown),
                shown=shown,
                at=_seconds(judgement.at),
                comment=judgement.comment,
                confidence=judgement.confidence,
            ),
        )


def _demand_kind(config: AnnotationConfig, count: int) -> None:
    if config.kind == "pairwise" and count != 2:
        raise SaidError(f"it is of {count} completions, and a pairwise campaign asks about two")
    if config.kind == "ranking" and count < 2:
        raise SaidError("it is of one completion, which cannot be ranked")


def _shown(judgement: Judgement, places: Sequence[int]) -> tuple[int, ...] | None:
    """The completions of the item in the order in which the judge saw them; None if unknown."""
    if judgement.shown is None:
        return None
    item_place = {place: index for index, place in enumerate(places)}
    return tuple(item_place[place] for place in judgement.shown if place in item_place)


def _seconds(at: str | None) -> float | None:
    """Seconds since 1970 of a time in ISO 8601; None for another form."""
    if at is None:
        return None
    try:
        return datetime.fromisoformat(at).timestamp()
    except ValueError:
        return None


def _leave_out(done: ImportedVotes, reason: str, why: str) -> None:
    done.left_out[reason] += 1
    done.why.setdefault(reason, why)
