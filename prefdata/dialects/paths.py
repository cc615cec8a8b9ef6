"""Fields that a mapping names by a path, or as the first of several that has a value.

`input.messages` is the member `messages` of the field `input`, `completions.0.text` the text of
the first of a list; `prompt|question` is the first of the two that is not blank. A field that has
the whole name is meant before anything else. Such a value is read like a field of its own, under
the name that the mapping gives it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Raw

from prefdata.dialects.fields import is_blank, mapped_field, plain
from prefdata.dialects.values import decode_json

_ABSENT = object()


def paths_in(names: Iterable[str]) -> tuple[str, ...]:
    """The names of a mapping that may be paths or alternatives.

    >>> paths_in(["prompt", "input.messages", "prompt|question"])
    ('input.messages', 'prompt|question')
    """
    return tuple(name for name in names if "." in name or "|" in name)


def with_paths(row: Mapping[str, object], paths: Iterable[str]) -> Mapping[str, object]:
    """The row, and the value of each path that it has under the name of the path."""
    fields = tuple(row)
    added = {
        path: value
        for path in paths
        if mapped_field(path, fields) is None
        and (value := _first_filled(row, fields, path)) is not _ABSENT
    }
    return {**row, **added} if added else row


def _first_filled(row: Mapping[str, object], fields: tuple[str, ...], path: str) -> object:
    """The first alternative with a value, else the first that exists."""
    existing: object = _ABSENT
    for alternative in path.split("|"):
        value = _value_at(row, fields, alternative.strip())
        if value is not _ABSENT and not is_blank(value):
            return value
        if existing is _ABSENT:
            existing = value
    return existing


def _value_at(row: Mapping[str, object], fields: tuple[str, ...], path: str) -> object:
    steps = path.split(".")
    for count in range(len(steps), 0, -1):  # the field may have a dot in its name
        field = mapped_field(".".join(steps[:count]), fields)
        if field is not None:
            return _within(row[field], steps[count:], path)
    return _ABSENT


def _within(value: object, steps: list[str], path: str) -> object:
    value = decode_json(value, path) if isinstance(value, Raw) else value
    for step in steps:
        if isinstance(value, str) and value[:1] in ("{", "["):
            value = decode_json(value, path)
        if isinstance(value, dict):
            value = _member(value, step)
        elif isinstance(value, list) and step.removeprefix("-").isdecimal():
            index = int(step[:9])
            value = value[index] if -len(value) <= index < len(value) else _ABSENT
        else:
            value = _ABSENT
        if value is _ABSENT:
            return _ABSENT
    return value


def _member(value: dict[str, object], step: str) -> object:
    if step in value:
        return value[step]
    return next((inner for name, inner in value.items() if plain(name) == plain(step)), _ABSENT)
