"""The comparing steps of a build: overlaps, duplicates, contradictions, filters, groups.

Every step has a folder, named after what it depends on; a finished step is read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prefdata.pipeline.run.reading import names_to_prefer
from prefdata.pipeline.run.trail import Trail
from prefdata.pipeline.stages.prepare import Prepared
from prefdata.pipeline.stages.reward_filter import filter_by_reward
from prefdata.pipeline.stages.semantic_filters import filter_by_meaning
from prefdata.results.sentences import Sentence
from prefdata.steps.decontamination.against import find_overlaps, only_equal
from prefdata.steps.duplicates.cycles import find_cycles
from prefdata.steps.duplicates.exact import find_exact, make_keys
from prefdata.steps.duplicates.near import find_near
from prefdata.steps.split.groups import find_groups, split_file
from prefdata.steps.split.near_prompts import edges_file, find_near_prompts


@dataclass(frozen=True)
class ComparedRows:
    """Results of the comparisons besides verdicts.

    `keys`: a table per shard. `split`: a table of `SPLIT_SCHEMA` on the rows left.
    """

    keys: list[Path]
    split: Path


def compare_rows(prepared: Prepared) -> ComparedRows:
    """Runs all steps that compare rows, in order, and adds their verdicts to the trail."""
    trail, config = prepared.trail, prepared.trail.run.config
    keys = compare_texts(prepared)
    if config.semantic.is_on:
        filter_by_meaning(prepared, keys)
    if prepared.scorer is not None:
        filter_by_reward(trail, prepared.scorer, config.reward.filter)
    return ComparedRows(keys, _find_groups(trail, keys))


def compare_texts(prepared: Prepared) -> list[Path]:
    """Runs the steps that compare texts literally; returns the tables of keys, one per shard."""
    trail = prepared.trail
    run = trail.run
    _find_overlaps(prepared)
    keys = make_keys(run.engine, trail.shards, trail.verdicts, trail.folder("keys"))
    _find_exact(trail, keys)
    _find_cycles(trail, keys)
    _find_near(trail, keys)
    return keys


def _find_overlaps(prepared: Prepared) -> None:
    trail, evaluation = prepared.trail, prepared.evaluation
    if evaluation is None:
        return
    run, config = trail.run, trail.run.config.against

    def work(folder: Path) -> int:
        find_overlaps(run.engine, trail.shards, trail.verdicts, config, evaluation, folder)
        return only_equal(evaluation, config, folder)

    prompts = {"evaluation": evaluation.fingerprint}
    common = trail.step("against", work, prompts, config.model_dump())
    for text in evaluation.remarks():
        trail.remark("evaluation", text)
    if common:
        trail.remark("evaluation", Sentence("evaluation.common", prompts=common))


def _find_exact(trail: Trail, keys: list[Path]) -> None:
    run, config = trail.run, trail.run.config
    trail.step(
        "exact",
        lambda folder: find_exact(run.engine, keys, config, folder),
        config.exact.model_dump(),
        config.labels.model_dump(),
    )


def _find_cycles(trail: Trail, keys: list[Path]) -> None:
    run, labels = trail.run, trail.run.config.labels
    if labels.cycles != "off":
        trail.step(
            "cycles",
            lambda folder: find_cycles(run.engine, keys, trail.verdicts, labels, folder),
            labels.model_dump(),
        )


def _find_near(trail: Trail, keys: list[Path]) -> None:
    run, config = trail.run, trail.run.config
    if config.near.action == "off":
        return
    names = names_to_prefer(run.opened.found, config.near.prefer)
    near = trail.step(
        "near",
        lambda folder: find_near(
            run.engine, trail.shards, keys, trail.verdicts, config, names, folder
        ),
        config.near.model_dump(),
        config.labels.model_dump(),
        *(names if names != trail.names else ()),
    )
    _remark_uncompared(trail, "near.duplicates", near.skipped)


def _find_groups(trail: Trail, keys: list[Path]) -> Path:
    """The table of split and group of each row left."""
    run, config = trail.run, trail.run.config
    split = config.split.model_dump()
    folder = trail.folder("prompts", split, config.near.model_dump())
    prompts = trail.reported(
        "prompts", lambda: find_near_prompts(run.engine, trail.shards, keys, config, folder)
    )
    _remark_uncompared(trail, "near.prompts", prompts.skipped)
    edges = edges_file(folder)

    def work(folder: Path) -> Path:
        groups = find_groups(
            keys, trail.shards, trail.verdicts, edges, config.split, trail.names, folder
        )
        trail.remarks |= groups.remarks
        return split_file(folder)

    return trail.step("groups", work, split)


def _remark_uncompared(trail: Trail, sought: str, skipped: int) -> None:
    if skipped:
        crowd = trail.run.config.near.crowd
        what = Sentence("near.uncompared", what=Sentence(sought), pairs=skipped, crowd=crowd)
        trail.remark("uncompared", what)
