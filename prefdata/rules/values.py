"""Rules on empty content: empty sides, placeholders."""

from __future__ import annotations

import re
import string
import unicodedata
from collections.abc import Iterable
from functools import cache

import msgspec
import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Bytes, Flags, Ints
from prefdata.records.record import ASSISTANT, ROLES, SYSTEM, Message, Record, text_of
from prefdata.records.texts import SPACE, SideTexts, TextView, code_points
from prefdata.results.sentences import Sentence
from prefdata.rules.gates import join
from prefdata.rules.quote import completions, quote
from prefdata.rules.rule import Rule

_BLANK_LETTERS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0")
"""Invisible characters that Unicode does not class as white space or format: a joiner,
Hangul and Khmer fillers, the empty Braille cell. Variation selectors are tested by range."""

_CALLS = ("tool_calls", "function_call")

PLACEHOLDERS = frozenset(
    {
        *("null", "none", "nil", "nan", "n/a", "na", "undefined", "unknown", "todo", "tbd"),
        *("[deleted]", "[removed]", "[redacted]", "[empty]", "[blank]", "<empty>", "(empty)"),
        *("no response", "[no response]", "no answer", "no output", "[no output]", "<no output>"),
        *("<noinput>", "<nooutput>", "noinput", "nooutput", "error", "[error]", "api error"),
        *("internal server error", "bad gateway", "gateway timeout", "service unavailable"),
        *("too many requests", "rate limit exceeded", "request timed out", "timeout"),
        *("connection error", "network error", "an error occurred", "an error has occurred"),
        *("无", "空", "暂无", "无内容", "无输出", "<无输出>", "已删除", "[已删除]", "请求超时"),
        *("服务器错误", "网络错误", "...", "…", "-", "--", "?", "."),
    }
)
"""Whole completions, stripped, without a final full stop, ASCII letters in lower case. Some may be
real answers, hence the level is warning."""

_STATUS = re.compile(r"(?:http )?(?:error(?: code)?:? )?[45]\d\d(?: [a-z ]{1,30})?")
"""An HTTP status in place of an answer, "Error: 503 Service Unavailable"; a bare number is not."""
_STATUS_STARTS = ("http", "erro")

_LONGEST = max(len(text) for text in PLACEHOLDERS) + 30
_LOWER = {ord(letter): ord(letter) + 32 for letter in string.ascii_uppercase}
_FOLDED = np.arange(256, dtype=np.uint8)
_FOLDED[65:91] += 32
_FOLDED[SPACE] = 0
_KEY = 4
"""Bytes at the beginning of a completion that the gate for placeholders compares."""


def is_blank(text: str | None) -> bool:
    """Whether a text is invisible: white space, controls, zero-width and filler characters.

    >>> is_blank(" \\u200b\\n"), is_blank("0")
    (True, False)
    """
    return not text or all(_is_invisible(character) for character in text)


def _is_invisible(character: str) -> bool:
    return (
        character.isspace()
        or unicodedata.category(character) in ("Cc", "Cf")
        or character in _BLANK_LETTERS
        or "\ufe00" <= character <= "\ufe0f"
    )


def _says_something(message: Message) -> bool:
    """Whether a message has a visible text or a tool call."""
    if not is_blank(message.content):
        return True
    if message.extra is None:
        return False
    extra = msgspec.json.decode(message.extra)
    return isinstance(extra, dict) and any(extra.get(key) for key in _CALLS)


def _is_empty(messages: Iterable[Message]) -> bool:
    return not any(_says_something(message) for message in messages)


def _blank(side: str, messages: tuple[Message, ...]) -> Sentence:
    if not messages:
        return Sentence("text.no-message", side=side)
    return Sentence("text.blank", side=side, quote=quote(text_of(messages)))


def _empty_prompt(record: Record) -> Sentence | None:
    asked = [m for m in record.prompt if m.role != SYSTEM] or record.prompt
    return _blank("prompt", record.prompt) if _is_empty(asked) else None


def _empty_completion(record: Record) -> Sentence | None:
    for side, messages in completions(record):
        if _is_empty([m for m in messages if m.role == ASSISTANT] or messages):
            return _blank(side, messages)
    return None


def _placeholder(record: Record) -> Sentence | None:
    for side, messages in completions(record):
        text = text_of(messages).strip()
        if len(text) <= _LONGEST and _stands_for_nothing(text):
            return Sentence("text.placeholder", side=side, quote=quote(text))
    return None


def _stands_for_nothing(text: str) -> bool:
    folded = text.translate(_LOWER)
    if folded in PLACEHOLDERS or folded.removesuffix(".") in PLACEHOLDERS:
        return True
    return folded.startswith(_STATUS_STARTS) and _STATUS.fullmatch(folded) is not None


