"""The note of an unfinished push on a target without commits: which files there are ours.

During a push there is no manifest. After a killed push, the next one needs the note to distinguish
stale or incomplete files of prefdata from files of other people.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import ValidationError

from prefdata.results.manifest import Manifest

UNFINISHED = ".prefdata-push.json"
"""The name of the note; hidden, so that readers of datasets ignore it."""


def note_of(before: Manifest | None, after: Sequence[Manifest | None]) -> bytes | None:
    """The note: the manifest before the push (else the new one), extended by the files of both.

    None if there is no manifest at all. It is based on the manifest before, with which the
    hand-written text of the card is compared.
    """
    manifests = [manifest for manifest in (before, *after) if manifest is not None]
    if not manifests:
        return None
    files = {entry.path: entry for manifest in manifests for entry in manifest.files}
    note = manifests[0].model_copy(update={"files": tuple(files.values())})
    return note.model_dump_json().encode()


def parse_manifest(content: bytes) -> Manifest | None:
    """Parses a manifest of prefdata; None if the bytes are anything else."""
    try:
        return Manifest.model_validate_json(content)
    except ValidationError:
        return None
