"""Rules on artefacts in texts: special tokens, turn markers, broken characters."""

from __future__ import annotations

import re

import numpy as np

from prefdata.records.arrays import Ints
from prefdata.records.record import Record, text_of
from prefdata.records.texts import SideTexts, TextView
from prefdata.records.traits import Trait
from prefdata.results.sentences import Sentence
from prefdata.rules.gates import join, rows_with_any
from prefdata.rules.quote import completions, quote, texts
from prefdata.rules.rule import Rule

_NAMED_TOKENS = (
    *("<<SYS>>", "<</SYS>>", "<pad>", "<unk>", "<eos>", "<bos>", "<start_of_turn>"),
    *("<end_of_turn>", "[INST]", "[/INST]", "[PAD]", "[UNK]", "[gMASK]", "[TOOL_CALLS]"),
)
_SPECIAL = re.compile(
    r"<\|[^\s<>|]{1,40}\|>"  # <|im_start|>, <|endoftext|>, <|user|> and all of that family
    r"|<｜[^\s<>｜]{1,40}｜>"  # the same with full-width bars
    "|" + "|".join(map(re.escape, _NAMED_TOKENS))
)
_SPECIAL_NEEDLES = ("<|", "<｜", "<s>", "</s>", *_NAMED_TOKENS)

_MARKERS = (
    *("\nHuman:", "\nAssistant:", "\nUSER:", "\nASSISTANT:"),
    *("### Instruction:", "### Response:", "### Human:", "### Assistant:", "### User:"),
)
_LEADING_MARKERS = ("Human:", "Assistant:", "USER:", "ASSISTANT:")

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")

_NEVER_MEANT = ("\ufffd", "锟斤拷")
_MISREAD = (
    *(
        "â€",
        "â\x80",
        "â„¢",
        "â†’",
        "âœ",
        "ï¼",
        "ï»¿",
        "ã€",
        "ã\x81",
        "ã‚",
        "ãƒ",
        "ðŸ",
        "ä¸",
        "çš„",
        "æ˜¯",
    ),
    *("Ã©", "Ã¨", "Ãª", "Ã«", "Ã¡", "Ã¢", "Ã£", "Ã¤", "Ã¥", "Ã§", "Ã³", "Ã´", "Ã¶", "Ãº", "Ã¼"),
    *("Ã±", "Ã®", "Ã¯", "Ã¸", "Ã»", "Ã½", "ÃŸ", "Ã\xa0", "Ã\xad", "Ã‰", "Ã–", "Ãœ", "Ã„"),
    *("Â\xa0", "Â°", "Â£", "Â©", "Â®", "Â·", "Â»", "Â«", "Â½", "Â¿", "Â¡", "Â²", "Âµ", "Â§"),
    *("Ð¾", "Ð°", "Ð¸", "Ð½", "Ðµ", "Ñ€", "Ñ‚"),
)
"""UTF-8 of common characters, decoded as Windows-1252; no language uses these sequences."""
_MISREAD_AT_LEAST = 2
_MISREAD_PATTERN = re.compile("|".join(_MISREAD))


def _special_tokens(record: Record) -> Sentence | None:
    for place, text in texts(record):
        at = _special_at(text)
        if at is not None:
            return Sentence("text.quoted", place=place, quote=quote(text, at))
    return None


def _special_at(text: str) -> int | None:
    match = _SPECIAL.search(text)
    return match.start() if match else _sentence_mark_at(text)


def _sentence_mark_at(text: str) -> int | None:
    """The position of <s> or </s> used as a token, and not as HTML for strike-through; or None.

    A closing mark without an opening one is no HTML, nor is an opening mark at the beginning of the
    text that is never closed, or only at the very end.
    """
    opening, closing = text.find("<s>"), text.find("</s>")
    if closing >= 0 and not 0 <= opening < closing:
        return closing
    stripped = text.strip()
    if stripped.startswith("<s>") and (closing < 0 or stripped.find("</s>") == len(stripped) - 4):
        return opening
    return None


def _turn_markers(record: Record) -> Sentence | None:
    for place, text in texts(record):
        positions = [at for at in map(text.find, _MARKERS) if at >= 0]
        if positions:
            return Sentence("text.quoted", place=place, quote=quote(text, min(positions)))
    for side, messages in completions(record):
        text = text_of(messages).lstrip()
        if text.startswith(_LEADING_MARKERS):
            return Sentence("text.begins-with", side=side, quote=quote(text))
    return None


def _control_characters(record: Record) -> Sentence | None:
    for place, text in texts(record):
        match = _CONTROL.search(text)
        if match:
            shown = quote(text, match.start())
            return Sentence("text.character", place=place, character=ord(match[0]), quote=shown)
    return None


def _mojibake(record: Record) -> Sentence | None:
    for place, text in texts(record):
        if text.isascii():
            continue
        positions = [at for at in map(text.find, _NEVER_MEANT) if at >= 0]
        misread = [match.start() for match in _MISREAD_PATTERN.finditer(text)]
        if len(misread) >= _MISREAD_AT_LEAST:
            positions.append(misread[0])
        if positions:
            return Sentence("text.quoted", place=place, quote=quote(text, min(positions)))
    return None


def _special_token_rows(view: TextView) -> Ints:
    return rows_with_any(view, _SPECIAL_NEEDLES, Trait.ANGLE | Trait.SQUARE)


def _turn_marker_rows(view: TextView) -> Ints:
    within = rows_with_any(view, _MARKERS, Trait.TURN | Trait.HASHES)
    return join([within, *map(_led_by_marker, view.completions)])


def _led_by_marker(side: SideTexts) -> Ints:
    """Rows whose first message begins with a marker, or with possible white space."""
    first = side.openings[:, 0]
    leads = (first >= 0xC2) & (first <= 0xE3) | (first <= 32)
    keys = np.ascontiguousarray(side.openings[:, :4]).view(np.uint32)[:, 0]
    for marker in _LEADING_MARKERS:
        leads |= keys == np.frombuffer(marker.encode(), np.uint32, 1)
    return np.flatnonzero(leads & (side.counts > 0))


def _control_rows(view: TextView) -> Ints:
    return view.rows_with(Trait.CONTROL)


def _mojibake_rows(view: TextView) -> Ints:
    """Rows with a replacement character or a misread sequence; all of these begin with C3."""
    return view.rows_with(Trait.MISREAD | Trait.BROKEN)


RULES = (
    Rule(
        "special-tokens",
        "record",
        "warning",
        "A text contains a tokenizer's special token, such as <|im_end|> or [INST].",
        "Remove the tokens: a tokenizer reads them as real ones, which end or fake a turn.",
        _special_tokens,
        _special_token_rows,
    ),
    Rule(
        "turn-markers",
        "record",
        "warning",
        'A text contains the mark of another turn, such as "\\n\\nHuman:" or "### Response:".',
        "Split the text into messages, or cut the completion at the mark.",
        _turn_markers,
        _turn_marker_rows,
    ),
    Rule(
        "control-characters",
        "record",
        "warning",
        "A text contains control characters other than tabs and line breaks.",
        "Remove them from the source; they are never intended in a text.",
        _control_characters,
        _control_rows,
    ),
    Rule(
        "mojibake",
        "record",
        "warning",
        "A text contains U+FFFD, or sequences that arise when UTF-8 is read in another encoding.",
        "Read the source again in its correct encoding.",
        _mojibake,
        _mojibake_rows,
    ),
)
