"""The pictures that a row is shown with: which of its fields name them, and how.

A field counts by its name (`image`, `images`, `photo_2`, `image_path`) or, whatever its name, if
its value is the name of a picture file. A picture is named by a path, a URL, bytes in text, or an
object of `bytes` and `path` as the library `datasets` makes it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from prefdata.records.picture_bytes import holds_bytes, is_reference, path_in, text_in

_NAME = r"(?:.*[_-])?(?:image|img|picture|photo)s?"
_NUMBER = r"(?:[_-]?(?P<number>\d{1,3}))?"
FORM = r"(?:[_-](?P<form>path|url|uri|file|filename|name|data|bytes|base64)s?)?"

_FIELD = re.compile(rf"(?P<stem>{_NAME}){_NUMBER}{FORM}", re.IGNORECASE)
_OF_ONE_SIDE = re.compile(r"(?:chosen|rejected)[_-]", re.IGNORECASE)
_OTHER_MEDIA = re.compile(r"(?:.*[_-])?(?:video|audio)s?(?:[_-].*)?", re.IGNORECASE)
_FILE = re.compile(
    r"data:image/|.*\.(?:jpe?g|png|gif|webp|bmp|tiff?|heic|avif)(?:[?#].*)?$", re.IGNORECASE
)
_PATH_BYTES = 2048

_SUSPECTS = (
    r'(?i)"[^"\\]*(?:image|img|picture|photo|video|audio)[^"\\]*\\?":'
    r'|\.(?:jpe?g|png|gif|webp|bmp|tiff?|heic|avif)[\\"?#]|"data:(?:image|video|audio)/|"sha256":"'
)
"""Finds every metadata that names a picture or holds media, and some others; in RE2's syntax."""

Stem = tuple[str, int]


class Picture(NamedTuple):
    """What a row says of one picture. `path`: as it is written, or a URL. `sha256` and `size`: of
    its bytes, where they are known."""

    path: str | None
    sha256: str | None = None
    size: int = 0


def pictures_of(metadata: str) -> list[Picture]:
    """The pictures that a row is shown with, in order.

    >>> pictures_of('{"image_path": "b.png", "images": ["a.png", {"path": "b.png"}]}')
    [Picture(path='a.png', sha256=None, size=0), Picture(path='b.png', sha256=None, size=0)]
    """
    fields = all_fields(metadata)
    return [
        picture_at(item) for name in picture_fields(fields) for item in named_items(fields[name])
    ]


def rows_with_pictures(metadata: pa.StringArray) -> list[int]:
    """The rows that may name pictures or hold media in text: all that do, and some others."""
    suspects: list[int] = pc.indices_nonzero(
        pc.match_substring_regex(metadata, _SUSPECTS)
    ).to_pylist()
    return suspects


_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def all_fields(metadata: str) -> dict[str, Any]:
    """The fields of a row; those of its own `metadata`, as prefdata writes it, among them."""
    try:
        fields: dict[str, Any] = msgspec.json.decode(metadata)
    except msgspec.DecodeError:
        fields = {name: _decoded(value) for name, value in _raw_fields(metadata).items()}
    inner = fields.pop("metadata", None)
    if isinstance(inner, str):
        try:
            inner = msgspec.json.decode(inner)
        except msgspec.DecodeError:
            return fields
    return dict(inner, **fields) if isinstance(inner, dict) else fields


def _decoded(raw: msgspec.Raw) -> object:
    """The value of a field; a number that no decoder takes (1e999) as it is written."""
    try:
        return msgspec.json.decode(raw)
    except msgspec.DecodeError:
        return bytes(raw).decode()


def picture_fields(fields: Mapping[str, Any]) -> list[str]:
    """The fields that name the pictures of a row, by their name and number.

    Of fields that name the same in other forms (`image`, `images`, `image_path`) one counts: one
    with bytes, else the one that names most.
    """
    of_stem: dict[Stem, list[str]] = {}
    for name in sorted(fields):
        if stem := _stem(name, fields[name]):
            of_stem.setdefault(stem, []).append(name)
    return [
        min(names, key=lambda name: _rank(name, fields[name]))
        for _, names in sorted(of_stem.items())
    ]


def names_pictures(field: str) -> bool:
    """Whether a field is named like one of pictures.

    >>> [names_pictures(name) for name in ("images", "question_image_2", "imagination")]
    [True, True, False]
    """
    return _FIELD.fullmatch(field) is not None


def shows_pictures(name: str, value: object) -> bool:
    """Whether a field names pictures that go with the prompt; those of one side do not."""
    return _stem(name, value) is not None


def _stem(name: str, value: object) -> Stem | None:
    """What the fields share that name the same pictures; None if this one names none."""
    if _OF_ONE_SIDE.match(name) or not named_items(value):
        return None
    if named := _FIELD.fullmatch(name):
        return named["stem"].casefold().removesuffix("s"), int(named["number"] or 0)
    if is_picture_file(value):
        return name, 0
    items = value if isinstance(value, list) else [value]
    is_other = bool(_OTHER_MEDIA.fullmatch(name)) or not all(map(_is_stored_picture, items))
    return None if is_other else (name, 0)


def _is_stored_picture(item: object) -> bool:
    return is_reference(item) and ((path := picture_at(item).path) is None or is_picture_file(path))


def is_picture_file(value: object) -> bool:
    """Whether a value is the name of a picture file, or a list of such names."""
    if isinstance(value, list):
        return bool(value) and all(map(is_picture_file, value))
    return isinstance(value, str) and bool(_FILE.match(value[:_PATH_BYTES]))


def _rank(name: str, value: object) -> tuple[bool, int, str]:
    items = named_items(value)
    has_bytes = any(is_reference(item) or bytes_in(name, item) is not None for item in items)
    return not has_bytes, -len(items), name


def named_items(value: object) -> list[Any]:
    """The items of a value that name pictures; a list may stand in JSON text, as CSV holds it."""
    value = listed(value)
    items = value if isinstance(value, list) else [value]
    return [item for item in items if _names_one(item)]


def listed(value: object) -> Any:
    """The list or object that stands in JSON text; every other value as it is."""
    if isinstance(value, str) and value[:1] in ("[", "{"):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return value


def _names_one(item: object) -> bool:
    if isinstance(item, dict):
        return is_reference(item) or text_in(item) is not None or path_in(item) is not None
    return isinstance(item, str) and bool(item.strip())


def picture_at(item: Any) -> Picture:
    """The picture that one of `named_items` names."""
    if isinstance(item, dict):
        known = (item["sha256"], item["size"]) if is_reference(item) else (None, 0)
        return Picture(path_in(item), *known)
    return Picture(None if holds_bytes(item) else item)


def bytes_in(name: str, item: object) -> str | None:
    """The text in which a value of a field holds bytes, if it does."""
    if isinstance(item, dict):
        return None if is_reference(item) else text_in(item)
    if not isinstance(item, str):
        return None
    named = _FIELD.fullmatch(name)
    is_said = named is not None and named["form"] in ("bytes", "base64")
    is_name = is_picture_file(item) or "://" in item[:16]
    return item if holds_bytes(item) or (is_said and not is_name) else None
