"""Splitting a card into generated blocks and text that people wrote, and joining it again.

A marker without its counterpart is removed, and the text around it counts as written by people.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from prefdata.transforms.card.front_matter import FrontMatter, is_mapping, read, split_front_matter

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
    """A generated block: the text between two markers."""

    name: str
    body: str


@dataclass(frozen=True)
class Card:
    """A parsed card: generated blocks, and between them, as plain strings, what people wrote."""

    matter: FrontMatter = field(default_factory=FrontMatter)
    pieces: tuple[Block | str, ...] = ()

    @property
    def blocks(self) -> dict[str, str]:
        """Name to body of each block; the first one of each name."""
        bodies: dict[str, str] = {}
        for piece in self.pieces:
            if isinstance(piece, Block):
                bodies.setdefault(piece.name, piece.body)
        return bodies


def card_of(text: str) -> Card:
    """Parses the text of a card."""
    text = text.removeprefix("\ufeff")
    head, body = split_front_matter(text)
    if head is None:
        return Card(pieces=tuple(_pieces(text)))
    matter = read(head)
    if matter is not None:
        return Card(matter, tuple(_pieces(body)))
    if is_mapping(head):
        return Card(pieces=(_fenced(head), *_pieces(body)))
    return Card(pieces=tuple(_pieces(text)))  # prose between two rules


def text_of(matter: str, pieces: Sequence[Block | str], newline: str) -> str:
    """The text of a card: blocks separated by blank lines, and what people wrote, unchanged."""
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
        texts.append(_with_blank_lines(waiting, newline, before=bool(texts), after=False))
    return text + "".join(texts)


def _between(text: str, newline: str, *, is_first: bool) -> str:
    if not text.strip():
        return "" if is_first else newline
    return _with_blank_lines(text, newline, before=not is_first, after=True)


def _with_blank_lines(text: str, newline: str, *, before: bool, after: bool) -> str:
    """The text with a blank line before and after, where a block is adjacent and there is none."""
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


def block_body(text: str) -> str:
    """The body of a block: text between blank lines, with everything like a marker escaped."""
    return f"\n{_unmarked(text.strip())}\n\n"


def _unmarked(text: str) -> str:
    return re.sub(r"^(?=<!-- prefdata:(?:begin|end)\b)", " ", text, flags=re.MULTILINE)


def normalised(text: str) -> str:
    """Text without what editors and version control change on their own."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def headings(text: str) -> Iterator[tuple[int, int]]:
    """(start, level) of each heading of a text; headings in code are ignored."""
    shown = _FENCED.sub(lambda fenced: re.sub(r"[^\n]", " ", fenced[0]), text)
    last = -1
    for match in _HEADING.finditer(shown):
        start, level = match.start(), len(match["marks"] or "") or int(match["tag"] or 0)
        if match["under"]:  # a line of = or - makes a heading of the line above it
            start = shown.rfind("\n", 0, max(start - 1, 0)) + 1
            if start == last or not shown[start : match.start()].strip():
                continue
            level = 1 if "=" in match["under"] else 2
        last = start
        yield start, level


def decode_card(content: bytes) -> str:
    """Decodes a card in whichever encoding people saved it, without loss."""
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
