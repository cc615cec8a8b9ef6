"""The text of a dataset card that prefdata and people write together.

What prefdata writes stands in blocks,

    <!-- prefdata:begin NAME -->
    ...
    <!-- prefdata:end NAME -->

each marker alone on its line, and in keys of the front matter (`OURS`). All else is people's: it
stays, byte for byte, whatever is generated anew. `card_stated` says whose the licence and tags are.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping, Sequence
from itertools import islice

from prefdata.results.manifest import CardEntry
from prefdata.transforms.card.front_matter import dumped, written
from prefdata.transforms.card.pieces import Block, Card, card_of, even, framed, headings, text_of
from prefdata.transforms.card.pieces import decoded as decoded
from prefdata.transforms.card.stated import Stated, all_tags, licence, noted, stated, unique, words

OURS = (
    "pretty_name",
    "language",
    "size_categories",
    "task_categories",
    "dataset_info",
    "configs",
)
"""Keys of the front matter that are generated, and go where they are generated no more."""

_NOTHING = Stated()

_BLANK_LINE = re.compile(r"\n[ \t]*\r?\n\Z")

TITLE = "title"
"""The block that is left out where people wrote a heading of their own."""


def rendered(
    matter: Mapping[str, object], blocks: Mapping[str, str], told: Stated = _NOTHING
) -> str:
    """A card of which nobody has written anything by hand.

    `matter`: the front matter without what is `told` of licence and tags. `blocks`: name to
    Markdown, in the order in which they shall stand.
    """
    values = dict(matter)
    if told.license is not None:
        values["license"] = told.license
    if told.tags:
        values["tags"] = unique([*words(values.get("tags")), *told.tags])
    framed_blocks = {name: framed(text) for name, text in blocks.items()} | noted(told)
    pieces = [Block(name, body) for name, body in framed_blocks.items()]
    return text_of(dumped(values), pieces, "\n")


def merged(generated: str, previous: str | None) -> str:
    """The generated card with all that people wrote in the previous one.

    Blocks are replaced where they stand, those that are not generated any more go, and new ones
    come after the block that they are generated after. In a text without any block they come
    behind its title and what stands under that; in one without a title, at the beginning.
    Front matter that cannot be read is kept as a code block.
    """
    ours = card_of(generated)
    if previous is None:
        return generated
    theirs = card_of(previous)
    told, license_ = licence(ours, theirs)
    blocks = {**ours.blocks, **noted(told)}
    if _has_own_heading(theirs, {*blocks} - {TITLE}):
        blocks.pop(TITLE, None)
    values = {key: value for key, value in ours.matter.values.items() if key != "license"}
    if license_ is not None:
        values["license"] = license_
    if tags := all_tags(ours, theirs):
        values["tags"] = tags
    newline = "\r\n" if re.match(r"[^\n]*\r\n", previous) else "\n"
    matter = written(values, theirs.matter, drop=(*OURS, "tags"))
    return text_of(matter, _placed(blocks, theirs), newline)


def generated_part(text: str) -> str:
    """What prefdata wrote in a card, whatever the order of blocks and the ends of lines.

    Licence and tags are no part of it, but what was stated of them is.
    """
    card = card_of(text)
    ours = {key: card.matter.values[key] for key in OURS if key in card.matter.values}
    blocks = (f"{name}\n{even(body)}\n" for name, body in sorted(card.blocks.items()))
    return dumped(ours) + "".join(blocks)


def hand_written_part(text: str) -> str:
    """What people wrote in a card: text, keys of the front matter; "" where they wrote nothing.

    Blank lines, ends of lines and tags are no part of it: tags of all come together.
    """
    card = card_of(text)
    theirs = {k: v for k, v in card.matter.values.items() if k not in (*OURS, "license", "tags")}
    license_ = card.matter.values.get("license")
    if license_ is not None and license_ != stated(card).license:
        theirs["license"] = license_
    comments = "".join(map(card.matter.comments, card.matter.lines))
    parts = [comments, dumped({key: theirs[key] for key in sorted(theirs)})]
    parts += [piece for piece in card.pieces if isinstance(piece, str)]
    lines = (line.rstrip() for part in parts for line in part.splitlines())
    return "\n".join(line for line in lines if line)


def card_entry(text: str, *, pushed: bool = False) -> CardEntry:
    """The entry of a card in the manifest; of what people wrote only when it was `pushed`."""
    by_hand = hand_written_part(text) if pushed else ""
    return CardEntry(
        generated=_sha256(generated_part(text)), hand_written=_sha256(by_hand) if by_hand else None
    )


def stated_in(text: str) -> Stated:
    """What was stated of licence and tags when a card was written."""
    return stated(card_of(text))


def license_of(text: str) -> str | None:
    """The licence that a card names, by whomever it was written; None where it names none."""
    named = card_of(text).matter.values.get("license")
    return named if isinstance(named, str) else None


def _placed(blocks: Mapping[str, str], theirs: Card) -> list[Block | str]:
    """The blocks in their places among what people wrote."""
    placed: list[Block | str] = []
    seen: set[str] = set()
    for piece in theirs.pieces:
        if isinstance(piece, str):
            placed.append(_behind_text(piece, placed))
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


def _behind_text(text: str, placed: Sequence[Block | str]) -> str:
    """Text that meets other text, since a block between them goes: one blank line is enough."""
    before = placed[-1] if placed else None
    if isinstance(before, str) and (not before.strip() or _BLANK_LINE.search(before)):
        return re.sub(r"\A[ \t]*\r?\n", "", text)
    return text


def _behind(placed: Sequence[Block | str], before: Sequence[str]) -> int:
    """Behind the last of the blocks that are generated before it; else before the first block."""
    places = {piece.name: n for n, piece in enumerate(placed) if isinstance(piece, Block)}
    for name in reversed(before):
        if name in places:
            return places[name] + 1
    return min(places.values())


def _inserted(blocks: Mapping[str, str], text: str) -> list[Block | str]:
    """All blocks in a text that has none: before its second heading, if the first is a title."""
    new: list[Block | str] = [Block(name, body) for name, body in blocks.items()]
    found = list(islice(headings(text), 2))
    place = 0
    if found and found[0][1] == 1:
        place = found[1][0] if len(found) > 1 else len(text)
    return [text[:place], *new, text[place:]]


def _has_own_heading(card: Card, ours: Container[str]) -> bool:
    """Whether people wrote a title of their own above the blocks that are ours."""
    above = ""
    for piece in card.pieces:
        if isinstance(piece, Block) and piece.name in ours:
            break
        if isinstance(piece, str):
            above += piece
    return any(level == 1 for _, level in islice(headings(above), 1))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
