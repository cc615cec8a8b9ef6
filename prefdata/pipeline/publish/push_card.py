"""The card to publish, and whose text it keeps if people wrote in both copies."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from prefdata.config.push import PushConfig
from prefdata.errors import ConflictError
from prefdata.io.bytes.spool import is_url
from prefdata.io.targets.target import Target
from prefdata.pipeline.card import generated_card, read_card
from prefdata.pipeline.publish.stage_dataset import Staged
from prefdata.pipeline.run.audit_report import report_of
from prefdata.reports.card.values import Where
from prefdata.results.layout import DATA, lies_in
from prefdata.results.manifest import CardEntry, Manifest
from prefdata.transforms.card.text import card_entry, decode_card, merge_card


@dataclass(frozen=True)
class PublishedCards:
    """The cards of one publication; all share the generated text.

    `manifest`: that of the output folder `out`.
    """

    out: Path
    staged: Staged
    manifest: Manifest
    target: Target
    config: PushConfig

    def text(self, published: bytes | None, previous: Manifest | None) -> str:
        """The new card, given the one published now. Raises ConflictError; see `words_from`."""
        return merge_card(self._generated, self._words(published, previous))

    def entry(self, text: str, published: bytes | None, previous: Manifest | None) -> CardEntry:
        """The manifest entry of the card `text`.

        Only text from the local card counts as pushed. Text kept from the published card stays
        other people's: the next push must not overwrite it unasked.
        """
        made = card_entry(text, pushed=True)
        if self._words(published, previous) is self._local:
            return made
        last = previous.card if previous else None
        return made.model_copy(update={"hand_written": last.hand_written if last else None})

    def remarks(self, published: bytes | None, previous: Manifest | None) -> tuple[str, ...]:
        """Remarks on what is lost: people's edits within generated blocks."""
        last = previous.card if previous else None
        if published is None or last is None:
            return ()
        if card_entry(decode_card(published)).generated == last.generated:
            return ()
        return (
            "people changed text within the generated blocks of the card there, and it is "
            "generated anew: what they write outside of the blocks stays",
        )

    def _words(self, published: bytes | None, previous: Manifest | None) -> str | None:
        there = None if published is None else decode_card(published)
        last = previous.card if previous else None
        return words_from(self._local, there, last, self.config.hand_written, self.target.name)

    @cached_property
    def _local(self) -> str | None:
        return read_card(self.out)

    @cached_property
    def _generated(self) -> str:
        return generated_card(
            self._root,
            self.staged.manifest,
            where=self._where,
            audit=report_of(self.out, self.manifest),
            license=self.config.license,
            local=self._local,
        )

    @property
    def _root(self) -> Path:
        """The folder that the paths of the published shards are relative to."""
        for file in self.staged.files:
            if lies_in(file.path, DATA):
                return file.local.parents[len(Path(file.path).parts) - 1]
        return self.out

    @property
    def _where(self) -> Where:
        name, branch = self.target.name, self.target.branch
        if branch is not None:
            return Where(kind="hub", name=name, branch=None if branch == "main" else branch)
        return Where(kind="url", name=name) if is_url(name) else Where()


def words_from(
    local: str | None,
    published: str | None,
    last: CardEntry | None,
    choice: Literal["local", "published"] | None,
    where: str,
) -> str | None:
    """The card, of two, whose hand-written text is kept in the new one.

    `last`: the entry in the published manifest of the card that was pushed last. A local card
    without hand-written text, or unchanged since, yields to the published text; a published card
    unchanged since then yields to the local text. Raises ConflictError if both were changed and
    `choice` does not say which text to keep.
    """
    if published is None or choice == "local":
        return local
    if local is None or choice == "published":
        return published
    mine, theirs = _words_of(local), _words_of(published)
    pushed = last.hand_written if last else None
    if mine in (None, pushed):
        return published
    if theirs in (None, mine, pushed):
        return local
    raise ConflictError(
        f"people wrote in the card at {where}, and others in README.md here, since it was last "
        "published. Pass --hand-written published to keep the words there, or --hand-written local "
        "to replace them with those here (put the others' words into README.md first)."
    )


def _words_of(card: str) -> str | None:
    """The checksum of the hand-written text of a card; None if there is none."""
    return card_entry(card, pushed=True).hand_written
