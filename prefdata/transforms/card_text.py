"""The text of a dataset card that prefdata and people write together.

What prefdata writes stands in blocks,

    <!-- prefdata:begin NAME -->
    ...
    <!-- prefdata:end NAME -->

each marker alone on its line, and in keys of the front matter (`OURS`). All else is people's: it
stays, byte for byte, whatever is generated anew. A marker without its counterpart is removed, and
the text around it taken for people's.

The licence and tags belong to both. What a config or an option says of them is noted in the block
`stated`, so that it can be told from what people wrote. Their tags stay besides ours. Of licences
the last word counts: an option, until another is given; a licence that people wrote over the one
that was stated; what is stated now; and what was stated once stays.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from prefdata.transforms.front_matter import (
    FrontMatter,
    divided,
    dumped,
    is_mapping,
    read,
    written,
)
from prefdata.verdicts.model import CardEntry

OURS = (
    "pretty_name",
    "language",
    "size_categories",
    "task_categories",
    "dataset_info",
    "configs",
)
"""Keys of the front matter that are generated, and go where they are generated no more."""

TITLE, STATED = "title", "stated"

_SHARED = ("license", "tags")
_MARKER = re.compile(
    r"^<!-- prefdata:(begin|end) ([a-z][a-z0-9-]*) -->[ \t]*\r?(?:\n|\Z)", re.MULTILINE
)
_FENCED = re.compile(r"^(```|~~~).*?(?:^\1|\Z)", re.MULTILINE | re.DOTALL)
_TOP_HEADING = re.compile(
    r"\s*(?:#[ \t]|<h1\b|(?=\S)[^\n]*\n {0,3}=+[ \t]*(?:\r?\n|\Z))", re.IGNORECASE
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


@dataclass(frozen=True)
class Stated:
    """What a config said of the licence and of tags; `is_asked`: the licence is of an option."""

    license: str | None = None
    tags: tuple[str, ...] = ()
    is_asked: bool = False


def rendered(
    matter: Mapping[str, object], blocks: Mapping[str, str], stated: Stated = Stated()
) -> str:
    """A card of which nobody has written anything by hand.

    `matter`: the front matter without licence; tags: those that all cards have. `blocks`: name to
    Markdown, in the order in which they shall stand.
    """
    values = dict(matter)
    if stated.license is not None:
        values["license"] = stated.license
    if stated.tags:
        values["tags"] = _unique([*_words(values.get("tags")), *stated.tags])
    all_blocks = {**blocks, **_noted(stated)}
    pieces = tuple(Block(name, _framed(text)) for name, text in all_blocks.items())
    return _text(dumped(values), pieces, "\n")


def merged(generated: str, previous: str | None) -> str:
    """The generated card with all that people wrote in the previous one.

    Blocks are replaced where they stand, those that are not generated any more go, and new ones
    come after the block that they are generated after. In a text without any block they come
    behind its heading and what stands under that; in one without a heading, at the beginning.
    Front matter that cannot be read is kept as a code block.
    """
    ours = card_of(generated)
    if previous is None:
        return generated
    theirs = card_of(previous)
    stated, license_ = _licence(ours, theirs)
    blocks = {**ours.blocks, **_noted(stated)}
    if _has_own_heading(theirs):
        blocks.pop(TITLE, None)
    values = {key: value for key, value in ours.matter.values.items() if key != "license"}
    if license_ is not None:
        values["license"] = license_
    tags = _tags(ours, theirs)
    if tags:
        values["tags"] = tags
    newline = "\r\n" if re.match(r"[^\n]*\r\n", previous) else "\n"
    matter = written(values, theirs.matter, drop=(*OURS, "tags"))
    return _text(matter, _placed(blocks, theirs), newline)


def with_hand_written_of(card: str, other: str) -> str:
    """What is generated in `card` with what people wrote in `other`; tags of both."""
    apart = card_of(card)
    keep = {*OURS, "tags"}
    if apart.matter.values.get("license") == _stated(apart).license:
        keep.add("license")
    values = {key: value for key, value in apart.matter.values.items() if key in keep}
    pieces = tuple(Block(name, body) for name, body in apart.blocks.items())
    return merged(_text(dumped(values), pieces, "\n"), other)


def generated_part(text: str) -> str:
    """What prefdata wrote in a card, whatever the order of blocks and the ends of lines.

    Licence and tags are no part of it, but what was stated of them is.
    """
    card = card_of(text)
    ours = {key: card.matter.values[key] for key in OURS if key in card.matter.values}
    blocks = (f"{name}\n{_even(body)}\n" for name, body in sorted(card.blocks.items()))
    return dumped(ours) + "".join(blocks)


def hand_written_part(text: str) -> str:
    """What people wrote in a card: text, keys of the front matter; "" where they wrote nothing.

    Blank lines around it, ends of lines and tags are no part of it: tags of all come together.
    """
    card = card_of(text)
    theirs = {k: v for k, v in card.matter.values.items() if k not in (*OURS, *_SHARED)}
    license_ = card.matter.values.get("license")
    if license_ is not None and license_ != _stated(card).license:
        theirs["license"] = license_
    comments = "".join(map(card.matter.comments, card.matter.lines))
    parts = [comments, dumped({key: theirs[key] for key in sorted(theirs)})]
    parts += [_even(piece) for piece in card.pieces if isinstance(piece, str)]
    return "\n\n".join(part for part in parts if part)


def card_entry(text: str, *, pushed: bool = False) -> CardEntry:
    """The entry of a card in the manifest; of what people wrote only when it was `pushed`."""
    by_hand = hand_written_part(text) if pushed else ""
    return CardEntry(
        generated=_sha256(generated_part(text)), hand_written=_sha256(by_hand) if by_hand else None
    )


def stated_in(text: str) -> Stated:
    """What was stated of licence and tags when a card was written."""
    return _stated(card_of(text))


def license_of(text: str) -> str | None:
    """The licence that a card names, by whomever it was written; None where it names none."""
    named = card_of(text).matter.values.get("license")
    return named if isinstance(named, str) else None


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


def _placed(blocks: Mapping[str, str], theirs: Card) -> list[Block | str]:
    """The blocks in their places among what people wrote."""
    placed: list[Block | str] = []
    seen: set[str] = set()
    for piece in theirs.pieces:
        if isinstance(piece, str):
            placed.append(piece)
        elif piece.name in blocks and piece.name not in seen:
            seen.add(piece.name)
            placed.append(Block(piece.name, blocks[piece.name]))
    if not seen:
        return _inserted(blocks, "".join(piece for piece in placed if isinstance(piece, str)))
    names = list(blocks)
    for number, name in enumerate(names):
        if name not in seen:
            seen.add(name)
            placed.insert(_behind(placed, names[:number]), Block(name, blocks[name]))
    return placed


def _behind(placed: Sequence[Block | str], before: Sequence[str]) -> int:
    """Behind the last of the blocks that are generated before it; else before the first block."""
    places = {piece.name: n for n, piece in enumerate(placed) if isinstance(piece, Block)}
    for name in reversed(before):
        if name in places:
            return places[name] + 1
    return min(places.values())


def _inserted(blocks: Mapping[str, str], text: str) -> list[Block | str]:
    """All blocks in a text that has none: before its second heading, if it begins with one."""
    new: list[Block | str] = [Block(name, body) for name, body in blocks.items()]
    place = _second_heading(text) if _TOP_HEADING.match(text) else 0
    return [text[:place], *new, text[place:]]


def _second_heading(text: str) -> int:
    """Where the second heading of a text begins, code left out; its end where there is none."""
    shown = _FENCED.sub(lambda fenced: re.sub(r"[^\n]", " ", fenced[0]), text)
    headings, position, before = 0, 0, ""
    for line in shown.splitlines(keepends=True):
        is_underline = bool(before.strip()) and re.fullmatch(r" {0,3}(?:=+|-+)\s*", line)
        if is_underline or re.match(r" {0,3}#{1,6}\s", line):
            headings += 1
            if headings == 2:
                return position - len(before) if is_underline else position
        position += len(line)
        before = line
    return len(text)


def _has_own_heading(card: Card) -> bool:
    """Whether people wrote a heading of their own above our text."""
    text = ""
    for piece in card.pieces:
        if isinstance(piece, Block) and piece.name != TITLE:
            break
        if isinstance(piece, str):
            text += piece
    return _TOP_HEADING.match(text) is not None


def _licence(ours: Card, theirs: Card) -> tuple[Stated, str | None]:
    """What is stated from now on, and the licence to write; None: that of people stays."""
    now, before = _stated(ours), _stated(theirs)
    named = theirs.matter.values.get("license")
    is_theirs = named is not None and named != before.license
    if now.is_asked:
        return now, now.license
    if is_theirs and now.license == before.license:
        return now, None
    if before.license is not None and not is_theirs and (before.is_asked or now.license is None):
        return Stated(before.license, now.tags, before.is_asked), before.license
    return now, now.license


def _tags(ours: Card, theirs: Card) -> list[str]:
    stated_before = _stated(theirs).tags
    extra = (tag for tag in _words(theirs.matter.values.get("tags")) if tag not in stated_before)
    return _unique([*_words(ours.matter.values.get("tags")), *extra])


def _stated(card: Card) -> Stated:
    found = re.search(r"<!-- (\{.*\}) -->", card.blocks.get(STATED, ""))
    try:
        said = json.loads(found[1]) if found else {}
    except (ValueError, RecursionError):
        said = {}
    license_ = said.get("license")
    return Stated(
        license_ if isinstance(license_, str) else None,
        tuple(_words(said.get("tags"))),
        said.get("asked") is True,
    )


def _noted(stated: Stated) -> dict[str, str]:
    """The block that says what was stated; none where nothing was."""
    if stated == Stated():
        return {}
    values = {"license": stated.license, "tags": stated.tags, "asked": stated.is_asked}
    said = json.dumps(values, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    while "--" in said:
        said = said.replace("--", "-\\u002d")
    return {STATED: _framed(f"<!-- {said} -->")}


def _words(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [value]
    return [word for word in values if isinstance(word, str)]


def _unique(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))


def _framed(text: str) -> str:
    """Text with a blank line before and after, in which nothing looks like a marker."""
    safe = re.sub(r"^(?=<!-- prefdata:(?:begin|end)\b)", " ", text.strip("\n"), flags=re.MULTILINE)
    return f"\n{safe}\n\n"


def _fenced(text: str) -> str:
    longest = max((len(ticks) for ticks in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}yaml\n{text.rstrip()}\n{fence}\n"


def _even(text: str) -> str:
    """Text without what editors and version control change by themselves."""
    return "\n".join(line.rstrip() for line in text.splitlines()).strip("\n")


def _text(matter: str, pieces: Sequence[Block | str], newline: str) -> str:
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


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
