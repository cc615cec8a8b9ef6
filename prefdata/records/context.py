"""The context of a prompt: what a model is shown with its messages, such as tools and images.

Tools, documents and template settings, and references to images, video and audio, stand in fields
of their own, which records keep in their metadata. They belong to the question: the same words
about another picture, or with other tools on offer, are another prompt. References are compared as
they are written; nobody looks at a picture here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import xxhash

from prefdata.records.arrays import Ints
from prefdata.records.picture_bytes import is_reference
from prefdata.records.pictures import FORM, all_fields, pictures_of, shows_pictures
from prefdata.records.texts import texts_with
from prefdata.records.tools import parsed_tools

NO_CONTEXT = 0
"""The key of a row without context."""

_FIELDS = frozenset({"tools", "functions", "documents", "chat_template_kwargs"})
_MEDIA = r"image|img|picture|photo|video|audio"
_MEDIA_FIELD = re.compile(
    rf"(?:.*[_-])?(?:{_MEDIA})s?(?:[_-]?\d{{1,3}})?{FORM}|media|objects", re.IGNORECASE
)
_MEDIA_FILE = re.compile(
    r"data:(?:image|video|audio)/"
    r"|.*\.(?:jpe?g|png|gif|webp|bmp|tiff?|heic|avif|mp4|webm|mov|avi|mkv|mp3|wav|flac|ogg|m4a)"
    r"(?:[?#].*)?$",
    re.IGNORECASE,
)
_PLACEHOLDER = re.compile(
    r"<image>|<\|(?:image|video|audio)(?:_pad|_\d+)?\|>|(?:^|\n)\s*<(?:video|audio)>"
)
_BLOCK = re.compile(r'"type":"(?:image|video|audio)"')
"""A block of a message that stands for a picture of the row; see `dialects.messages`."""

_SUSPECTS = (
    rf'(?i)"[^"\\]*(?:{"|".join(sorted(_FIELDS))}|{_MEDIA}|media|objects)[^"\\]*\\?":'
    r'|\.(?:jpe?g|png|gif|webp|bmp|tiff?|heic|avif|mp4|webm|mov|avi|mkv|mp3|wav|flac|ogg|m4a)[\\"?#]'
    r'|"data:(?:image|video|audio)/|"sha256":"'
)
"""Finds every metadata that could hold context, and some others; in the syntax of RE2."""

_encode = msgspec.json.Encoder(order="deterministic").encode


def context_of(metadata: str, prompt: str = "") -> dict[str, Any]:
    """The fields of a row that a model is shown besides its messages; empty for none.

    A field counts by its name (`tools`, `images`, `video_path`...) or, whatever its name, if its
    value is the name of a media file. Where a prompt has a placeholder such as `<image>` and no
    field of the two kinds exists, any field may be the reference, so all count.

    >>> context_of('{"annotator": "a1", "images": ["a.jpg"], "videos": []}')
    {'images': ['a.jpg']}
    >>> context_of('{"figure": "b.png", "tools": "[]"}')
    {'figure': 'b.png'}
    >>> context_of('{"figure": 7}', "<image>What is this?")
    {'figure': 7}
    """
    fields = all_fields(metadata)
    found = dict(_shown(fields))
    if not found.keys() - _FIELDS and _PLACEHOLDER.search(prompt):
        return {name: value for name, value in fields.items() if value not in _NOTHING}
    return found


_NOTHING: tuple[object, ...] = (None, "", [], {}, False)


def _shown(fields: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in fields.items():
        if name == "tools":
            value = parsed_tools(value)
        if value in _NOTHING:
            continue
        if name in _FIELDS or names_media(name) or _is_media(value):
            yield name, value


def _is_media(value: object) -> bool:
    if isinstance(value, list):
        return bool(value) and all(map(_is_media, value))
    is_named = isinstance(value, str) and bool(_MEDIA_FILE.match(value[:2048]))
    return is_named or is_reference(value)


def names_media(field: str) -> bool:
    """Whether a field is named like one of images, video or audio.

    >>> names_media("images"), names_media("question_image"), names_media("imagination")
    (True, True, False)
    """
    return _MEDIA_FIELD.fullmatch(field) is not None


def media_fields(metadata: str, prompt: str = "") -> list[str]:
    """The fields of a row that refer to images, video or audio."""
    return [name for name in context_of(metadata, prompt) if name not in _FIELDS]


def refers_to_media(metadata: str, prompt: str = "") -> bool:
    """Whether a row refers to images, video or audio, by a field or by a placeholder."""
    return bool(_PLACEHOLDER.search(prompt) or media_fields(metadata))


def context_keys(batch: pa.RecordBatch) -> np.ndarray:
    """The key (n, uint64) of the context of every row of a batch of `RECORD_SCHEMA`."""
    keys = np.full(len(batch), NO_CONTEXT, np.uint64)
    prompts = batch.column("prompt")
    ends = prompts.offsets.to_numpy()
    contents = prompts.values.field("content").slice(ends[0], ends[-1] - ends[0])
    extras = prompts.values.field("extra").slice(ends[0], ends[-1] - ends[0])
    rows = rows_with_context(batch.column("metadata"), contents, extras, ends - ends[0])
    if rows.size:
        for row, said in zip(rows.tolist(), context_texts(batch.take(pa.array(rows))), strict=True):
            if context := _compared(context_of(*said), said[0]):
                keys[row] = xxhash.xxh3_64_intdigest(_encode(context)) or 1
    return keys


def _compared(context: dict[str, Any], metadata: str) -> dict[str, Any]:
    """A context with its pictures as what is the same wherever they stand: their bytes, if these
    are known, else their paths."""
    pictures = pictures_of(metadata) if context else []
    if not pictures:
        return context
    others = {name: value for name, value in context.items() if not shows_pictures(name, value)}
    return {**others, "images": [picture.sha256 or picture.path for picture in pictures]}


def context_texts(batch: pa.RecordBatch) -> list[tuple[str, str]]:
    """(metadata, prompt) of every row of a batch of `RECORD_SCHEMA`; a prompt is one text."""
    prompts = (
        prompt_text((message["content"], message["extra"]) for message in messages)
        for messages in batch.column("prompt").to_pylist()
    )
    return list(zip(batch.column("metadata").to_pylist(), prompts, strict=True))


def prompt_text(messages: Iterable[tuple[str | None, str | None]]) -> str:
    """The (content, extra) of messages as one text, with `<image>` for blocks of media.

    >>> prompt_text([("Which?", '{"content_blocks":[{"type":"image"},{"text":"Which?"}]}')])
    'Which?\\n<image>'
    """
    return "\n".join(
        f"{content or ''}\n<image>" if extra and _BLOCK.search(extra) else content or ""
        for content, extra in messages
    )


def rows_with_context(
    metadata: pa.StringArray, contents: pa.StringArray, extras: pa.StringArray, firsts: Ints
) -> Ints:
    """The rows that may have a context, ascending: all that have, and some others.

    Row i has the messages `firsts[i]` to `firsts[i + 1]` of `contents` and `extras`, its prompt.
    """
    may_have = np.asarray(pc.greater(pc.binary_length(metadata), len("{}")))
    if may_have.any():
        may_have &= np.asarray(pc.match_substring_regex(metadata, _SUSPECTS))
    has = np.zeros(len(contents), np.bool_)
    placeholders = texts_with(contents, ord("<")), contents, _PLACEHOLDER
    blocks = np.flatnonzero(np.asarray(extras.is_valid())), extras, _BLOCK
    for messages, texts, pattern in (placeholders, blocks):
        if messages.size:
            matches = pc.match_substring_regex(texts.take(pa.array(messages)), pattern.pattern)
            has[messages] |= np.asarray(pc.fill_null(matches, False))  # noqa: FBT003
    before = np.concatenate([[0], np.cumsum(has)])
    return np.flatnonzero(may_have | (np.diff(before[firsts]) > 0))
