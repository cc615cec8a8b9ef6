"""Forms of replies that a local model is held to: JSON objects whose members have few values."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_VALUES = 100
"""Values that a member may have."""


@dataclass(frozen=True)
class Form:
    """What a reply consists of. `pieces`: the texts of which one stands there, piece by piece."""

    pieces: tuple[tuple[str, ...], ...]


class Walk:
    """Where a reply stands in its form. `steps`: by piece, the token ids (not empty) of its texts.

    A text that goes on wins over the piece after it, where a token could begin either.
    """

    def __init__(self, steps: Sequence[Sequence[Sequence[int]]]) -> None:
        self._steps = steps
        self._step, self._at = 0, 0
        self._left = list(steps[0])

    def allowed(self) -> list[int]:
        """The tokens that may come next, ascending; none at the end."""
        tokens = {text[self._at] for text in self._left if len(text) > self._at}
        if self._may_end() and self._step + 1 < len(self._steps):
            tokens |= {text[0] for text in self._steps[self._step + 1]}
        return sorted(tokens)

    def take(self, token: int) -> None:
        """Goes on by a token that is allowed."""
        going = [text for text in self._left if len(text) > self._at and text[self._at] == token]
        if going:
            self._left, self._at = going, self._at + 1
        else:
            self._step, self._at = self._step + 1, 1
            self._left = [text for text in self._steps[self._step] if text[0] == token]

    def _may_end(self) -> bool:
        return any(len(text) == self._at for text in self._left)


def walk(form: Form, tokens: Callable[[str], Sequence[int]]) -> Walk:
    """The walk through a form. `tokens`: the ids of a text."""
    return Walk([[tokens(text) for text in piece] for piece in form.pieces])


def form_of(response_format: object) -> Form | None:
    """The form that a request states; None if it states none.

    Raises ValueError, in words, for one that a local model cannot be held to.
    """
    if response_format is None:
        return None
    asked = response_format if isinstance(response_format, Mapping) else {}
    if asked.get("type") == "text":
        return None
    stated = asked.get("json_schema")
    schema = stated.get("schema") if isinstance(stated, Mapping) else None
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    if not isinstance(properties, Mapping) or not properties:
        raise ValueError("a local model knows a response_format of type json_schema with members")
    pieces: list[tuple[str, ...]] = []
    before = "{"
    for name, member in properties.items():
        opening, values, closing = _values(str(name), member)
        pieces += [(f"{before}{json.dumps(str(name))}: {opening}",), values]
        before = f"{closing}, "
    return Form((*pieces, (f"{before.removesuffix(', ')}}}",)))


def _values(name: str, member: Any) -> tuple[str, tuple[str, ...], str]:
    """The values of a member as texts, with what stands before and after each."""
    values = member.get("enum") if isinstance(member, Mapping) else None
    if not isinstance(values, Sequence) or isinstance(values, str) or not values:
        raise ValueError(f"a local model is held to members with an enum; {name!r} has none")
    if len(values) > MOST_VALUES:
        raise ValueError(f"{name!r} has {len(values):,} values; {MOST_VALUES} are the most")
    texts = tuple(dict.fromkeys(json.dumps(value, ensure_ascii=False) for value in values))
    if all(isinstance(value, str) and value for value in values):
        return '"', tuple(text[1:-1] for text in texts), '"'
    return "", texts, ""
