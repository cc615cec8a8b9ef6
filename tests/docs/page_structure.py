"""The structure of a Markdown page: sections with their blocks, tables and links; paragraphs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

FENCE = re.compile(r"^```(?P<kind>\w*)\n(?P<body>.*?)^```\n?", re.M | re.S)
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")

_COMMENTED = ("yaml", "sh", "text")
"""Blocks whose comments are in the language of the page."""

_HELP = ("Usage: ", "用法：")
_COMPLETE = re.compile(r"[#|<]|!\[")
_BEGINS = re.compile(r"\s*([#|<>]|!\[|[-*] |\d+\. )")


@dataclass(frozen=True)
class Section:
    """What a heading and the text below it hold, words aside."""

    level: int
    blocks: tuple[tuple[str, str], ...]
    tables: tuple[tuple[int, int], ...]
    links: frozenset[str]


def sections(page: Path) -> list[Section]:
    """The sections of a page, in order; the first is what stands before any heading."""
    text = page.read_text(encoding="utf-8")
    bodies: list[str] = []

    def put_aside(match: re.Match[str]) -> str:
        bodies.append(match["body"])
        return f"```{match['kind']} {len(bodies) - 1}\n"

    parts = re.split(r"^(#+) .*\n", FENCE.sub(put_aside, text), flags=re.M)
    return [
        Section(
            level=len(marks),
            blocks=tuple(
                (kind, comparable(kind, bodies[int(number)]))
                for kind, number in re.findall(r"^```(\w*) (\d+)$", part, flags=re.M)
            ),
            tables=tuple(tables(part)),
            links=frozenset(subject(link, page) for link in links(part)),
        )
        for marks, part in zip(("", *parts[1::2]), parts[::2], strict=True)
    ]


def comparable(kind: str, body: str) -> str:
    """A block as it has to stand in both languages.

    Comments, labels of drawings, the language that an option names, and help texts, which are in
    the language of the page, may differ.
    """
    if body.startswith(_HELP):
        return "help"
    if kind == "mermaid":
        return f"{body.count(chr(10))} lines"
    if kind not in _COMMENTED:
        return body
    return re.sub(r"(^|\s+)#.*$", "", body, flags=re.M).replace("--template zh", "--template en")


def tables(text: str) -> Iterator[tuple[int, int]]:
    """Rows and columns of each table."""
    for table in re.findall(r"(?:^\|.*\n?)+", text, flags=re.M):
        rows = table.splitlines()
        yield len(rows), max(len(re.findall(r"(?<!\\)\|", row)) - 1 for row in rows)


def links(text: str) -> list[str]:
    """Where the links of a text lead, but for those that are named as the other language."""
    return [
        target
        for words, target in re.findall(r"\[([^\]]*)\]\(([^)\s]+)\)", text)
        if words not in ("English", "中文", "简体中文")
    ]


def subject(link: str, page: Path) -> str:
    """What a link is about, the same for a page and its translation: headings are counted."""
    if link.startswith(("http:", "https:")):
        return link
    target, _, anchor = link.partition("#")
    there = page.parent / target if target else page
    number = f"#{anchors(there.read_text(encoding='utf-8')).index(anchor)}" if anchor else ""
    return there.name.replace(".zh-CN", "") + number


def anchors(page: str) -> list[str]:
    """The names by which GitHub links to the headings of a page."""
    headings = re.findall(r"^#+ (.*)$", FENCE.sub("", page), flags=re.M)
    return [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings]


def broken(text: str) -> list[str]:
    """Lines of Chinese prose that go on in the next line: the break would be shown as a space.

    >>> broken("一行\\n又一行\\n\\n- 一项\\n- 又一项\\n\\n| 表 |\\n|---|\\n")
    ['一行']
    """
    return [
        line
        for line, after in pairwise(FENCE.sub("\n", text).splitlines())
        if line.strip()
        and after.strip()
        and CHINESE.search(line + after)
        and not _COMPLETE.match(line)
        and not _BEGINS.match(after)
    ]
