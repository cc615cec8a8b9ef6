"""Measures how far the judges agree whose judgements were put together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from prefdata.config.model import ReadConfig
from prefdata.dialects.dialect import Match
from prefdata.io.bytes.source import Segment
from prefdata.records.judgement import Judgement
from prefdata.results.agreement import AgreementReport
from prefdata.results.sentences import Sentence
from prefdata.steps.read.meeting import judgements_of
from prefdata.transforms.judgements.agreement import measure_agreement
from prefdata.transforms.judgements.by_criterion import judged_by_criterion
from prefdata.transforms.judgements.meet import without_texts


@dataclass(frozen=True)
class Heard:
    """The judgements of one source that name their judge, without texts; `unnamed`: the number of
    those that name none."""

    source: str
    named: tuple[Judgement, ...]
    unnamed: int


def hear(source: str, segment: Segment, match: Match, config: ReadConfig) -> Heard:
    """Reads a whole source whose judgements meet. `source`: its name."""
    read = judgements_of(segment, match, config)
    every = [each for each in read if not each.final]  # what is final is no vote
    named = tuple(without_texts(each) for each in every if each.judge is not None)
    return Heard(source, named, len(every) - len(named))


def measure(parts: Sequence[Heard], versions: dict[str, str]) -> AgreementReport:
    """Agreement by criterion, over all sources and, of several, in each that judges share."""
    everything = [judgement for part in parts for judgement in part.named]
    sources = [part.source for part in parts for _ in part.named]
    judged = judged_by_criterion(everything, sources=sources)
    slices = [measure_agreement(each) for each in judged]
    for part in parts if len(parts) > 1 else ():
        if len({judgement.judge for judgement in part.named}) > 1:
            slices += map(measure_agreement, judged_by_criterion(part.named, part.source))
    remarks = {}
    if unnamed := sum(part.unnamed for part in parts):
        judgements = len(everything) + unnamed
        remarks["unnamed-judges"] = Sentence(
            "judges.unnamed", unnamed=unnamed, judgements=judgements
        )
    return AgreementReport(slices=tuple(slices), remarks=remarks, versions=versions)
