"""Takes the bytes of pictures out of rows that were read, and fetches those beside the source.

Bytes in text (base64, `data:` URIs) become references, as those of Parquet and Arrow do while they
are read; a path of a picture beside the source becomes a reference too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec
import pyarrow as pa

from prefdata.config.model import ReadConfig
from prefdata.io.bytes.source import Source
from prefdata.io.files.pictures import PictureFile
from prefdata.io.sources.beside import picture_beside
from prefdata.records.context import names_media
from prefdata.records.picture_bytes import decoded, digest, path_in, reference
from prefdata.records.pictures import (
    all_fields,
    bytes_in,
    listed,
    named_items,
    names_pictures,
    picture_at,
    picture_fields,
    rows_with_pictures,
)
from prefdata.rules.quote import quote
from prefdata.steps.read.entries import Piece

UNREADABLE, MISSING = "unreadable-media", "missing-media"

_NAMED = 3

_encode = msgspec.json.Encoder().encode
_raw_fields = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass
class Pictures:
    """The pictures of the rows that are read together; `file` takes their bytes."""

    file: PictureFile
    config: ReadConfig
    _beside: dict[tuple[str, str], dict[str, Any] | None] = field(default_factory=dict)

    def out_of(self, piece: Piece, source: Source) -> Piece:
        """The piece without bytes in its rows, and with remarks on pictures that cannot be had."""
        metadata = piece.batch.column("metadata")
        rows = rows_with_pictures(metadata)
        if not rows:
            return piece
        texts = metadata.to_pylist()
        remarks = list(piece.remarks)
        for row in rows:
            lift = _Lift(self, source)
            texts[row] = lift.metadata(texts[row])
            remarks += ((row, code, evidence) for code, evidence in lift.remarks())
        number = piece.batch.schema.get_field_index("metadata")
        batch = piece.batch.set_column(number, "metadata", pa.array(texts, pa.string()))
        return replace(piece, batch=batch, remarks=tuple(remarks))

    def beside(self, path: str, source: Source) -> dict[str, Any] | None:
        """The reference to a picture beside a source; None if there is none."""
        place = source.name, path
        if place not in self._beside:
            self._beside[place] = self._fetched(path, source)
        return self._beside[place]

    def _fetched(self, path: str, source: Source) -> dict[str, Any] | None:
        if self.config.media == "drop":
            return None
        looked = picture_beside(path, source, self.config)
        if looked is None:
            return None
        if looked.content is None:
            self.file.note(looked.file, looked.status, None)
            return None
        found = reference(looked.content, self.file.keep, path)
        self.file.note(looked.file, looked.status, found["sha256"])
        return found


@dataclass
class _Lift:
    """What is done to the metadata of one row."""

    pictures: Pictures
    source: Source
    unreadable: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def metadata(self, text: str) -> str:
        """The metadata with references; text that does not decode stays."""
        fields = _raw_fields(text)
        shown = set(picture_fields(all_fields(text)))
        values = {
            name: msgspec.json.decode(raw)
            for name, raw in fields.items()
            if name in shown or names_media(name)
        }
        changed = {name: self._value(name, value, name in shown) for name, value in values.items()}
        new = {name: value for name, value in changed.items() if value != values[name]}
        whole: dict[str, Any] = {**fields, **new}
        return _encode(whole).decode() if new else text

    def remarks(self) -> Iterator[tuple[str, str]]:
        """(code, evidence) on what could not be had."""
        for code, told in ((UNREADABLE, self.unreadable), (MISSING, self.missing)):
            if told:
                more = f" (+{len(told) - _NAMED:,})" if len(told) > _NAMED else ""
                yield code, ", ".join(told[:_NAMED]) + more

    def _value(self, name: str, value: Any, is_shown: bool) -> Any:
        if not named_items(value):
            return value
        held = listed(value)
        if isinstance(held, list):
            items = [self._item(name, item, is_shown) for item in held]
            return value if items == held else items
        item = self._item(name, held, is_shown)
        return value if item == held else item

    def _item(self, name: str, item: Any, is_shown: bool) -> Any:
        if not named_items(item):
            return item
        if (text := bytes_in(name, item)) is not None:
            content = decoded(text)
            if content is None:
                self.unreadable.append(f"{name}: {quote(text)}")
                return item
            keep = self.pictures.file.keep if names_pictures(name) or is_shown else digest
            return reference(content, keep, path_in(item) if isinstance(item, dict) else None)
        return self._had(name, item) if is_shown else item

    def _had(self, name: str, item: Any) -> Any:
        """A picture with its bytes, if they can be had."""
        path, sha256, _ = picture_at(item)
        if sha256 is not None and self.pictures.file.holds(sha256):
            return item
        found = None if path is None else self.pictures.beside(path, self.source)
        if found is None or sha256 not in (None, found["sha256"]):
            if self.pictures.config.media == "keep":
                self.missing.append(f"{name}: {quote(path or str(sha256))}")
            return item
        return found
