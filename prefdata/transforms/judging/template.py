"""What a judge is told: plain text files with places for data, which are filled in one pass.

A template has the parts system, user, direct, reasoned and repair, each begun by a line such as
`[user]`. A name in double braces is a place. What fills it is never looked at again: braces in a
completion stay braces. Texts to be judged stand between marks that carry a digest of all of them,
so that no text can hold the mark that closes it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from prefdata.config.judge import JudgedKind
from prefdata.errors import ConfigError
from prefdata.records.record import Message

PARTS = ("system", "user", "direct", "reasoned", "repair")
LONGEST_TEMPLATE = 100_000
"""Characters of a template."""

_NEEDED = {
    "pairwise": {"criteria", "conversation", "answer_a", "answer_b", "form"},
    "rating": {"criteria", "conversation", "answer", "form"},
}
_KNOWN = {
    "pairwise": {"fence"},
    "rating": {"fence", "least", "most", "example"},
}
_PLACE = re.compile(r"\{\{(\w+)\}\}")
_PART = re.compile(r"^\[(\w+)\]\s*$", re.MULTILINE)
_FENCE_DIGITS = 16


@dataclass(frozen=True)
class Template:
    """The parts of a template by name, and the language of what fills it besides data."""

    parts: Mapping[str, str]
    language: str


def template_of(text: str, kind: JudgedKind, place: str, language: str | None = None) -> Template:
    """Reads a template. Raises ConfigError: a part or place is missing, or not known.

    `language`: en or zh; absent: zh if its parts hold Chinese characters.
    """
    if len(text) > LONGEST_TEMPLATE:
        raise ConfigError(f"{place}: longer than {LONGEST_TEMPLATE:,} characters")
    pieces = _PART.split(text.replace("\r\n", "\n"))
    names, bodies = pieces[1::2], [body.strip("\n") for body in pieces[2::2]]
    if pieces[0].strip() or sorted(names) != sorted(PARTS):
        raise ConfigError(
            f"{place}: a template has the parts {', '.join(f'[{name}]' for name in PARTS)}, each "
            "once and begun by a line of its own. `prefdata judge --print-template` prints one."
        )
    parts = dict(zip(names, bodies, strict=True))
    used = {name for part in parts.values() for name in _PLACE.findall(part)}
    _demand(_NEEDED[kind] <= set(_PLACE.findall(parts["user"])), kind, place, _NEEDED[kind])
    unknown = sorted(used - _NEEDED[kind] - _KNOWN[kind])
    if unknown:
        known = ", ".join(sorted(_NEEDED[kind] | _KNOWN[kind]))
        raise ConfigError(f"{place}: {{{{{unknown[0]}}}}} is no place; places are {known}")
    found = language or ("zh" if re.search("[\u4e00-\u9fff]", text) else "en")
    return Template(parts, found)


def _demand(is_there: bool, kind: JudgedKind, place: str, needed: set[str]) -> None:
    if not is_there:
        places = ", ".join(f"{{{{{name}}}}}" for name in sorted(needed))
        raise ConfigError(f"{place}: [user] of a {kind} template needs the places {places}")


def own_template_text(kind: JudgedKind, language: str) -> str:
    """The text of a template that comes with prefdata, in en or zh."""
    name = f"{kind}.{language}.txt"
    return (files(__package__) / "templates" / name).read_text(encoding="utf-8")


@cache
def own_template(kind: JudgedKind, language: str) -> Template:
    """A template that comes with prefdata, in en or zh."""
    return template_of(own_template_text(kind, language), kind, f"{kind}.{language}", language)


def filled(part: str, values: Mapping[str, str]) -> str:
    """A part with its places filled in one pass; what fills them is not looked at.

    >>> filled("{{a}} and {{b}}", {"a": "{{b}}", "b": "2"})
    '{{b}} and 2'
    """
    return _PLACE.sub(lambda found: values[found[1]], part)


def fence_of(texts: Iterable[str]) -> str:
    """A mark that none of the texts contains: a digest of all of them."""
    held = list(texts)
    digest = hashlib.sha256()
    for text in held:
        encoded = text.encode("utf-8", "surrogatepass")
        digest.update(len(encoded).to_bytes(8, "big") + encoded)
    fence = digest.hexdigest()[:_FENCE_DIGITS]
    while any(fence in text for text in held):  # found by search, or by who can make collisions
        digest.update(b"again")
        fence = digest.hexdigest()[:_FENCE_DIGITS]
    return fence


_TITLES = {
    "en": {"conversation": "conversation", "answer": "answer", "answer_a": "answer A",
           "answer_b": "answer B", "end": "end of"},
    "zh": {"conversation": "对话", "answer": "回答", "answer_a": "回答 A",
           "answer_b": "回答 B", "end": "结束："},
}  # fmt: skip


def fenced(name: str, text: str, fence: str, language: str) -> str:
    """A text between two marks that name it. `name`: conversation, answer, answer_a, answer_b."""
    titles = _TITLES[language]
    return f"<<{fence} {titles[name]}>>\n{text}\n<<{fence} {titles['end']} {titles[name]}>>"


def as_text(messages: Sequence[Message]) -> str:
    """Messages as one text: of one message its content, of more with their roles.

    What a message carries besides (tool calls, names) follows as JSON.
    """
    said = [f"{message.content or ''}{_beside(message)}" for message in messages]
    if len(said) == 1:
        return said[0]
    return "\n\n".join(
        f"[{message.role}]\n{text}" for message, text in zip(messages, said, strict=True)
    )


def _beside(message: Message) -> str:
    return f"\n{message.extra}" if message.extra else ""