def _empty_prompt_rows(view: TextView) -> Ints:
    side = view.prompt
    telling = _surely_visible(side) & (side.role_codes != ROLES.index(SYSTEM))
    return np.flatnonzero(side.row_sums(telling) == 0)


def _empty_completion_rows(view: TextView) -> Ints:
    telling = (
        side.row_sums(_surely_visible(side) & (side.role_codes == ROLES.index(ASSISTANT)))
        for side in view.completions
    )
    return join([np.flatnonzero(count == 0) for count in telling])


def _surely_visible(side: SideTexts) -> Flags:
    """Which messages have a visible first character after ASCII white space."""
    starts, ends = side.edges
    visible = np.zeros(len(starts), np.bool_)
    held = np.flatnonzero(starts < ends)
    first = side.raw[starts[held]]
    visible[held] = (first > 32) & (first < 127)
    foreign = held[first >= 0x80]
    if foreign.size:
        points, places = np.unique(code_points(side.raw, starts[foreign]), return_inverse=True)
        visible[foreign] = np.array([_is_visible(point) for point in points.tolist()])[places]
    return visible


@cache
def _is_visible(point: int) -> bool:
    return not _is_invisible(chr(point))


def _placeholder_rows(view: TextView) -> Ints:
    """Rows with a side that begins like a placeholder, or with an unclear first character."""
    return join([_like_placeholders(side) for side in view.completions])


def _like_placeholders(side: SideTexts) -> Ints:
    pairs = np.ascontiguousarray(side.openings[:, :2]).view(np.uint16)[:, 0]
    rows = np.flatnonzero(_placeholder_pairs()[pairs] & (side.counts > 0))
    if not rows.size:
        return rows
    start = _FOLDED[side.openings[rows, : _KEY + 1]]
    keys, known_keys = _keys(start[:, :_KEY]), _placeholder_keys()
    place = np.minimum(np.searchsorted(known_keys, keys), len(known_keys) - 1)
    known = known_keys[place] == keys
    return np.asarray(rows[known | (start[:, 0] == 0) | _foreign_space(start)])


def _foreign_space(start: Bytes) -> Flags:
    """Whether non-ASCII white space may begin in the first bytes of each text (n)."""
    lead, after = start[:, :-1], start[:, 1:]
    flags = (lead == 0xC2) | (lead == 0xE1)
    flags |= (lead == 0xE2) & (after <= 0x81)
    flags |= (lead == 0xE3) & (after == 0x80)
    return np.asarray(flags.any(axis=1))


def _keys(start: Bytes) -> npt.NDArray[np.uint32]:
    keys: npt.NDArray[np.uint32] = np.ascontiguousarray(start).view(np.uint32)[:, 0]
    return keys


@cache
def _placeholder_keys() -> npt.NDArray[np.uint32]:
    """The first four bytes of every placeholder, with and without a final full stop."""
    begins = {*PLACEHOLDERS, *(f"{text}." for text in PLACEHOLDERS), *_STATUS_STARTS}
    padded = b"".join(text.encode()[:_KEY].ljust(_KEY, b"\0") for text in sorted(begins))
    return np.unique(_keys(_FOLDED[np.frombuffer(padded, np.uint8)].reshape(-1, _KEY)))


@cache
def _placeholder_pairs() -> Flags:
    """The first two bytes, as a number, of possible placeholders and white space."""
    first, second = np.meshgrid(_FOLDED, _FOLDED, indexing="ij")
    begins = {key.tobytes()[:2] for key in _placeholder_keys()}
    flags = np.zeros((256, 256), np.bool_)
    for one, two in begins:
        flags |= (first == one) & (second == two)
    flags[_FOLDED == 0] = True
    flags[[0xC2, 0xE1, 0xE2, 0xE3]] = True
    flags[:, [0xC2, 0xE1, 0xE2, 0xE3]] = True
    little_endian: Flags = flags.T.ravel()
    return little_endian


RULES = (
    Rule(
        "empty-prompt",
        "record",
        "error",
        "The prompt contains no visible text and no tool call.",
        "Fill in the prompt, or drop the row: there is nothing to answer.",
        _empty_prompt,
        _empty_prompt_rows,
    ),
    Rule(
        "empty-completion",
        "record",
        "error",
        "A completion contains no visible text and no tool call.",
        "Drop the row, or write down what the empty side means.",
        _empty_completion,
        _empty_completion_rows,
    ),
    Rule(
        "placeholder",
        "record",
        "warning",
        "A completion is only a placeholder or an error text, such as [deleted] or N/A.",
        "Look at the rows: keep real answers; set the rule to error to drop lost texts.",
        _placeholder,
        _placeholder_rows,
    ),
)
