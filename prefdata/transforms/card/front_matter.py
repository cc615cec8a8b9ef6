"""The YAML front matter of a dataset card: generated keys are replaced, all others are kept.

Keys that people wrote are kept byte for byte, with their comments and quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

READ_CHARACTERS = 1 << 18
"""Longer YAML is not parsed: it is no front matter of a card, and would take seconds."""

_FENCE = re.compile(r"^---[ \t]*\r?(?:\n|\Z)", re.MULTILINE)
_LOOSE = ""
"""The key of `lines` for comments after the last key."""

_UNREADABLE = (yaml.YAMLError, ValueError, TypeError, RecursionError, OverflowError, AttributeError)
"""What PyYAML raises for invalid YAML, or for values that Python cannot represent."""


class _Loader(yaml.SafeLoader):
    """A safe loader without merge keys (`<<`), which could expand a few lines to any size."""

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        for key, _ in node.value:
            if key.tag == "tag:yaml.org,2002:merge":
                raise yaml.YAMLError("merge keys are not read")


@dataclass(frozen=True)
class FrontMatter:
    """The values of a front matter by key, and its source lines by key.

    `lines`: the lines of each key with the comments above it; under "" the comments at the end.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    lines: Mapping[str, str] = field(default_factory=dict)

    def comments(self, key: str) -> str:
        """The comments above a key."""
        lines = self.lines.get(key, "").splitlines(keepends=True)
        return "".join(line for line in lines if line.startswith("#"))


def split_front_matter(text: str) -> tuple[str | None, str]:
    """Splits a text into its front matter (None if it has none) and the rest."""
    fences = _FENCE.finditer(text)
    first = next(fences, None)
    last = next(fences, None)
    if first is None or last is None or text[: first.start()].strip():
        return None, text
    return text[first.end() : last.start()].replace("\r\n", "\n"), text[last.end() :]


def read(text: str) -> FrontMatter | None:
    """Parses a YAML text; None if it is not valid or has a duplicate key."""
    if len(text) > READ_CHARACTERS:
        return None
    try:
        root = yaml.compose(text, _Loader)
        values = yaml.load(text, _Loader)  # noqa: S506  a safe loader
        to_yaml(values if isinstance(values, dict) else {})
    except _UNREADABLE:
        return None
    if root is None:
        return FrontMatter(lines=dict(_lines(text, [], [])))
    if not isinstance(root, yaml.MappingNode):
        return None
    names = [key.value for key, _ in root.value]
    if len(set(names)) < len(names) or not all(isinstance(name, str) for name in names):
        return None
    if set(map(str, values)) != set(names):  # keys that are not strings: `1:`, `yes:`, `<<:`
        return None
    return FrontMatter(
        {str(key): value for key, value in values.items()},
        dict(_lines(text, [key.start_mark.line for key, _ in root.value], names)),
    )


def is_mapping(text: str) -> bool:
    """Whether a text is a YAML mapping, and not prose between two horizontal rules."""
    return re.search(r"^[\w-]+[ \t]*:(?:[ \t]|$)", text, re.MULTILINE) is not None


def to_yaml(values: Mapping[str, object]) -> str:
    """Values as YAML, in their order."""
    if not values:
        return ""
    return yaml.safe_dump(dict(values), allow_unicode=True, sort_keys=False)


def merge_yaml(ours: Mapping[str, object], theirs: FrontMatter, drop: Iterable[str]) -> str:
    """YAML of the generated keys, followed by all other keys of `theirs` except those in `drop`."""
    gone = {*ours, *drop}
    kept = {key: value for key, value in theirs.values.items() if key not in gone}
    lines = (
        theirs.comments(key) if key in gone else lines_of_key
        for key, lines_of_key in theirs.lines.items()
    )
    text = to_yaml(ours) + "".join(lines)
    back = read(text)
    if back is not None and to_yaml(back.values) == to_yaml({**ours, **kept}):
        return text
    # their lines only made sense among those that went
    return to_yaml({**ours, **kept}) + "".join(map(theirs.comments, theirs.lines))


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
