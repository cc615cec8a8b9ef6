"""The column `images` of the written dataset: the pictures that rows are shown with."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from prefdata.config.section import MIB
from prefdata.io.files.pictures import KeptPictures
from prefdata.records.columns import IMAGE
from prefdata.records.pictures import Picture, pictures_of, rows_with_pictures

_MOST_BYTES = 32 * MIB
"""Bytes of pictures in memory at a time; one row may have more."""


def with_images(batch: pa.RecordBatch, kept: KeptPictures | None) -> Iterator[pa.RecordBatch]:
    """The rows of a batch with a column `images`, in slices that hold few bytes of pictures.

    A row without pictures has an empty list. A picture has its bytes if `kept` has them, and its
    path as the row names it.
    """
    lists: list[list[Picture]] = [[] for _ in range(len(batch))]
    metadata = batch.column("metadata")
    for row in rows_with_pictures(metadata):
        lists[row] = pictures_of(metadata[row].as_py())
    sizes = np.cumsum([sum(picture.size for picture in pictures) for pictures in lists])
    start = 0
    while start < len(batch):
        before = int(sizes[start - 1]) if start else 0
        stop = int(np.searchsorted(sizes, before + _MOST_BYTES, side="right"))
        stop = min(max(stop, start + 1), len(batch))
        images = [[_image(picture, kept) for picture in row] for row in lists[start:stop]]
        column = pa.array(images, pa.list_(IMAGE))
        yield batch.slice(start, stop - start).append_column("images", column)
        start = stop


def _image(picture: Picture, kept: KeptPictures | None) -> dict[str, object]:
    content = None if kept is None else kept.bytes_of(picture.sha256)
    return {"bytes": content, "path": picture.path}
