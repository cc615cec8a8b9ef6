"""People's answers in the report of an output folder: published only when they are asked for.

They lie in a review sheet that was filled in where it is, or that goes on with answers that were
read before, and in the copy of these. Answers and notes are a person's words on single rows, so
they go with the part `review`, although they lie in the folder of another one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from prefdata.results.layout import KEPT_ANSWERS, REPORT, REVIEW
from prefdata.results.manifest import FileEntry, Manifest


@dataclass(frozen=True)
class HeldAnswers:
    """The files of a report that hold answers, as they are now, by path."""

    files: dict[str, FileEntry]

    @classmethod
    def of(cls, out: Path, manifest: Manifest) -> HeldAnswers:
        """Those of the verified output folder `out`."""
        return cls({file.path: file for file in _files(out, manifest)})

    def sent(self, wanted: Sequence[FileEntry], *, is_asked: bool) -> list[FileEntry]:
        """The files to publish of `wanted`: those with answers as they are now, or not at all."""
        if is_asked:
            return [self.files.get(file.path, file) for file in wanted]
        return [file for file in wanted if file.path not in self.files]

    def remarks(self, wanted: Sequence[FileEntry], *, is_asked: bool) -> tuple[str, ...]:
        """What is left out, and how it is asked for."""
        held = [file.path for file in wanted if file.path in self.files]
        if is_asked or not held:
            return ()
        return (
            f"{', '.join(held)} {'holds' if len(held) == 1 else 'hold'} people's answers, which "
            "are not published unless they are asked for: --with review",
        )


def _files(out: Path, manifest: Manifest) -> Iterator[FileEntry]:
    kept = tuple(f"{folder}/{KEPT_ANSWERS}." for folder in (REPORT, REVIEW))
    goes_on = any(file.path.startswith(kept) for file in manifest.files)
    for file in manifest.files:
        if file.path.startswith(kept[0]):
            yield file
        elif file.path in manifest.sheets:
            content = (out / file.path).read_bytes()
            checksum = hashlib.sha256(content).hexdigest()
            if goes_on or checksum != file.sha256:
                yield FileEntry(path=file.path, bytes=len(content), sha256=checksum)
