"""Tasks of annotation tools: a prompt and its completions, by the names that answers use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from prefdata.dialects.assembly import completion, context
from prefdata.dialects.dialect import Assemble, Values
from prefdata.dialects.fields import PROMPT_NAMES, plain
from prefdata.dialects.judgements.ratings import completion_of
from prefdata.dialects.labels.preference import FIRST, SECOND
from prefdata.dialects.labels.words import preferred_side
from prefdata.dialects.messages import Messages
from prefdata.dialects.values import describe
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion

_ASKED = (*PROMPT_NAMES, "context", "conversation", "instructions")
_BESIDE = frozenset({"id", "system", "source", "lang", "language", "task_id", "history"})
NUMBERED = re.compile(r"(?:response|answer|output|completion|reply|candidate|text)_?[1-9a-h]")
"""Fields that are completions by their names, so that no other field of the task is one."""


class Task:
    """The prompt and the completions of a task; `names`: of the completions, in their order."""

    def __init__(self, data: Mapping[str, Any]) -> None:
        self.prompt = _prompt(data)
        self.names: list[str] = []
        self.completions: list[Completion] = []
        numbered = sorted((name for name in data if NUMBERED.fullmatch(plain(name))), key=plain)
        for name in numbered if len(numbered) > 1 else data:
            value = data[name]
            if plain(name) in _ASKED or plain(name) in _BESIDE or value is None:
                continue
            if isinstance(value, list) and value and all(map(_is_item, value)):
                for place, item in enumerate(value):
                    self._add(str(item.get("id", place)), _body(item))
            elif isinstance(value, str | list | dict):
                self._add(name, value)
        if not self.completions:
            raise RowFault("missing-field", "the task has a prompt, and no completions beside it")

    def _add(self, name: str, value: object) -> None:
        self.names.append(name)
        one = Completion(completion(value, name, self.prompt), id=name)
        if isinstance(value, dict):
            one = completion_of(value, self.prompt, name)
        self.completions.append(one)

    def place(self, name: object) -> int:
        """The position of a completion by its name."""
        if str(name) not in self.names:
            raise RowFault(
                "unknown-label",
                f"an answer names {describe(name)}; the completions are {', '.join(self.names)}",
            )
        return self.names.index(str(name))

    def of_two(self, word: object) -> tuple[float, float]:
        """The values of two completions by a word for one of them, or for a tie."""
        if len(self.completions) != 2:
            raise RowFault(
                "unknown-label",
                f"an answer is {describe(word)}, but there are {len(self.completions)} completions",
            )
        if isinstance(word, str) and word in self.names:
            return (1.0, 0.0) if self.names.index(word) == 0 else (0.0, 1.0)
        side = word.strip().casefold() if isinstance(word, str) else ""
        better = {"left": FIRST, "right": SECOND}.get(side) or preferred_side(word)
        return float(better == FIRST), float(better == SECOND)

    def judgement(
        self, opinions: Sequence[Opinion], judge: object, comment: str | None, metadata: str
    ) -> Judgement:
        """What one person said; of several questions none is the opinion as a whole."""
        names = tuple(dict.fromkeys(opinion.criterion for opinion in opinions))
        return Judgement(
            self.prompt,
            tuple(self.completions),
            tuple(opinions),
            names if len(names) == 1 else (),
            judge=person_name(judge),
            comment=comment,
            metadata=metadata,
        )


def _is_item(value: object) -> bool:
    return isinstance(value, dict) and "role" not in value and _body(value) is not None


def _body(item: Mapping[str, Any]) -> object:
    names = ("body", "text", "content", "response", "html", "title")
    return next((item[name] for name in names if item.get(name)), None)


def _prompt(data: Mapping[str, Any]) -> Messages:
    asked = next((data[name] for name in data if plain(name) in _ASKED), None)
    return context({"prompt": asked, "system": data.get("system")})


def person_name(value: object) -> str | None:
    """The name of the person who answered: a text, a number, or an account."""
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("id")
    return None if value is None else str(value)


def by_row(judged: Callable[[Values], Iterable[Judgement]]) -> Assemble:
    """Assembles the judgements of all rows from those of each."""

    def assemble(
        rows: Sequence[Values | None], place: str
    ) -> Iterator[tuple[tuple[int, ...], Judgement | RowFault]]:
        for row, values in enumerate(rows):
            if values is None:
                continue
            try:
                yield from (((row,), each) for each in judged(values))
            except RowFault as fault:
                yield (row,), fault

    return assemble


def unassembled(values: Values) -> Judgement:
    """Checks one row; judgements are made of all rows together."""
    return Judgement((), (), ())
