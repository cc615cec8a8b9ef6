"""Completions of one prompt that are the same meet, and how often each came is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import msgspec

from prefdata.records.chat import LENGTH, ChatAnswer
from prefdata.records.record import ASSISTANT
from prefdata.transforms.collection.settings import Setting


@dataclass
class Came:
    """A completion of a prompt, with all answers that are the same."""

    answer: ChatAnswer
    setting: Setting
    times: dict[str, int] = field(default_factory=dict)

    @property
    def is_cut_off(self) -> bool:
        """Whether the limit of tokens ended it, each time it came."""
        return self.answer.finish == LENGTH


def meet(answers: Iterable[tuple[Setting, ChatAnswer]]) -> list[Came]:
    """The different completions, in the order in which each came first.

    An answer that ended by itself stands for those of the same text that were cut off.
    """
    found: dict[tuple[str, str | None], Came] = {}
    for setting, answer in answers:
        came = found.setdefault((answer.text, answer.extra), Came(answer, setting))
        came.times[setting.name] = came.times.get(setting.name, 0) + 1
        if came.is_cut_off and answer.finish != LENGTH:
            came.answer, came.setting = answer, setting
    return list(found.values())


def written(came: Came) -> dict[str, Any]:
    """A completion as a row of judgements holds it."""
    answer = came.answer
    message: dict[str, Any] = {"role": ASSISTANT, "content": answer.text}
    if answer.extra:
        message |= msgspec.json.decode(answer.extra)
    told: dict[str, Any] = {
        "messages": [message],
        "model": came.setting.model,
        "parameters": came.setting.parameters,
        "finish_reason": answer.finish,
        "reasoning": answer.reasoning,
        "usage": None if answer.usage is None else msgspec.structs.asdict(answer.usage),
        "times": sum(came.times.values()),
        "settings": came.times,
    }
    return {name: value for name, value in told.items() if value is not None}
