"""Safe cuts of a text: positions where its parts have the same tokens as the whole.

A byte-level BPE tokenizer first splits text at its added tokens (`<|im_end|>` ...) and merges
nothing across them, so the text up to the end of an added token and the text after it can be
tokenised separately. Thus the common prompt of both sides is tokenised only once. Tokenizers for
which this is not certain get no cuts.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from prefdata.preflight.tokenizer import Tokenizer

CERTAIN_SPLITTERS = {"ByteLevel", "Split", "Digits", "Punctuation", "Sequence"}
"""Pre-tokenizers that treat every stretch between added tokens independently. (Metaspace does not:
it may treat the beginning of a text differently from that of a later stretch.)"""


@dataclass(frozen=True)
class SafeCuts:
    """Finds safe cuts for one tokenizer. `added` matches its added tokens, the longest first;
    `longest`: characters of the longest one."""

    added: re.Pattern[str]
    longest: int
    """Characters in the longest added token."""

    def last(self, one: str, other: str) -> int:
        """The last safe cut within the common beginning of two texts; 0 if there is none.

        An added token counts only if the longest one would also fit into the common beginning, so
        that the following text cannot turn it into another token.
        """
        limit = shared_length(one, other) - self.longest
        cut = 0
        if limit >= 0:
            for match in self.added.finditer(one, 0, limit + self.longest):
                if match.start() > limit:
                    break
                cut = match.end()
        return cut


def shared_length(one: str, other: str) -> int:
    """The length of the common beginning of two texts, in characters.

    >>> shared_length("the cat", "the cow")
    5
    """
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one.startswith(other[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low


def safe_cuts(tokenizer: Tokenizer) -> SafeCuts | None:
    """The safe cuts of a tokenizer; None if they are not certain."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is None or tokenizer.chat_template is None:
        return None
    if getattr(tokenizer, "split_special_tokens", False) or backend.encode_special_tokens:
        return None
    if type(backend.model).__name__ != "BPE" or not _splits_for_certain(backend.pre_tokenizer):
        return None
    added = list(backend.get_added_tokens_decoder().values())
    plain = (not (t.lstrip or t.rstrip or t.single_word or t.normalized) for t in added)
    if not added or not all(plain):
        return None
    texts = sorted((str(token.content) for token in added), key=len, reverse=True)
    return SafeCuts(re.compile("|".join(map(re.escape, texts))), len(texts[0]))


def _splits_for_certain(pre_tokenizer: Any) -> bool:
    if pre_tokenizer is None:
        return False
    parts: list[dict[str, Any]] = [json.loads(pre_tokenizer.__getstate__())]
    for part in parts:
        if part["type"] not in CERTAIN_SPLITTERS or part.get("add_prefix_space"):
            return False
        parts += part.get("pretokenizers", [])
    return any(part["type"] == "ByteLevel" for part in parts)
