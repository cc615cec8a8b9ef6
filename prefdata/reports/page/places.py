"""Sentences that name rows by their number in the run, retold with file and line.

On the page a row has one name, the line of its source. Sentences are made where only the number is
known; those of rows that the report shows are known here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from prefdata.results.audit import RowPlace
from prefdata.results.closed import Closed
from prefdata.results.sentences import Sentence, Value, templates

_ENGLISH, _CHINESE = 0, 1
_NAMED = re.compile(r"\brow \{(\w+)\}")
_FOUND = (_NAMED, re.compile(r"第 \{(\w+)\} 行"))
_SHOWN = ("{{{}}}", " {{{}}} ")
_TOO_WIDE = re.compile(r"([，。；：、（]) (?=\{)")
_ELSEWHERE = ("row {{{}}} of the run", "运行中的第 {{{}}} 行")
"""Of a row that the report does not show."""


def places_of(result: Closed) -> dict[int, str]:
    """Number in the run to file and line (`file:line`), of all rows that a result shows."""
    return {each.row: f"{each.source}:{each.source_row}" for each in _places(result)}


def english_with_places(text: str, places: Mapping[int, str]) -> str:
    """The English text of a sentence, rows named by file and line; other texts unchanged."""
    return _told(text, places, _ENGLISH)


def chinese_with_places(text: str, places: Mapping[int, str]) -> str:
    """The Chinese text of a sentence, rows named by file and line; other texts unchanged."""
    return _told(text, places, _CHINESE)


def _places(value: Any) -> Iterator[RowPlace]:
    if isinstance(value, RowPlace):
        yield value
    elif isinstance(value, Closed):
        for name in type(value).model_fields:
            yield from _places(getattr(value, name))
    elif isinstance(value, tuple):
        for part in value:
            yield from _places(part)


def _told(text: str, places: Mapping[int, str], language: int) -> str:
    if not isinstance(text, Sentence):
        return text
    rows = {*_NAMED.findall(templates()[text.code][_ENGLISH])}  # in Chinese lines look the same
    values: dict[str, Any] = {}
    for name, value in text.values.items():
        place = places.get(value) if name in rows and isinstance(value, int) else None
        values[name] = place or _rendered(value, places, language)

    def named(found: re.Match[str]) -> str:
        name = found[1]
        if name not in rows:
            return found[0]
        return (_SHOWN if isinstance(values[name], str) else _ELSEWHERE)[language].format(name)

    template = _FOUND[language].sub(named, templates()[text.code][language])
    return _TOO_WIDE.sub(r"\1", template).format(**values).strip()


def _rendered(value: Value, places: Mapping[int, str], language: int) -> Any:
    if isinstance(value, tuple):
        return _Listed(_told(each, places, language) for each in value)
    return _told(value, places, language) if isinstance(value, str) else value


class _Listed(tuple[str, ...]):
    """Texts whose format spec is their separator, as in the templates of sentences."""

    def __format__(self, between: str) -> str:
        return between.join(self)
