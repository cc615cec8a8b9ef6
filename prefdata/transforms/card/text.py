"""The text of a dataset card, which both prefdata and people write.

Generated text is in blocks,

    <!-- prefdata:begin NAME -->
    ...
    <!-- prefdata:end NAME -->

each marker on a line of its own, and in the keys `OURS` of the front matter. Everything else
belongs to people, and is kept byte for byte when the card is generated again. See `stated` for
licence and tags, which both may write.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Container, Mapping, Sequence
from itertools import islice

from prefdata.config.section import CARD_TAGS
from prefdata.results.manifest import CardEntry
from prefdata.transforms.card.front_matter import merge_yaml, to_yaml
from prefdata.transforms.card.pieces import (
    Block,
    Card,
    block_body,
    card_of,
    headings,
    normalised,
    text_of,
)
from prefdata.transforms.card.pieces import decode_card as decode_card
from prefdata.transforms.card.stated import (
    Stated,
    all_tags,
    licence,
    read_stated,
    stated_block,
    unique,
    words,
)

OURS = (
    "pretty_name",
    "language",
    "size_categories",
    "task_categories",
    "dataset_info",
    "configs",
)
"""Generated keys of the front matter; they are removed when they are no longer generated."""

_NOTHING = Stated()

_BLANK_LINE = re.compile(r"\n[ \t]*\r?\n\Z")

TITLE = "title"
"""The block that is left out if people wrote a heading of their own."""


def render_card(
    matter: Mapping[str, object], blocks: Mapping[str, str], told: Stated = _NOTHING
) -> str:
    """A new card without any text by people.

    `matter`: the front matter without the stated licence and tags. `blocks`: name to Markdown, in
    order. `told`: the stated licence and tags.
    """
    values = dict(matter)
    if told.license is not None:
        values["license"] = told.license
    if told.tags:
        values["tags"] = unique([*words(values.get("tags")), *told.tags])
    framed_blocks = {name: block_body(text) for name, text in blocks.items()} | stated_block(told)
    pieces = [Block(name, body) for name, body in framed_blocks.items()]
    return text_of(to_yaml(values), pieces, "\n")


def merge_card(generated: str, previous: str | None) -> str:
    """The generated card with everything that people wrote in the previous one.

    Blocks are replaced in place, blocks that are no longer generated are removed, and new ones are
    inserted after their predecessor in the generated card. In a text without any block they are
    inserted before the second heading, or at the beginning if it has no title. Front matter that
    cannot be parsed is kept as a code block.
    """
    ours = card_of(generated)
    if previous is None:
        return generated
    theirs = card_of(previous)
    told, license_ = licence(ours, theirs)
    blocks = {**ours.blocks, **stated_block(told)}
    if _has_own_heading(theirs, {*blocks} - {TITLE}):
        blocks.pop(TITLE, None)
    values = {key: value for key, value in ours.matter.values.items() if key != "license"}
    if license_ is not None:
        values["license"] = license_
    if tags := all_tags(ours, theirs):
        values["tags"] = tags
    newline = "\r\n" if re.match(r"[^\n]*\r\n", previous) else "\n"
    matter = merge_yaml(values, theirs.matter, drop=(*OURS, "tags"))
    return text_of(matter, _placed(blocks, theirs), newline)


def _generated_part(card: Card) -> str:
    """The generated part of a card, independent of the order of blocks and of line endings.

    Licence and tags are excluded, but the block of stated values is included.
    """
    ours = {key: card.matter.values[key] for key in OURS if key in card.matter.values}
    blocks = (f"{name}\n{normalised(body)}\n" for name, body in sorted(card.blocks.items()))
    return to_yaml(ours) + "".join(blocks)


def hand_written_part(text: str) -> str:
    """What people wrote in a card: text and keys of the front matter; "" if nothing.

    Blank lines, line endings and tags are excluded, since tags of both are merged.
    """
    card = card_of(text)
    theirs = {k: v for k, v in card.matter.values.items() if k not in (*OURS, "license", "tags")}
    license_ = card.matter.values.get("license")
    if license_ is not None and license_ != read_stated(card).license:
        theirs["license"] = license_
    comments = "".join(map(card.matter.comments, card.matter.lines))
    parts = [comments, to_yaml({key: theirs[key] for key in sorted(theirs)})]
    parts += [piece for piece in card.pieces if isinstance(piece, str)]
    lines = (line.rstrip() for part in parts for line in part.splitlines())
    return "\n".join(line for line in lines if line)


def card_entry(text: str, *, pushed: bool = False) -> CardEntry:
    """The manifest entry of a card; it covers what people wrote only if the card is `pushed`."""
    card, by_hand = card_of(text), hand_written_part(text) if pushed else ""
    tags = words(card.matter.values.get("tags"))
    return CardEntry(
        generated=_sha256(_generated_part(card)),
        tags=tuple(tag for tag in CARD_TAGS if tag in tags),
        hand_written=_sha256(by_hand) if by_hand else None,
    )


def stated_in(text: str) -> Stated:
    """The stated licence and tags that a card notes."""
    return read_stated(card_of(text))


def license_of(text: str) -> str | None:
    """The licence that a card names, stated or written by people; None if it names none."""
    named = card_of(text).matter.values.get("license")
    return named if isinstance(named, str) else None


def _placed(blocks: Mapping[str, str], theirs: Card) -> list[Block | str]:
    """The blocks inserted into what people wrote."""
    placed: list[Block | str] = []
    placed_names: set[str] = set()
    for piece in theirs.pieces:
        if isinstance(piece, str):
            placed.append(_behind_text(piece, placed))
        elif piece.name in blocks and piece.name not in placed_names:
            placed_names.add(piece.name)
            placed.append(Block(piece.name, blocks[piece.name]))
    if not placed_names:
        return _inserted(blocks, "".join(piece for piece in placed if isinstance(piece, str)))
    names = list(blocks)
    for number, name in enumerate(names):
        if name not in placed_names:
            placed_names.add(name)
            placed.insert(_behind(placed, names[:number]), Block(name, blocks[name]))
    return placed


def _behind_text(text: str, placed: Sequence[Block | str]) -> str:
    """Text that follows other text after a block between them is removed: one blank line."""
    before = placed[-1] if placed else None
    if isinstance(before, str) and (not before.strip() or _BLANK_LINE.search(before)):
        return re.sub(r"\A[ \t]*\r?\n", "", text)
    return text


def _behind(placed: Sequence[Block | str], before: Sequence[str]) -> int:
    """The position after the last of the blocks in `before`, else before the first block."""
    places = {piece.name: n for n, piece in enumerate(placed) if isinstance(piece, Block)}
    for name in reversed(before):
        if name in places:
            return places[name] + 1
    return min(places.values())


def _inserted(blocks: Mapping[str, str], text: str) -> list[Block | str]:
    """All blocks inserted into a text without blocks: before its second heading if the first one
    is a title, else at the beginning."""
    new: list[Block | str] = [Block(name, body) for name, body in blocks.items()]
    first_headings = list(islice(headings(text), 2))
    place = 0
    if first_headings and first_headings[0][1] == 1:
        place = first_headings[1][0] if len(first_headings) > 1 else len(text)
    return [text[:place], *new, text[place:]]


def _has_own_heading(card: Card, ours: Container[str]) -> bool:
    """Whether people wrote a title of their own above the generated blocks."""
    above = ""
    for piece in card.pieces:
        if isinstance(piece, Block) and piece.name in ours:
            break
        if isinstance(piece, str):
            above += piece
    return any(level == 1 for _, level in islice(headings(above), 1))


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()
