"""Checks the text of a manifest itself: its checksum, and that it says nothing twice."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefdata.pipeline.run.manifest import checksum_problem
from prefdata.results.collection import CollectionManifest
from prefdata.results.layout import MANIFEST
from prefdata.results.manifest import Manifest


def manifest_problems(root: Path, text: bytes, manifest: Manifest) -> Iterator[str]:
    """What is wrong with `text`, the manifest of the folder `root`."""
    yield from text_problems(root, text, manifest)
    paths = {entry.path for entry in manifest.files}
    for path in sorted(manifest.sheets.keys() - paths):
        yield f"{MANIFEST}: the sheet {path} is not among its files"


def text_problems(
    root: Path, text: bytes, manifest: Manifest | CollectionManifest
) -> Iterator[str]:
    """What is wrong with the text of any manifest: its checksum, or something is said twice."""
    if problem := checksum_problem(root, text, manifest):
        yield problem
    for key in _repeated_keys(text):
        yield f"{MANIFEST}: the key {key!r} stands twice in one object"
    paths = Counter(entry.path for entry in manifest.files)
    for path in sorted(path for path, times in paths.items() if times > 1):
        yield f"{MANIFEST}: {path} is named {paths[path]} times"


def manifest_remarks(manifest: Manifest) -> tuple[str, ...]:
    """What is to be known of a sound folder whose manifest nothing vouches for."""
    if manifest.checksum is not None:
        return ()
    return (
        f"{MANIFEST} has no checksum of its own text, since an older version of prefdata wrote it: "
        "an edit of it may not show. `prefdata card OUT` adds one.",
    )


def _repeated_keys(text: bytes) -> list[str]:
    """Keys that an object of the manifest holds more than once; JSON readers take the last."""
    repeated: set[str] = set()

    def note(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(key for key, _ in pairs)
        repeated.update(key for key, times in counts.items() if times > 1)
        return dict(pairs)

    json.loads(text, object_pairs_hook=note)
    return sorted(repeated)
