"""Files to publish to folders, and how to look at what is there."""

from __future__ import annotations

import pytest
from publishing import IMPATIENT

from prefdata.io.stores.folder_target import FolderTarget
from prefdata.results.layout import (
    MANIFEST,
)

KINDS = ("folder", "file", "memory", "renaming")


every_kind = pytest.mark.parametrize("where", KINDS, indirect=True)


def target(where: str) -> FolderTarget:
    return FolderTarget(where, IMPATIENT)


def content(where: str) -> dict[str, bytes]:
    """All that is there but for the manifest."""
    store = target(where).store
    found = {path: store.read(path) for path in store.find() if path != MANIFEST}
    return {path: text for path, text in found.items() if text is not None}
