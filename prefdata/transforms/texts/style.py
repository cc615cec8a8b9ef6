"""The style of texts, independent of content: length, Markdown, signs, script.

Patterns are applied to whole columns by polars (Rust's regex runs in linear time on any text).
"""

from __future__ import annotations

import numpy as np
import polars as pl

from prefdata.records.arrays import Doubles

_SINGLE = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}]"  # each character is a word of its own
_LETTER = rf"[\p{{L}}\p{{N}}&&[^{_SINGLE}]]"

PATTERNS: dict[str, str] = {
    "words": rf"{_SINGLE}|{_LETTER}+(?:['’]{_LETTER}+)*",
    "lines": r"\n",
    "paragraphs": r"\n[ \t]*\n",
    "headings": r"(?m)^ {0,3}#{1,6}[ \t]+\S",
    "bullets": r"(?m)^[ \t]*[-*+•][ \t]+\S",
    "numbered": r"(?m)^[ \t]*\d{1,3}[.)、][ \t]*\S",
    "bold": r"\*\*[^*\n]+\*\*|__[^_\n]+__",
    "code": r"`+[^`]+`+",
    "tables": r"(?m)^[ \t]*\|.*\|[ \t]*$",
    "links": r"https?://",
    "questions": r"[?？]",
    "exclamations": r"[!！]",
    "digits": r"[0-9]",
    "emoji": r"[\x{1F300}-\x{1FAFF}\x{2600}-\x{27BF}]",
}
"""Name to pattern of everything that is counted in a text."""

_FINISHED = r"""[.!?。！？…~～)\]}）】」』"'”’*_`|>:：;；\x{1F300}-\x{1FAFF}]\s*$"""
_SCRIPTS = (
    *("Latin", "Han", "Hiragana", "Katakana", "Hangul", "Cyrillic", "Greek", "Arabic", "Hebrew"),
    *("Devanagari", "Thai"),
)
_LOOKED_AT = 2_000
"""Characters at the beginning of a text used for its scripts."""


def style_of(texts: pl.Series) -> pl.DataFrame:
    """A frame with one row per text: `characters`, the counts of PATTERNS, `unfinished` (0 or 1).

    A null counts as an empty text. Unfinished: without a final mark of a sentence or block.

    >>> style_of(pl.Series(["- one\\n- two"])).select("words", "bullets", "unfinished").row(0)
    (2, 2, 1)
    """
    text = pl.col("text")
    counts = [text.str.count_matches(pattern).alias(name) for name, pattern in PATTERNS.items()]
    blank = text.str.strip_chars().str.len_bytes() == 0
    return (
        texts.fill_null("")
        .alias("text")
        .to_frame()
        .select(
            text.str.len_chars().alias("characters"),
            *counts,
            (~blank & ~text.str.contains(_FINISHED)).cast(pl.UInt32).alias("unfinished"),
        )
    )


def scripts_of(texts: pl.Series) -> Doubles:
    """The share (n, scripts; 0 to 1) of each script among the first letters of each text; all 0 for
    a text without letters."""
    begin = texts.fill_null("").alias("text").str.head(_LOOKED_AT)
    counted = [begin.str.count_matches(rf"\p{{{name}}}").to_numpy() for name in _SCRIPTS]
    counts = np.stack(counted, axis=1).astype(np.float64)
    shares: Doubles = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    return shares


def foreign_share(prompts: Doubles, texts: Doubles) -> Doubles:
    """How much (n; 0 to 1) the scripts of texts differ from those of their prompts.

    `prompts`, `texts` (n, scripts): from `scripts_of`. It is the total variation distance, half the
    sum of absolute differences; 0 if one of the two has no letters.
    """
    has_both = prompts.any(axis=1) & texts.any(axis=1)
    distance: Doubles = np.abs(prompts - texts).sum(axis=1) / 2
    return np.where(has_both, distance, 0.0)
