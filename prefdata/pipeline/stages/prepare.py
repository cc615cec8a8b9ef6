"""The first steps of a build: reads sources into shards, and checks rows by the rules."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from prefdata.config.fingerprint import fingerprint
from prefdata.config.model import AgainstConfig, BuildConfig
from prefdata.dialects import meets
from prefdata.encoders.encoder import Identity
from prefdata.errors import ContradictedError
from prefdata.io.files.pictures import digests_of_files
from prefdata.io.files.shards import Shard
from prefdata.io.sources.evaluation import EvaluationSet, read_evaluation
from prefdata.io.sources.find import fingerprint_of
from prefdata.pipeline.run.demands import demand_for_checks
from prefdata.pipeline.run.output_run import Run
from prefdata.pipeline.run.reading import IdentifiedSource, readings, refuse_contradicted
from prefdata.pipeline.run.trail import Trail
from prefdata.steps.progress import with_progress
from prefdata.steps.read.check import Checks, check
from prefdata.steps.read.ingest import ingest
from prefdata.steps.read.together import together
from prefdata.steps.reward.open_scorer import open_scorer
from prefdata.steps.reward.scorer import Scorer
from prefdata.steps.semantic.open_encoder import prepare_encoder
from prefdata.steps.verdict_tables import Tables


@dataclass(frozen=True)
class Prepared:
    """Rows read and checked, and the texts and models to compare them with.

    `trail`: with the verdicts of the rules. `fingerprints`: of the sources. `keep` and `drop`:
    example texts. `encoder` and `scorer`: opened if a filter needs them. `pictures`: a fingerprint
    of those that were read from files beside the sources.
    """

    trail: Trail
    fingerprints: list[str]
    evaluation: EvaluationSet | None
    keep: EvaluationSet | None
    drop: EvaluationSet | None
    encoder: Identity | None
    rules: Checks
    scorer: Scorer | None = None
    pictures: str | None = None

    def remarks(self, rows: int, with_margin: int) -> dict[str, str]:
        """Remarks of the rules and of the steps so far on the `rows` that are kept in the end, of
        which `with_margin` have a margin."""
        return self.rules.of_dataset(rows, with_margin) | self.trail.remarks


def prepare(run: Run) -> Prepared:
    """Reads sources into shards and checks them, in folders of the workspace."""
    config, identified = run.config, run.opened.found
    # before the long work, so that a misspelt name or a missing model is reported at once
    demand_for_checks(config.check)
    like = config.semantic.like
    evaluation = _given(config.against.files, config.against.field, config, run.place)
    keep, drop = (_examples(files, config, run.place) for files in (like.keep, like.drop))
    encoder = prepare_encoder(config.encoder) if config.semantic.is_on else None
    scorer = opened_scorer(config)
    fingerprints = [fingerprint_of(item.source) for item in identified]
    identities = [_identity(*pair) for pair in zip(identified, fingerprints, strict=True)]
    if any(item.match is not None and meets(item.match) for item in identified):
        identities.append(config.split.published)  # judgements of two splits do not meet
    read = config.read.model_dump(exclude={"source_root"})  # the names of sources say it
    ingested = fingerprint(*identities, read)
    shards = _ingested(run, run.place / f"ingest-{ingested}")
    pictures = digests_of_files(dict.fromkeys(shard.pictures for shard in shards))
    if pictures:
        ingested = fingerprint(ingested, *pictures)
    rules = Checks(config.checks)
    checked = fingerprint(ingested, rules.identity)
    checks = run.place / f"check-{checked}"
    checking = check(run.engine, shards, rules, checks)
    for _ in with_progress(checking, "check", len(shards), run.report):
        pass  # the verdicts are in the folder
    names = tuple(item.source.name for item in identified)
    return Prepared(
        trail=Trail(run, shards, names, Tables(checks), checked),
        fingerprints=fingerprints,
        evaluation=evaluation,
        keep=keep,
        drop=drop,
        encoder=encoder,
        rules=rules,
        scorer=scorer,
        pictures=fingerprint(*pictures) if pictures else None,
    )


def _ingested(run: Run, folder: Path) -> list[Shard]:
    """Reads all sources. Raises ContradictedError for labels that are not those of the dialect."""
    identified, config = run.opened.found, run.config.read
    todo = together(readings(identified, config, run.config.split.published))
    parts = ingest(run.engine, todo, folder)
    shards = [
        shard for part in with_progress(parts, "ingest", len(todo), run.report) for shard in part
    ]
    rows, quarantined = Counter[int](), Counter[int]()
    for shard in shards:
        for part in shard.parts:
            rows[part.source] += part.read
            quarantined[part.source] += part.quarantined
    read = [(rows[number], quarantined[number]) for number in range(len(identified))]
    try:
        refuse_contradicted(identified, read, config)
    except ContradictedError:
        shutil.rmtree(folder)
        raise
    return shards


def opened_scorer(config: BuildConfig) -> Scorer | None:
    """The reward model of the filter; None if the filter is off."""
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
    """The texts of evaluation files or of examples; `name`: the field that holds them."""
    if not files:
        return None
    against = AgainstConfig(files=files, field=name)
    spool = place / f"spool-{fingerprint(*files)}"
    return read_evaluation(against, config.read, spool, setting)


def _examples(files: tuple[str, ...], config: BuildConfig, place: Path) -> EvaluationSet | None:
    name = config.semantic.like.field
    return _given(files, name, config, place, "semantic.like.field (--examples-field)")


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
