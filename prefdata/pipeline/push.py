"""Publishes an output folder to the Hub, an object store or a folder, and verifies the copy."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from prefdata.config.load import given_options
from prefdata.config.push import PushConfig
from prefdata.errors import (
    ConflictError,
    IntegrityError,
    OfflineError,
    OutputError,
    PrefdataError,
    UnavailableError,
)
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.atomic import WrittenFile, write_text_atomic
from prefdata.io.targets.changes import (
    changes,
)
from prefdata.io.targets.target import (
    Changes,
    LocalFile,
    MovedError,
    Published,
    RemoteFile,
    Say,
    Target,
    TargetState,
)
from prefdata.pipeline.publish.open_target import open_target, remarks_on
from prefdata.pipeline.publish.push_card import PublishedCards
from prefdata.pipeline.publish.push_workspace import push_place
from prefdata.pipeline.publish.stage_dataset import Staged, stage
from prefdata.pipeline.run.manifest import write_manifest
from prefdata.pipeline.run.workspace import put_back
from prefdata.pipeline.verify import verify
from prefdata.results.layout import (
    CARD,
    MANIFEST,
    MANIFEST_CHECKSUM,
)
from prefdata.results.manifest import CardEntry, Manifest
from prefdata.results.publication import Publication, PublishedEntry
from prefdata.steps.progress import Report, silent
from prefdata.transforms.card.text import license_of

_SMALL = (CARD, MANIFEST, MANIFEST_CHECKSUM)
"""The files that each push writes anew; a target may know no checksum of them."""

_MOVES = 5
"""Attempts, if others publish to the same target between our reading and our commit."""


@in_our_words
def push(
    out: str | Path,
    target: str,
    *,
    config: PushConfig | Mapping[str, Any] | str | Path | None = None,
    dry_run: bool = False,
    report: Report = silent,
    say: Say = lambda sentence: None,
) -> Publication:
    """Publishes an output folder, verified before and after; returns what was done.

    A later push sends only what changed and removes what is stale; an interrupted push resumes when
    it is called again. A dry run shows the local files where the target cannot be asked, and says
    so.

    - `out`: the folder that `build` wrote.
    - `target`: `ORG/NAME` on the Hub, an fsspec URL, or a folder (`./name`, `/data/name`).
    - `config`: a PushConfig, its values as a dict, or the path of its YAML. None: the defaults.
    - `dry_run`: change nothing anywhere; the result says what would be sent.
    - `report`: is called as `report(step, done, total)` while work goes on. By default nothing is.
    - `say`: is called with sentences for people during the push, for example that the service asks
      to wait. By default nothing is.

    Raises a PrefdataError: IntegrityError if `out` is not sound, or the published copy differs from
    what was sent; RefusedError, UnavailableError, ConflictError, LockedError.
    """
    config = given_options(PushConfig, config)
    out = Path(out)
    put_back(out)
    # A bad name or a missing library is reported before anything is read.
    there = open_target(target, config, out=out, say=say)
    for remark in remarks_on(target):
        say(remark)
    with push_place(out) as place:
        report("verify", 0, 1)
        checked = verify(out)
        report("verify", 1, 1)
        if checked.problems:
            raise IntegrityError(
                f"{out} is not what its manifest says, so nothing was published: "
                f"{'; '.join(checked.problems[:3])}. `prefdata verify {out}` names all; a new "
                "build mends damaged files."
            )
        manifest = checked.manifest
        if not isinstance(manifest, Manifest):
            raise OutputError(
                f"{out} holds completions or judgements, not pairs: make a dataset of it first, "
                f"`prefdata build {out} --out DATASET`, and publish that."
            )
        staged = stage(out, manifest, config, place, report)
        cards = PublishedCards(out, staged, manifest, there, config)
        run = _Push(there, config, place, staged, cards, report)
        return run.dry() if dry_run else run.publish()


@dataclass(frozen=True)
class _Plan:
    """The state of the target, and the changes to make."""

    state: TargetState
    changes: Changes
    license: str | None
    remarks: tuple[str, ...] = ()

    def entries(self) -> tuple[PublishedEntry, ...]:
        """Every file, with its fate."""
        there = self.state.files
        sent = (
            PublishedEntry(
                path=file.path, bytes=file.bytes, fate="changed" if file.path in there else "new"
            )
            for file in self.changes.send
        )
        same = (
            PublishedEntry(path=file.path, bytes=file.bytes, fate="same")
            for file in self.changes.same
        )
        gone = (
            PublishedEntry(path=path, bytes=there[path].bytes, fate="delete")
            for path in self.changes.delete
        )
        return tuple(sorted((*sent, *same, *gone), key=lambda entry: entry.path))


@dataclass(frozen=True)
class _Push:
    """One push, with the same steps for every target."""

    target: Target
    config: PushConfig
    place: Path
    staged: Staged
    cards: PublishedCards
    report: Report

    def dry(self) -> Publication:
        try:
            plan = self._plan()
        except (UnavailableError, OfflineError) as error:
            return self._not_compared(error)
        new = () if plan.state.exists else (self._not_there(),)
        return self._publication(plan, Published(plan.state.head), remarks=new, is_dry_run=True)

    def _not_compared(self, why: PrefdataError) -> Publication:
        """What a push would send at most, where the target cannot be asked what it has."""
        text = self.cards.text(None, None)
        files = (*self.staged.files, *self._small(text, self.cards.entry(text, None, None)))
        todo = Changes(send=tuple(files), same=(), delete=())
        plan = _Plan(TargetState(exists=True), todo, license_of(text))
        remark = f"{self.target.name} was not compared, this is what is here: {why}"
        done = self._publication(plan, Published(None), remarks=(remark,), is_dry_run=True)
        unknown = (file.model_copy(update={"fate": "unknown"}) for file in done.files)
        return done.model_copy(update={"is_compared": False, "files": tuple(unknown)})

    def _not_there(self) -> str:
        """A remark on a new target: the name may be mistyped."""
        name = self.target.name
        if self.target.branch is None:
            return f"there is nothing at {name} yet: it would be made"
        who = "" if self.config.private else ", and everybody could read it (--private)"
        return f"there is no dataset {name} that this token may see: it would be created{who}"

    def publish(self) -> Publication:
        plan = self._plan()
        first = plan
        remarks = self.target.prepare(plan.state)
        if not plan.state.exists:  # just created, possibly with a first commit of its own
            plan = self._plan()
        plan, published = self._published(plan)
        self.target.tag(published)
        read = 0
        if self.config.verify:
            read = self.target.read_back(plan.changes, published, self.report)
        done = self._publication(plan, published, remarks=remarks, read_back=read)
        return done.model_copy(update={"is_new": not first.state.exists})

    def _published(self, plan: _Plan) -> tuple[_Plan, Published]:
        message = self.config.message or self._message()
        for _ in range(_MOVES):
            try:
                return plan, self.target.publish(plan.changes, plan.state, message, self.report)
            except MovedError:
                plan = self._plan()
        raise ConflictError(
            f"others published to {self.target.name} {_MOVES} times while this push was looking at "
            "it. Nothing of it is there; run it again when they have done."
        )

    def _plan(self) -> _Plan:
        """Reads the state of the target; makes card, manifest and changes to match it."""
        state = self.target.state(self.staged.files)
        small = {path: self.target.read(path, state) for path in _SMALL}
        card, manifest = small[CARD], small[MANIFEST]
        previous = _manifest_of(manifest)
        text = self.cards.text(card, previous)
        entry = self.cards.entry(text, card, previous)
        files = (*self.staged.files, *self._small(text, entry))
        state = _with_checksums(state, small)
        todo = changes(files, state, previous, replace=self.config.replace)
        remarks = self.cards.remarks(card, previous)
        return _Plan(state, todo, license_of(text), remarks)

    def _small(self, text: str, entry: CardEntry) -> tuple[LocalFile, ...]:
        """Card, manifest and its checksum as they will be published."""
        card = write_text_atomic(self.place / CARD, text)
        update = {"card": entry, "checksum": MANIFEST_CHECKSUM}
        manifest, checksum = write_manifest(
            self.place, self.staged.manifest.model_copy(update=update)
        )
        return (
            _local(CARD, card),
            _local(MANIFEST, manifest),
            _local(MANIFEST_CHECKSUM, checksum),
        )

    def _message(self) -> str:
        manifest = self.staged.manifest
        return f"Publish {manifest.counts.kept:,} preference pairs ({manifest.fingerprint[:12]})"

    def _publication(
        self,
        plan: _Plan,
        published: Published,
        *,
        remarks: tuple[str, ...] = (),
        read_back: int = 0,
        is_dry_run: bool = False,
    ) -> Publication:
        manifest = self.staged.manifest
        return Publication(
            target=self.target.name,
            fingerprint=manifest.fingerprint,
            counts=manifest.counts,
            is_dry_run=is_dry_run,
            is_new=not plan.state.exists,
            is_private=self.config.private or plan.state.is_private,
            branch=self.target.branch,
            commits=published.commits,
            commit=published.head,
            tag=self.config.tag,
            url=published.url,
            files=plan.entries(),
            bytes_sent=sum(file.bytes for file in plan.changes.send),
            read_back=read_back,
            remarks=(
                *self.staged.remarks,
                *remarks,
                *plan.remarks,
                *_unlicensed(plan),
                *_absolute_names(manifest),
            ),
        )


def _unlicensed(plan: _Plan) -> tuple[str, ...]:
    remark = (
        "the card names no licence, so nobody knows what may be done with the data: --license ID"
    )
    return () if plan.license else (remark,)


def _absolute_names(manifest: Manifest) -> tuple[str, ...]:
    """A remark if sources have absolute names, which reveal something of the machine."""
    absolute = [source.name for source in manifest.sources if Path(source.name).is_absolute()]
    if not absolute:
        return ()
    return (
        f"sources are published by the names that build was given, such as {absolute[0]}: in the "
        "column source, the card and the manifest. Built with relative paths, they tell nothing of "
        "your machine",
    )


def _local(path: str, written: WrittenFile) -> LocalFile:
    return LocalFile(path, written.path, written.bytes, written.sha256)


def _with_checksums(state: TargetState, contents: Mapping[str, bytes | None]) -> TargetState:
    """The state with the checksums of files that were read from the target."""
    read = {
        path: RemoteFile(path, len(content), hashlib.sha256(content).hexdigest())
        for path, content in contents.items()
        if content is not None and path in state.files
    }
    return replace(state, files={**state.files, **read})


def _manifest_of(content: bytes | None) -> Manifest | None:
    """The published manifest, if it is one by prefdata."""
    try:
        return None if content is None else Manifest.model_validate_json(content)
    except ValidationError:
        return None
