"""Rows of every dialect, made from the examples of the page on dialects."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

from prefdata.config.pairs import PairsConfig
from prefdata.dialects import dialect_named

PAGE = Path(__file__).parents[2] / "docs" / "dialects.md"
STATED: dict[str, dict[str, Any]] = {
    "judged": {"label": "1=first,0=second,2=tie"},
    "pku-saferlhf": {"pairs": PairsConfig(criterion="better")},
}
"""What a user has to state of the examples of a dialect, as fields of the config."""

_SECTION = re.compile(r"^### `([a-z0-9-]+)`$(.*?)(?=^##)", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"```json\n(.*?)```", re.DOTALL)
_WORDS = (
    *(
        "river",
        "lamp",
        "seven",
        "你好",
        "世界很大",
        "مرحبا",
        "naïve",
        "🙂",
        "x\ty",
        "a, b",
        'say "hi"',
    ),
    *(
        "line\nbreak",
        "{brace",
        "]",
        "[[",
        "}",
        "\\",
        "\\n",
        "it's",
        ";",
        "|",
        "\u2028",
        "\u00a0",
        "e\u0301",
    ),
)


class Made(NamedTuple):
    """A row, and the words that only it holds: of the better and of the worse completion."""

    fields: dict[str, Any]
    better: str
    worse: str


@cache
def templates() -> dict[str, tuple[dict[str, Any], ...]]:
    """Name of a dialect that is read to its examples, in which Paris is better than Pluto."""
    read = PAGE.read_text("utf-8").split("## Recognised and refused")[0] + "\n## "
    return {
        name: tuple(
            json.loads(line)
            for block in _BLOCK.findall(body)
            for line in block.splitlines()
            if "Paris" in line
        )
        for name, body in _SECTION.findall(read)
        if not dialect_named(name).meets  # one row alone makes no pair
    }


def rows(random: Random, dialect: str, count: int) -> Iterator[Made]:
    """Rows of one dialect, all of one shape."""
    template = random.choice(templates()[dialect])
    for number in range(count):
        better, worse = f"better{number}b{random.randrange(10**9)}", f"worse{number}w"
        texts = [_text(random) for _ in range(3)]
        fields = _filled(
            template,
            {
                "Paris": f"{better} {texts[0]}.",
                "Pluto": f"{worse} {texts[1]}.",
                "capital": f"capital {number} {texts[2]}",
            },
        )
        yield Made(fields, better, worse)


def _text(random: Random) -> str:
    return " ".join(random.choice(_WORDS) for _ in range(random.randrange(1, 12)))


def _filled(value: Any, words: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(inner, words) for name, inner in value.items()}
    if isinstance(value, list):
        return [_filled(inner, words) for inner in value]
    if not isinstance(value, str):
        return value
    if value.startswith("[") and value.endswith("]"):  # messages or turns, written as JSON
        return json.dumps(_filled(json.loads(value), words), ensure_ascii=False)
    for word, text in words.items():
        value = value.replace(word, text)
    return value
