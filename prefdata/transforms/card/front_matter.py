"""The YAML at the head of a dataset card: keys of ours are replaced, those of people stay.

What people wrote stays as they wrote it, comments and quotes included, not only in its meaning.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

READ_CHARACTERS = 1 << 18
"""Longer YAML is not looked into: it is no head of a card any more, and would take seconds."""

_FENCE = re.compile(r"^---[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_LOOSE = ""
"""Where comments after the last key stand."""

_UNREADABLE = (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError, AttributeError)
"""What PyYAML raises on what is not YAML, or on values that no Python value can hold."""


class _Loader(yaml.SafeLoader):
    """Without merge keys (`<<`): a few lines of them grow to any size."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.YAMLError("merge keys are not read")


@dataclass(frozen=True)
class FrontMatter:
    """Keys and values, and the lines on which each key was written.

    `lines`: key to its lines, with the comments above it; under "" comments at the end.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)

    def comments(self, key: str) -> str:
        """The comments above a key."""
        lines = self.lines.get(key, "").splitlines(keepends=True)
        return "".join(line for line in lines if line.startswith("#"))


def divided(text: str) -> tuple[str | None, str]:
    """The YAML at the head of a text and what follows it; None where there is no such head."""
    fences = _FENCE.finditer(text)
    first = next(fences, None)
    last = next(fences, None)
    if first is None or last is None or text[: first.start()].strip():
        return None, text
    return text[first.end() : last.start()].replace("\r\n", "\n"), text[last.end() :]


def read(text: str) -> FrontMatter | None:
    """The front matter in a YAML text. None: it cannot be read, or names a key twice."""
    if len(text) > READ_CHARACTERS:
        return None
    try:
        root = yaml.compose(text, _Loader)
        values = yaml.load(text, _Loader)  # noqa: S506  a safe loader
        dumped(values if isinstance(values, dict) else {})
    except _UNREADABLE:
        return None
    if root is None:
        return FrontMatter(lines=dict(_lines(text, [], [])))
    if not isinstance(root, yaml.MappingNode):
        return None
    names = [key.value for key, _ in root.value]
    if len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
        return None
    if set(map(str, values)) != set(names):  # keys that are no words: `1:`, `yes:`, `<<:`
        return None
    return FrontMatter(
        {str(key): value for key, value in values.items()},
        dict(_lines(text, [key.start_mark.line for key, _ in root.value], names)),
    )


def is_mapping(text: str) -> bool:
    """Whether a YAML text reads like keys and values: else it is prose between two rules."""
    return re.search(r"^[\w-]+[ \t]*:(?:[ \t]|$)", text, re.MULTILINE) is not None


def dumped(values: Mapping[str, object]) -> str:
    """Values as YAML, in the order of their keys."""
    if not values:
        return ""
    return yaml.safe_dump(dict(values), allow_unicode=True, sort_keys=False)


def written(ours: Mapping[str, object], theirs: FrontMatter, drop: Iterable[str]) -> str:
    """YAML of our keys, then of all keys of theirs that are not ours and not to be dropped."""
    gone = {*ours, *drop}
    kept = {key: value for key, value in theirs.values.items() if key not in gone}
    lines = (theirs.comments(key) if key in gone else said for key, said in theirs.lines.items())
    text = dumped(ours) + "".join(lines)
    back = read(text)
    if back is not None and dumped(back.values) == dumped({**ours, **kept}):
        return text
    # their lines only made sense among those that went
    return dumped({**ours, **kept}) + "".join(map(theirs.comments, theirs.lines))


def _lines(text: str, starts: Sequence[int], names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Key to lines; comments between two keys belong to the one that follows."""
    lines = text.removesuffix("\n").split("\n")
    begin = 0
    for name, end in zip(names, [*starts[1:], len(lines)], strict=False):
        last = end
        while last > begin + 1 and (not lines[last - 1].strip() or lines[last - 1][0] == "#"):
            last -= 1
        yield name, "".join(f"{line}\n" for line in lines[begin:last])
        begin = last
    if left := [line for line in lines[begin:] if line.strip()]:
        yield _LOOSE, "".join(f"{line}\n" for line in left)
