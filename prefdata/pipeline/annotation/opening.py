"""Opens a campaign, or makes it of sources or of what an audit asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from prefdata.config.annotation import AnnotationConfig
from prefdata.config.model import BuildConfig
from prefdata.errors import ConfigError, UsageError
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.pipeline.annotation.creation import (
    PreparedItems,
    demand_new,
    known_items,
    prepare_items,
)
from prefdata.pipeline.annotation.review import review_items
from prefdata.results.annotation import AddedItems, NewItem


@dataclass(frozen=True)
class OpenedCampaign:
    """A campaign. `added`: what the sources added to it, `known`: gold and practice items;
    `prepared`: what was read for it; None if there were no sources."""

    campaign: Campaign
    added: AddedItems
    known: int = 0
    prepared: PreparedItems | None = None
    is_new: bool = False


def open_campaign(
    path: Path,
    sources: Sequence[str],
    *,
    review: Path | None = None,
    config: AnnotationConfig | None = None,
    build: BuildConfig | None = None,
    may_be_empty: bool = False,
) -> OpenedCampaign:
    """Opens the campaign at `path`, made first if there is none; adds the items of the sources.

    `config`: the project, for a new campaign; one that exists keeps its own. `may_be_empty`: one
    may be made without items. Raises UsageError for sources and review together, a campaign that
    does not exist and has no items to be made of; ConfigError for another config than it was made
    with; SourceError, DialectError, DataError for sources.
    """
    if sources and review is not None:
        raise UsageError("name SOURCES, or the folder of an audit with --review: not both")
    build = build or BuildConfig()
    if path.exists():
        return _existing(path, sources, review, config, build)
    demand_new(path)
    if not (sources or may_be_empty) and review is None:
        raise UsageError(
            f"{path} does not exist: name the SOURCES whose completions people judge, or the "
            "folder of an audit with --review, and it is made"
        )
    config = config or AnnotationConfig()
    prepared = PreparedItems()
    if sources or review is not None:
        prepared = _prepared(sources, review, config, build)
    known = _known(config, build)
    campaign = Campaign.create(
        path, config, chain(known, prepared.items), is_review=review is not None
    )
    count = campaign.overview().items
    added = AddedItems(count, len(prepared.items) - count)
    return OpenedCampaign(campaign, added, len(known), prepared, is_new=True)


def _existing(
    path: Path,
    sources: Sequence[str],
    review: Path | None,
    config: AnnotationConfig | None,
    build: BuildConfig,
) -> OpenedCampaign:
    campaign = Campaign.open(path)
    try:
        if config is not None and config != campaign.config:
            raise ConfigError(
                f"{path} was made with another project file: what people are asked does not change "
                "under their hands. Leave out --config and --kind, or choose another --project."
            )
        if not sources and review is None:
            return OpenedCampaign(campaign, AddedItems(0, 0))
        prepared = _prepared(sources, review, campaign.config, build)
        return OpenedCampaign(campaign, campaign.add(prepared.items), 0, prepared)
    except BaseException:
        campaign.close()
        raise


def _prepared(
    sources: Sequence[str], review: Path | None, config: AnnotationConfig, build: BuildConfig
) -> PreparedItems:
    if review is None:
        return prepare_items(sources, config, build)
    if config.kind != "pairwise":
        raise ConfigError(f"a review asks which of two is better: kind is {config.kind}, not that")
    items = list(review_items(review))
    return PreparedItems(items, len(items))


def _known(config: AnnotationConfig, build: BuildConfig) -> list[NewItem]:
    groups: Iterable[tuple[str | None, bool]] = ((config.practice, True), (config.gold, False))
    return [
        item
        for path, is_practice in groups
        if path is not None
        for item in known_items(path, config, build, is_practice=is_practice)
    ]
