"""The note that a push leaves where there is no commit: what is ours there while it is at work.

The manifest is away then. Without a note the next push, after this one was killed, could not tell
files of prefdata that are stale, or only there in part, from files of other people.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from prefdata.results.manifest import Manifest

UNFINISHED = ".prefdata-push.json"
"""A hidden name: readers of datasets pass over it."""


def note_of(before: Manifest | None, after: Sequence[Manifest | None]) -> bytes | None:
    """The manifest that was there, or else the one to come, naming the files of both.

    None where there is no manifest at all. As the first of the two it still says what was pushed
    last, which is what the hand-written text of the card is compared with.
    """
    manifests = [manifest for manifest in (before, *after) if manifest is not None]
    if not manifests:
        return None
    files = {entry.path: entry for manifest in manifests for entry in manifest.files}
    note = manifests[0].model_copy(update={"files": tuple(files.values())})
    return note.model_dump_json().encode()


def parsed(content: bytes) -> Manifest | None:
    """A manifest of prefdata; None where the bytes are anything else."""
    try:
        return Manifest.model_validate_json(content)
    except ValidationError:
        return None
