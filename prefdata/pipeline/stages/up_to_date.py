"""Decides whether an output folder is up to date: whether a build would make the same one again.

All inputs of a build are compared with the manifest: config, versions, sources, evaluation sets,
models, decisions. Sources are read once, for their fingerprints. The files of the output must
exist, but are not read: `verify` checks their bytes, and `push` verifies before it publishes.
"""

from __future__ import annotations

import logging
import stat
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from prefdata.config.fingerprint import fingerprint
from prefdata.config.former_keys import with_current_keys
from prefdata.config.model import BuildConfig
from prefdata.config.settings import settings_of
from prefdata.errors import IntegrityError, UsageError
from prefdata.io.sources.find import STDIN, find_sources, fingerprint_of, has_changed
from prefdata.pipeline.run.comparison import SINCE
from prefdata.pipeline.run.dependencies import dependencies_of
from prefdata.pipeline.run.manifest import unedited_manifest
from prefdata.pipeline.run.manifest_entries import reward_model_entry, versions
from prefdata.pipeline.run.output_run import Run
from prefdata.pipeline.stages.judging import reports_on_judges
from prefdata.pipeline.stages.kept_answers import is_sheet
from prefdata.pipeline.stages.label_steps import given_answers
from prefdata.pipeline.stages.prepare import opened_scorer
from prefdata.results.layout import CARD, MANIFEST
from prefdata.results.manifest import EvaluationEntry, Manifest

_log = logging.getLogger("prefdata")


def refuse_both(*, force: bool, update: bool) -> None:
    """Raises UsageError if both `force` and `update` are given."""
    if force and update:
        raise UsageError(
            "--force makes the output anew in any case, --update only where it would be another "
            "one: give one of the two"
        )


def unchanged(out: Path, run: Run) -> Manifest | None:
    """The manifest of `out`, if a build of the sources of `run` would make the same; else None.

    Logs the outcome. Raises what the build would raise if a file or model that the config names
    cannot be had.
    """
    if not (out / MANIFEST).is_file():
        return None
    try:
        manifest = unedited_manifest(out)
    except IntegrityError:
        _log.info("changed: %s was edited or cannot be read; %s is made anew", MANIFEST, out)
        return None
    different = next(_differences(out, manifest, run), None)
    if different is not None:
        _log.info("changed: %s; %s is made anew", different, out)
        return None
    _log.info("unchanged: %s rests on the same sources, config and versions, and stays", out)
    return manifest


def _differences(out: Path, manifest: Manifest, run: Run) -> Iterator[str]:
    """What a build would find changed, cheap comparisons first."""
    identified = run.opened.found
    yield from _settings(manifest, run.config)
    yield from _missing(out, manifest)
    yield from _sources(manifest, run)
    against, like = run.config.against, run.config.semantic.like
    yield from _files("against.files", against.files, manifest.evaluation, run)
    yield from _files("semantic.like", (*like.keep, *like.drop), manifest.examples, run)
    yield from _dependencies(out, manifest, run)
    for item in identified:
        if has_changed(item.source):
            yield f"{item.source.name} is being written to"


def _settings(manifest: Manifest, config: BuildConfig) -> Iterator[str]:
    if manifest.left_out is not None:
        yield "it is a copy that was published, without some of its parts"
    for name in _differing_keys(with_current_keys(manifest.config), settings_of(config)):
        yield f"config {name}"
    for name in _differing_keys(manifest.versions, versions()):
        yield f"version of {name}"


def _sources(manifest: Manifest, run: Run) -> Iterator[str]:
    identified = run.opened.found
    before = manifest.sources
    if len(before) != len(identified):
        yield f"{len(identified)} sources, {len(before)} before"
    if manifest.not_read != run.opened.not_read:
        yield "files that are not read"
    for entry, item in zip(before, identified, strict=False):
        source = item.source
        known = (entry.name, entry.bytes, entry.container, entry.compression, entry.encoding)
        now = (source.name, source.size, source.container, source.compression, source.encoding)
        read = (entry.dialect, entry.polarity)
        if (*known, *read) != (*now, item.dialect, item.polarity):
            yield source.name
    for entry, item in zip(before, identified, strict=False):
        if fingerprint_of(item.source) != entry.fingerprint:
            yield item.source.name


def _files(
    setting: str, places: Sequence[str], before: Sequence[EvaluationEntry], run: Run
) -> Iterator[str]:
    """Files of texts that rows are compared with: whether they are the same, in the same order."""
    if any(map(_is_read_once, places)):
        yield f"{setting} can be read only once"
        return
    spool = run.place / f"spool-{fingerprint(setting, *places)}"
    sources, _ = find_sources(places, spool=spool, config=run.config.read.unrooted)
    names = [source.name for source in sources]
    if names != [entry.name for entry in before]:
        yield setting
        return
    for entry, source in zip(before, sources, strict=True):
        if fingerprint_of(source) != entry.fingerprint:
            yield source.name


def _dependencies(out: Path, manifest: Manifest, run: Run) -> Iterator[str]:
    config = run.config
    before = manifest.dependencies
    answers = given_answers(config.audit.review)
    now = dependencies_of(config, answers) | reports_on_judges(run.opened)
    if config.audit.run and _is_same(config.audit.report.since, out):
        # it was compared with what it replaced, which is not there any more
        now |= {SINCE: before[SINCE]} if SINCE in before else {}
    yield from _differing_keys(before, now)
    if reward_model_entry(opened_scorer(config)) != manifest.reward_model:
        yield "reward.filter.model"


def _differing_keys(
    before: Mapping[str, Any], now: Mapping[str, Any], within: str = ""
) -> Iterator[str]:
    """Dotted names of values that differ.

    >>> list(_differing_keys({"split": {"test": 0.1, "salt": ""}}, {"split": {"test": 0.2}}))
    ['split.salt', 'split.test']
    """
    for name in sorted(before.keys() | now.keys()):
        one, other = before.get(name), now.get(name)
        if isinstance(one, dict) and isinstance(other, dict):
            yield from _differing_keys(one, other, f"{within}{name}.")
        elif name not in before or name not in now or one != other:
            yield f"{within}{name}"


def _missing(out: Path, manifest: Manifest) -> Iterator[str]:
    """Files that are missing or of another size; people may have filled in the sheets."""
    if manifest.counts.balance():
        yield f"{MANIFEST} does not balance"
    for entry in manifest.files:
        path = out / entry.path
        if not path.is_file():
            yield f"{entry.path} is missing"
        elif path.stat().st_size != entry.bytes and not is_sheet(entry.path):
            yield f"{entry.path} has another size"
    if not (out / CARD).is_file():
        yield f"{CARD} is missing"


def _is_same(place: str | None, out: Path) -> bool:
    return place is not None and Path(place).resolve() == out.resolve()


def _is_read_once(place: str) -> bool:
    """Standard input or a pipe, which can be read only once, so not for a comparison."""
    if place == STDIN:
        return True
    try:
        mode = Path(place).stat().st_mode
    except OSError:  # a pattern, a URL, or a missing file
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
