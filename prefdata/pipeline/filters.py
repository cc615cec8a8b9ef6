"""The filters on embeddings, in the order in which they look at rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from prefdata.config.meaning import MeaningConfig
from prefdata.steps.found import Found
from prefdata.steps.like_given import (
    find_like_examples,
    find_semantic_overlap,
    find_unlike_examples,
)
from prefdata.steps.off_topic import find_off_topic
from prefdata.steps.outliers import find_outliers
from prefdata.steps.remaining import Remaining
from prefdata.steps.same_meaning import find_same_meaning
from prefdata.steps.without_contrast import find_without_contrast


@dataclass(frozen=True)
class Filter:
    """A filter by the name of its step, and the part of the config that it depends on."""

    step: str
    find: Callable[[Remaining], Found]
    section: str


def filters_on(config: MeaningConfig) -> Iterator[Filter]:
    """The filters that a config turns on. Who represents whom is decided last, among the rest."""
    if config.contrast.action != "off":
        yield Filter("contrast", find_without_contrast, "contrast")
    if config.topic.action != "off":
        yield Filter("topic", find_off_topic, "topic")
    if config.outliers.action != "off":
        yield Filter("outliers", find_outliers, "outliers")
    if config.against.action != "off":
        yield Filter("overlap", find_semantic_overlap, "against")
    if config.like.keep:
        yield Filter("keep-like", find_unlike_examples, "like")
    if config.like.drop:
        yield Filter("drop-like", find_like_examples, "like")
    if config.similar.action != "off":
        yield Filter("similar", find_same_meaning, "similar")
