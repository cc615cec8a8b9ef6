"""What a config or an option said of the licence and the tags of a card.

Both belong to people, too. What was stated is noted in a block of the card, so that it can be told
from what people wrote. Of licences the last word counts: an option, until another is given; a
licence that people wrote over the one that was stated; what is stated now; what was stated once.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from prefdata.transforms.card.pieces import Card, framed

STATED = "stated"
"""The block that notes it; a page shows nothing of it."""


@dataclass(frozen=True)
class Stated:
    """What a config said of the licence and of tags; `is_asked`: the licence is of an option."""

    license: str | None = None
    tags: tuple[str, ...] = ()
    is_asked: bool = False


def licence(ours: Card, theirs: Card) -> tuple[Stated, str | None]:
    """What is stated from now on, and the licence to write; None: that of people stays."""
    now, before = stated(ours), stated(theirs)
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
    """Our tags, then those of people; one that was stated before and is not any more goes."""
    stated_before = stated(theirs).tags
    extra = (tag for tag in words(theirs.matter.values.get("tags")) if tag not in stated_before)
    return unique([*words(ours.matter.values.get("tags")), *extra])


def stated(card: Card) -> Stated:
    """What a card notes as stated."""
    found = re.search(r"<!-- (\{.*\}) -->", card.blocks.get(STATED, ""))
    try:
        said = json.loads(found[1]) if found else {}
    except (ValueError, RecursionError):
        said = {}
    license_ = said.get("license")
    return Stated(
        license_ if isinstance(license_, str) else None,
        tuple(words(said.get("tags"))),
        said.get("asked") is True,
    )


def noted(told: Stated) -> dict[str, str]:
    """The block that notes what was stated; none where nothing was."""
    if told == Stated():
        return {}
    values = {"license": told.license, "tags": told.tags, "asked": told.is_asked}
    said = json.dumps(values, ensure_ascii=False).replace("<", "\\u003c").replace(">", "\\u003e")
    while "--" in said:
        said = said.replace("--", "-\\u002d")
    return {STATED: framed(f"<!-- {said} -->")}


def words(value: object) -> list[str]:
    """The texts in a value of YAML that should be a list of them."""
    values = value if isinstance(value, list | tuple) else [value]
    return [word for word in values if isinstance(word, str)]


def unique(words: Sequence[str]) -> list[str]:
    """Each word once, where it stands first."""
    return list(dict.fromkeys(words))
