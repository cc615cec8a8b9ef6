"""Tokenises texts without truncation; a huge text is tokenised in pieces."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from prefdata.encoders.windows import Ids
from prefdata.records.arrays import Ints

PIECE = 1 << 16
"""Characters of one piece: far more than a window, so that the different tokens around a cut are
never in the first chunk of a text.
"""

CALL = 1 << 20
"""Characters per call of the tokenizer, which needs some 200 bytes a token meanwhile."""

_SPACE = re.compile(r"\s")


def tokenised(tokenizer: Any, texts: Sequence[str]) -> tuple[Ids, Ints]:
    """The concatenated ids of all texts, and how many each text has; without special tokens."""
    owners: list[int] = []
    ids_of_pieces: list[Ids] = []
    numbered_pieces = ((owner, piece) for owner, text in enumerate(texts) for piece in pieces(text))
    for call in _calls(numbered_pieces):
        owners += [owner for owner, _ in call]
        ids_of_pieces += token_ids(tokenizer, [piece for _, piece in call])
    counts = np.zeros(len(texts), dtype=np.int64)
    np.add.at(counts, np.array(owners, dtype=np.int64), [len(ids) for ids in ids_of_pieces])
    return np.concatenate([*ids_of_pieces, np.zeros(0, dtype=np.int32)]), counts


def token_ids(tokenizer: Any, texts: Sequence[str], *, special: bool = False) -> list[Ids]:
    """The ids of each text by a transformers tokenizer, without truncation or its warning."""
    encoded = tokenizer(
        [sound(text) for text in texts],
        add_special_tokens=special,
        truncation=False,
        padding=False,
        return_attention_mask=False,
        return_token_type_ids=False,
        verbose=False,
    )
    return [np.array(ids, dtype=np.int32) for ids in encoded["input_ids"]]


def pieces(text: str, size: int = PIECE) -> Iterator[str]:
    """A text in pieces of at most `size` characters, cut before white space if there is some.

    >>> list(pieces("one two three", 8))
    ['one two', ' three']
    """
    start = 0
    while len(text) - start > size:
        # Searched in the second half only, so that every piece makes progress.
        half = start + max(1, size // 2)
        spaces = [match.start() for match in _SPACE.finditer(text, half, start + size + 1)]
        end = spaces[-1] if spaces else start + size
        yield text[start:end]
        start = end
    yield text[start:]


def sound(text: str) -> str:
    """The text with a question mark for each lone surrogate, which tokenizers reject."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def _calls(items: Iterable[tuple[int, str]]) -> Iterator[list[tuple[int, str]]]:
    call: list[tuple[int, str]] = []
    size = 0
    for owner, piece in items:
        if call and size + len(piece) > CALL:
            yield call
            call, size = [], 0
        call.append((owner, piece))
        size += len(piece)
    if call:
        yield call
