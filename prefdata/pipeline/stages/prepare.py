"""The beginning of a build: what is to be read is found, read, and checked by the rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import AgainstConfig, BuildConfig
from prefdata.encoders.encoder import Identity
from prefdata.engines.engine import Engine
from prefdata.io.files.shards import Shard
from prefdata.io.sources.evaluation import EvaluationSet, read_evaluation
from prefdata.io.sources.find import fingerprint_of
from prefdata.pipeline.run.reading import IdentifiedSource, readings
from prefdata.steps.progress import Report, told
from prefdata.steps.read.check import Checks, check
from prefdata.steps.read.ingest import ingest
from prefdata.steps.read.tally import Tally, added
from prefdata.steps.reward.open_scorer import open_scorer
from prefdata.steps.reward.scorer import Scorer
from prefdata.steps.semantic.open_encoder import opened
from prefdata.steps.verdict_tables import Tables


@dataclass(frozen=True)
class Prepared:
    """Rows read and checked, and what is there to compare them with.

    `names` and `prints`: of the sources. `keep` and `drop`: examples. `encoder` and `scorer`: open,
    where a filter needs them. `identity`: of all that reading and checking depend on.
    """

    names: tuple[str, ...]
    prints: list[str]
    evaluation: EvaluationSet | None
    keep: EvaluationSet | None
    drop: EvaluationSet | None
    encoder: Identity | None
    shards: list[Shard]
    rules: Checks
    tally: Tally
    verdicts: Tables
    identity: str
    scorer: Scorer | None = None


def prepare(
    engine: Engine,
    place: Path,
    config: BuildConfig,
    found: Sequence[IdentifiedSource],
    report: Report,
) -> Prepared:
    """Reads sources into shards and checks them, in folders of the workspace `place`."""
    names = tuple(item.source.name for item in found)
    # before the long work: a name may be misspelt, a model may not be there
    like = config.meaning.like
    evaluation = _given(config.against.files, config.against.field, config, place)
    keep, drop = (_examples(files, config, place) for files in (like.keep, like.drop))
    encoder = opened(config.encoder) if config.meaning.is_on else None
    scorer = opened_scorer(config)
    prints = [fingerprint_of(item.source) for item in found]
    identities = [_identity(*pair) for pair in zip(found, prints, strict=True)]
    ingested = fingerprint(*identities, config.read.model_dump())
    todo = readings(found, config.read)
    parts = told(ingest(engine, todo, place / f"ingest-{ingested}"), "ingest", len(todo), report)
    shards = [shard for part in parts for shard in part]

    rules = Checks(config.check)
    checked = fingerprint(ingested, rules.identity)
    checks = place / f"check-{checked}"
    tally = added(told(check(engine, shards, rules, checks), "check", len(shards), report))
    return Prepared(
        names=names,
        prints=prints,
        evaluation=evaluation,
        keep=keep,
        drop=drop,
        encoder=encoder,
        shards=shards,
        rules=rules,
        tally=tally,
        verdicts=Tables(checks),
        identity=checked,
        scorer=scorer,
    )


def opened_scorer(config: BuildConfig) -> Scorer | None:
    """The reward model of the filter; None where the filter is off."""
    judge = config.reward.filter
    if judge.action == "off" or judge.model is None:
        return None
    return open_scorer(judge.model, config.reward, config.encoder)


def _given(
    files: tuple[str, ...],
    name: str | None,
    config: BuildConfig,
    place: Path,
    setting: str = "against.field (--against-field)",
) -> EvaluationSet | None:
    """The texts of evaluation files or of examples; `name`: of the field that holds them."""
    if not files:
        return None
    against = AgainstConfig(files=files, field=name)
    spool = place / f"spool-{fingerprint(*files)}"
    return read_evaluation(against, config.read, spool, setting)


def _examples(files: tuple[str, ...], config: BuildConfig, place: Path) -> EvaluationSet | None:
    name = config.meaning.like.field
    return _given(files, name, config, place, "meaning.like.field (--examples-field)")


def _identity(item: IdentifiedSource, of_bytes: str) -> str:
    source = item.source
    return repr(
        (
            source.name,
            of_bytes,
            source.container,
            source.compression,
            source.encoding,
            source.delimiter,
            item.match,
        )
    )
