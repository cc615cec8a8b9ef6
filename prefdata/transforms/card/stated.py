"""The licence and the tags of a card that a config or an option stated.

People may edit both in the card. Stated values are noted in a block of the card, which
distinguishes them from what people wrote. Precedence of licences: one given by option, until
another is given; then a licence that people wrote over a stated one; then the one stated now; then
an earlier one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from prefdata.transforms.card.pieces import Card, block_body

STATED = "stated"
"""The name of the block that notes stated values; it is not visible on a rendered page."""


@dataclass(frozen=True)
class Stated:
    """The stated licence and tags; `is_asked`: the licence was given by an option."""

    license: str | None = None
    tags: tuple[str, ...] = ()
    is_asked: bool = False


def licence(ours: Card, theirs: Card) -> tuple[Stated, str | None]:
    """The values to note from now on, and the licence to write; None keeps the one that people
    wrote."""
    now, before = read_stated(ours), read_stated(theirs)
    named = theirs.matter.values.get("license")
    is_theirs = named is not None and named != before.license
    if now.is_asked:
        return now, now.license
    if is_theirs and now.license == before.license:
        return now, None
    if before.license is not None and not is_theirs and (before.is_asked or now.license is None):
        return Stated(before.license, now.tags, before.is_asked), before.license
    return now, now.license


def all_tags(ours: Card, theirs: Card) -> list[str]:
    """The generated tags, then those of people; tags that are no longer stated are removed."""
    stated_before = read_stated(theirs).tags
    extra = (tag for tag in words(theirs.matter.values.get("tags")) if tag not in stated_before)
    return unique([*words(ours.matter.values.get("tags")), *extra])


def read_stated(card: Card) -> Stated:
    """Reads the stated values that a card notes."""
    match = re.search(r"<!-- (\{.*\}) -->", card.blocks.get(STATED, ""))
    try:
        values = json.loads(match[1]) if match else {}
    except (ValueError, RecursionError):
        values = {}
    license_ = values.get("license")
    return Stated(
        license_ if isinstance(license_, str) else None,
        tuple(words(values.get("tags"))),
        values.get("asked") is True,
    )


def stated_block(terms: Stated) -> dict[str, str]:
    """The block that notes stated values, as name to body; empty if there are none."""
    if terms == Stated():
        return {}
    values = {"license": terms.license, "tags": terms.tags, "asked": terms.is_asked}
    text = json.dumps(values, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    while "--" in text:
        text = text.replace("--", "-\\u002d")
    return {STATED: block_body(f"<!-- {text} -->")}


def words(value: object) -> list[str]:
    """The strings in a YAML value that should be a list of strings."""
    values = value if isinstance(value, list | tuple) else [value]
    return [word for word in values if isinstance(word, str)]


def unique(words: Sequence[str]) -> list[str]:
    """Each word once, in order of first occurrence."""
    return list(dict.fromkeys(words))
