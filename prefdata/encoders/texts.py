"""Prepares texts for tokenising: equal texts once, in blocks that fit into memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from prefdata.records.arrays import Ints

BLOCK = 1 << 23
"""Characters of a block: large, so that only few of its batches mix lengths."""


def different(texts: Sequence[str]) -> tuple[list[str], Ints]:
    """The distinct texts in order of appearance, and for each text the number of its own.

    >>> unique, which = different(["b", "a", "b"])
    >>> unique, which.tolist()
    (['b', 'a'], [0, 1, 0])
    """
    numbers: dict[str, int] = {}
    which = [numbers.setdefault(text, len(numbers)) for text in texts]
    return list(numbers), np.array(which, dtype=np.int64)


def blocks(texts: Sequence[str], size: int = BLOCK) -> Iterator[Ints]:
    """Numbers of the texts that are not blank, in blocks of about `size` characters."""
    block: list[int] = []
    characters = 0
    for number, text in enumerate(texts):
        if not text or text.isspace():
            continue
        if block and characters + len(text) > size:
            yield np.array(block)
            block, characters = [], 0
        block.append(number)
        characters += len(text)
    if block:
        yield np.array(block)
