"""A card taken apart into blocks and what people wrote, and put together again.

A marker without its counterpart is removed, and the text around it taken for people's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prefdata.transforms.card.front_matter import FrontMatter, divided, is_mapping, read

_MARKER = re.compile(
    r"^<!-- prefdata:(begin|end) ([a-z][a-z0-9-]*) -->[ \t]*\r?(?:\n|\Z)", re.MULTILINE
)
_FENCED = re.compile(r"^(```|~~~).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)

_HEADING = re.compile(
    r"^ {0,3}(?:(?P<marks>#{1,6})(?=\s)|(?P<under>=+|-+)[ \t]*\r?$)|<h(?P<tag>[1-6])\b",
    re.MULTILINE | re.IGNORECASE,
)


@dataclass(frozen=True)
class Block:
    """What stands between two markers."""

    name: str
    body: str


@dataclass(frozen=True)
class Card:
    """A card taken apart: blocks, and between them (as plain strings) what people wrote."""

    matter: FrontMatter = field(default_factory=FrontMatter)
    pieces: tuple[Block | str, ...] = ()

    @property
    def blocks(self) -> dict[str, str]:
        """Block to body; of several of one name the first."""
        found: dict[str, str] = {}
        for piece in self.pieces:
            if isinstance(piece, Block):
                found.setdefault(piece.name, piece.body)
        return found


def card_of(text: str) -> Card:
    """Takes a card apart."""
    text = text.removeprefix("\ufeff")
    head, body = divided(text)
    if head is None:
        return Card(pieces=tuple(_pieces(text)))
    matter = read(head)
    if matter is not None:
        return Card(matter, tuple(_pieces(body)))
    if is_mapping(head):
        return Card(pieces=(_fenced(head), *_pieces(body)))
    return Card(pieces=tuple(_pieces(text)))  # prose between two rules


def text_of(matter: str, pieces: Sequence[Block | str], newline: str) -> str:
    """The card as text; between blocks stands a blank line, what people wrote stands as it is."""
    text = f"---\n{matter}---\n".replace("\n", newline)
    texts: list[str] = []
    waiting = ""
    for piece in pieces:
        if isinstance(piece, str):
            waiting += piece
            continue
        texts += [_between(waiting, newline, is_first=not texts), _marked(piece, newline)]
        waiting = ""
    if waiting.strip():
        texts.append(_apart(waiting, newline, before=bool(texts), after=False))
    return text + "".join(texts)


def _between(text: str, newline: str, *, is_first: bool) -> str:
    if not text.strip():
        return "" if is_first else newline
    return _apart(text, newline, before=not is_first, after=True)


def _apart(text: str, newline: str, *, before: bool, after: bool) -> str:
    """The text with a blank line towards the blocks beside it, where it has none."""
    if before and not re.match(r"[ \t]*\r?\n", text):
        text = newline + text
    if after and not text.endswith("\n"):
        text += newline
    if after and not re.search(r"\n[ \t]*\r?\n\Z", text):
        text += newline
    return text


def _marked(block: Block, newline: str) -> str:
    text = f"<!-- prefdata:begin {block.name} -->\n{block.body}<!-- prefdata:end {block.name} -->\n"
    return text.replace("\r\n", "\n").replace("\n", newline)


def framed(text: str) -> str:
    """Text with a blank line before and after, in which nothing looks like a marker."""
    return f"\n{_unmarked(text.strip())}\n\n"


def _unmarked(text: str) -> str:
    return re.sub(r"^(?=<!-- prefdata:(?:begin|end)\b)", " ", text, flags=re.MULTILINE)


def even(text: str) -> str:
    """Text without what editors and version control change by themselves."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def headings(text: str) -> Iterator[tuple[int, int]]:
    """Where the headings of a text begin, and of which level they are; code is left out."""
    shown = _FENCED.sub(lambda fenced: re.sub(r"[^\n]", " ", fenced[0]), text)
    last = -1
    for found in _HEADING.finditer(shown):
        start, level = found.start(), len(found["marks"] or "") or int(found["tag"] or 0)
        if found["under"]:  # a line of = or - makes a heading of the line above it
            start = shown.rfind("\n", 0, max(start - 1, 0)) + 1
            if start == last or not shown[start : found.start()].strip():
                continue
            level = 1 if "=" in found["under"] else 2
        last = start
        yield start, level


def decoded(content: bytes) -> str:
    """The text of a card; in which encoding people saved it is found out, nothing is lost."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) and len(content) % 2 == 0:
        encodings = ["utf-16", "utf-8-sig", "gb18030"]
    else:
        encodings = ["utf-8-sig", "gb18030"]
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    return content.decode("latin-1")


def _pieces(body: str) -> Iterator[Block | str]:
    position = 0
    opened: re.Match[str] | None = None
    for marker in _MARKER.finditer(body):
        is_closing = marker[1] == "end" and opened is not None and marker[2] == opened[2]
        if opened is not None:
            yield body[position : opened.start()]
            position = opened.end()
        if is_closing and opened is not None:
            yield Block(opened[2], body[opened.end() : marker.start()])
        elif marker[1] == "end":
            yield body[position : marker.start()]
        if marker[1] == "end":
            position = marker.end()
        opened = marker if marker[1] == "begin" else None
    if opened is not None:
        yield body[position : opened.start()]
        position = opened.end()
    yield body[position:]


def _fenced(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}yaml\n{_unmarked(text.rstrip())}\n{fence}\n"
