"""Files of a source folder that were not read, as the manifest and the results of commands list
them."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from prefdata.results.closed import Closed
from prefdata.results.sentences import Sentence, SentenceField

COMPANION = "companion"
"""The kind of files that lie beside data and hold no rows: a README, descriptions, a .gitignore."""

_NAMED = 3


class NotRead(Closed):
    """A file in a source folder that was not read, or a folder, whose path ends with a slash."""

    path: str
    bytes: int = Field(ge=0)
    kind: str = Field(
        description="companion: without rows; all other kinds (format, unfinished, unknown, "
        "hidden, unlisted, link, special) may hold some."
    )
    why: SentenceField

    @property
    def is_companion(self) -> bool:
        return self.kind == COMPANION


def summarised(files: Sequence[NotRead]) -> list[Sentence]:
    """Sentences on files that were not read: those that may hold rows with a few names, the others
    by their number."""
    notable = [file for file in files if not file.is_companion]
    sentences = []
    if notable:
        which = [Sentence("not-read.file", path=f.path, why=f.why) for f in notable[:_NAMED]]
        if more := len(notable) - len(which):
            which.append(Sentence("not-read.more", files=more))
        sentences.append(Sentence("not-read.files", files=len(notable), which=tuple(which)))
    if others := len(files) - len(notable):
        sentences.append(Sentence("not-read.companions", files=others))
    return sentences
