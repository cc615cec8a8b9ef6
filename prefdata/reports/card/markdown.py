"""Builds Markdown; text from data files is escaped so that it cannot act as markup."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Sequence

import yaml

_MARKDOWN = re.compile(r"([\\`*{}\[\]<>#+!|~&$]|(?<!\w)[_-]|[_-](?!\w))")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|\Z)")
_DIRECTION = "\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNPRINTABLE = re.compile(rf"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff{_DIRECTION}]+")
_TURNED = re.compile(f"[{_DIRECTION}]")


def printable(text: str) -> str:
    """Text on one line, with control characters and direction marks replaced by a space."""
    return _UNPRINTABLE.sub(" ", text)


def escaped(text: str) -> str:
    """Text with all Markdown and HTML markup escaped.

    >>> escaped("a|b <i> *c* my_file")
    'a\\\\|b \\\\<i\\\\> \\\\*c\\\\* my_file'
    """
    return _NUMBERED.sub(r"\1\\\2", _MARKDOWN.sub(r"\\\1", printable(text)))


def coded(text: str) -> str:
    """A name as inline code, so that neither markup nor autolinks (`www.`, `@`) in it take effect.

    >>> coded("a|b.jsonl")
    '`a\\\\|b.jsonl`'
    """
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence, shown = "`" * (longest + 1), printable(text)
    if shown.strip(" ") != shown or "`" in shown:
        shown = f" {shown} "
    return f"{fence}{shown}{fence}".replace("|", "\\|")


def table(
    head: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Container[int] = ()
) -> str:
    """A table with the columns `numbers` (from 0) right-aligned; "" without rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    rules = ["---:" if number in numbers else "---" for number in range(len(head))]
    return "\n".join([f"| {' | '.join(head)} |", f"|{'|'.join(rules)}|", *lines])


def fenced(text: str, language: str) -> str:
    """A code block whose fence is longer than any run of backticks in the text."""
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"


def yaml_of(values: object) -> str:
    """Values as YAML; non-ASCII is escaped if there are direction marks in it."""
    text: str = yaml.safe_dump(values, allow_unicode=True, sort_keys=False)
    if _TURNED.search(text):
        text = yaml.safe_dump(values, allow_unicode=False, sort_keys=False)
    return text


def quoted(text: str) -> str:
    """The text as a Python string literal in double quotes."""
    return '"' + text.encode("unicode_escape").decode().replace('"', '\\"') + '"'


def paragraphs(*parts: str) -> str:
    """Joins the parts that are not empty with blank lines."""
    return "\n\n".join(part for part in parts if part)


def counted(count: int, noun: str, plural: str = "") -> str:
    """
    >>> counted(1, "row"), counted(1200, "row"), counted(2, "copy", "copies")
    ('1 row', '1,200 rows', '2 copies')
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {plural or noun + 's'}"


def percent(part: float, whole: float = 1.0) -> str:
    """
    >>> percent(1, 8), percent(1, 10_000), percent(0, 5), percent(5, 5)
    ('12.5%', '<0.1%', '0%', '100%')
    """
    share = part / whole if whole else 0.0
    if 0 < share < 0.001:
        return "<0.1%"
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def listed(words: Sequence[str]) -> str:
    """
    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)
