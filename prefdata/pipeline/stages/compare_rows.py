"""The comparing steps of a build: overlaps, duplicates, contradictions, filters, groups.

Every step has a folder, named after what it depends on; a finished step is read from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from prefdata.config.model import BuildConfig
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
from prefdata.steps.split.groups import find_groups, grouped_file, split_file
from prefdata.steps.split.leaks import find_leaks, keys_of_published
from prefdata.steps.split.near_prompts import edges_file, find_near_prompts
from prefdata.steps.split.published import find_published, published_file


@dataclass(frozen=True)
class ComparedRows:
    """Results of the comparisons besides verdicts.

    `keys`: a table per shard. `split`: a table of `SPLIT_SCHEMA` on the rows left; `grouped`: of
    `GROUPED_SCHEMA` on all rows that were compared.
    """

    keys: list[Path]
    split: Path
    grouped: Path


@dataclass(frozen=True)
class ComparedTexts:
    """Results of comparing texts literally, besides verdicts.

    `keys`: a table per shard, those of rows that leak among them; `left`: without these, to compare
    rows by. `published`: the published splits, None if there are none to keep; `edges`: then the
    pairs of similar prompts.
    """

    keys: list[Path]
    left: list[Path]
    published: Path | None = None
    edges: Path | None = None


def compare_rows(prepared: Prepared) -> ComparedRows:
    """Runs all steps that compare rows, in order, and adds their verdicts to the trail."""
    trail, config = prepared.trail, prepared.trail.run.config
    texts = compare_texts(prepared)
    if config.semantic.is_on:
        filter_by_meaning(prepared, texts.left)
    if prepared.scorer is not None:
        filter_by_reward(trail, prepared.scorer, config.reward.filter)
    folder = _find_groups(trail, texts)
    return ComparedRows(texts.keys, split_file(folder), grouped_file(folder))


def compare_texts(prepared: Prepared) -> ComparedTexts:
    """Runs the steps that compare texts literally, and drops what leaks into published splits."""
    trail = prepared.trail
    run = trail.run
    _find_overlaps(prepared)
    keys = make_keys(run.engine, trail.shards, trail.verdicts, trail.folder("keys"))
    texts = _find_leaks(trail, keys)
    _find_exact(trail, texts.left)
    _find_cycles(trail, texts.left)
    _find_near(trail, texts.left)
    return texts


def _find_leaks(trail: Trail, keys: list[Path]) -> ComparedTexts:
    """Drops rows that leak into a published split; without such splits the trail stays as it is."""
    run, config = trail.run, trail.run.config
    if config.split.published == "ignore":
        return ComparedTexts(keys, keys)
    folder = trail.folder("published")
    found = find_published(run.engine, trail.shards, trail.names, folder)
    if found.remark is not None:
        trail.remark("published-splits", found.remark)
    if not found.are_kept:
        return ComparedTexts(keys, keys)
    published = published_file(folder)
    edges = _find_near_prompts(trail, keys, published=True)

    def work(folder: Path) -> dict[str, int]:
        return find_leaks(
            keys, trail.shards, trail.verdicts, edges, published, config.split, folder
        )

    trail.step("leaks", work, "published")
    left = keys_of_published(keys, trail.verdicts, published, trail.folder("keys"))
    return ComparedTexts(keys, left, published, edges)


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


def _find_near_prompts(trail: Trail, keys: list[Path], *, published: bool = False) -> Path:
    """The pairs of similar prompts."""
    run, config = trail.run, trail.run.config
    folder = trail.folder("prompts", _division(config), config.near.model_dump())
    prompts = trail.reported(
        "prompts",
        lambda: find_near_prompts(
            run.engine, trail.shards, keys, config, folder, published=published
        ),
    )
    _remark_uncompared(trail, "near.prompts", prompts.skipped)
    return edges_file(folder)


def _find_groups(trail: Trail, texts: ComparedTexts) -> Path:
    """The folder with the tables of split and group."""
    config = trail.run.config
    edges = texts.edges or _find_near_prompts(trail, texts.keys)

    def work(folder: Path) -> Path:
        groups = find_groups(
            texts.keys,
            trail.shards,
            trail.verdicts,
            edges,
            config.split,
            trail.names,
            folder,
            texts.published,
        )
        trail.remarks |= groups.remarks
        return folder

    return trail.step("groups", work, _division(config))


def _division(config: BuildConfig) -> dict[str, object]:
    """The config of the division into splits; whether published ones are kept shows in the trail,
    where there are any."""
    return config.split.model_dump(exclude={"published"})


def _remark_uncompared(trail: Trail, sought: str, skipped: int) -> None:
    if skipped:
        crowd = trail.run.config.near.crowd
        what = Sentence("near.uncompared", what=Sentence(sought), pairs=skipped, crowd=crowd)
        trail.remark("uncompared", what)
