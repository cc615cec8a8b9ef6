"""Ratings and ranks whose user states the direction: higher=better or lower=better."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from msgspec import structs

from prefdata.dialects.dialect import Dialect, Values
from prefdata.dialects.labels.preference import FIRST
from prefdata.dialects.labels.reading import LabelReading
from prefdata.records.judgement import Judgement


def directed(dialect: Dialect, *, higher: bool) -> Dialect:
    """The dialect, which reads the other way where its user says so. `higher`: whether more is
    better by its documentation."""
    judge = dialect.judge
    assert judge is not None, "a dialect of judgements"

    def restate(label: str) -> Dialect | None:
        reading = LabelReading.parse(label)
        if reading.kind != "scores":
            return None
        is_higher = reading.positive == FIRST
        polarity = f"{'higher' if is_higher else 'lower'} is better, as stated"
        read = judge if is_higher == higher else _turned(judge)
        return replace(dialect, polarity=polarity, judge=read)

    polarity = f"{dialect.polarity}, unless the opposite is stated"
    return replace(dialect, polarity=polarity, restate=restate)


def _turned(judge: Callable[[Values], Judgement]) -> Callable[[Values], Judgement]:
    """The same judgements with every value below 0, so that less was more; they stay of one kind,
    since ratings and ranks meet in different ways."""

    def turned(values: Values) -> Judgement:
        judgement = judge(values)
        opinions = tuple(
            structs.replace(
                opinion, values=tuple(None if v is None else -v for v in opinion.values)
            )
            for opinion in judgement.opinions
        )
        return structs.replace(judgement, opinions=opinions)

    return turned
