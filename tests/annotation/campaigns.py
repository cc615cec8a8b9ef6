"""Campaigns for tests: small items, a clock that is set by hand, and people who judge."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefdata.config.annotation import AnnotationConfig
from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.results.annotation import NewItem, NewVote, SavedVote, ShownItem, VoteAnswer

_REQUESTS = itertools.count()


class Clock:
    """A time that moves when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


def config_of(**values: Any) -> AnnotationConfig:
    """A project without overlap and repeats, unless it is said otherwise."""
    plain = {"overlap": {"share": 0.0}, "repeats": 0.0}
    return AnnotationConfig.model_validate({**plain, **values})


def completion(text: str, model: str | None = None) -> dict[str, Any]:
    said: dict[str, Any] = {"messages": [{"role": "assistant", "content": text}]}
    return said if model is None else {**said, "model": model}


def item(number: int, completions: int = 2, **others: Any) -> NewItem:
    """An item that nothing else is like."""
    return NewItem(
        prompt=[{"role": "user", "content": f"Question {number}"}],
        completions=[completion(f"Answer {number}.{n}", f"m{n}") for n in range(completions)],
        key=f"i{number}",
        line=number,
        **others,
    )


def items(count: int, completions: int = 2, **others: Any) -> Iterator[NewItem]:
    return (item(number, completions, **others) for number in range(count))


def made(
    folder: Path, config: AnnotationConfig, given: Iterator[NewItem] | list[NewItem], clock: Clock
) -> Campaign:
    return Campaign.create(folder / "labels.sqlite", config, given, clock=clock)


def joined(campaign: Campaign, name: str) -> int:
    """A new annotator."""
    return campaign.join(campaign.invite().token, name).person.id


def voted(
    campaign: Campaign, person: int, shown: ShownItem | int, answer: VoteAnswer, **others: Any
) -> SavedVote:
    """Sends a vote with a request of its own."""
    number = shown if isinstance(shown, int) else shown.id
    request = f"r{next(_REQUESTS)}"
    return campaign.answer(person, NewVote(request=request, item=number, answer=answer, **others))


def name_of(shown: ShownItem) -> str:
    """The key of an item that was made by `item`."""
    return "i" + shown.prompt[0].text.removeprefix("Question ")


def is_as_written(shown: ShownItem) -> bool:
    """Whether two completions are shown in the order of the item."""
    return shown.completions[0].messages[0].text.endswith(".0")
