"""The dataset card of an output folder: generated blocks, and people's text around them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import Field

from prefdata.config.model import BuildConfig
from prefdata.config.section import ShardFormat, license_name, tag_name
from prefdata.errors import IntegrityError, OutputError, UsageError
from prefdata.foreign_errors import in_our_words
from prefdata.io.files.atomic import write_text_atomic
from prefdata.pipeline.run.audit_report import report_of
from prefdata.pipeline.run.manifest import (
    read_manifest,
    unedited_manifest,
    write_manifest,
)
from prefdata.pipeline.run.workspace import put_back, workspace
from prefdata.reports.card.card import blocks
from prefdata.reports.card.front import front_matter
from prefdata.reports.card.values import CardValues, Where
from prefdata.results.audit import AuditReport
from prefdata.results.closed import Result
from prefdata.results.layout import CARD, MANIFEST_CHECKSUM
from prefdata.results.manifest import (
    FileEntry,
    Manifest,
    data_files,
)
from prefdata.rules.registry import ALL_RULES
from prefdata.steps.write.card_facts import card_facts
from prefdata.transforms.card.stated import Stated
from prefdata.transforms.card.text import (
    card_entry,
    decode_card,
    hand_written_part,
    license_of,
    merge_card,
    render_card,
    stated_in,
)


class CardWritten(Result):
    """The result of `prefdata card`; with `--dry-run` what it would write."""

    path: str
    text: str
    is_changed: bool
    license: str | None = Field(description="That the card names.")
    has_hand_written: bool = Field(description="People wrote something in it, and it stays.")
    replaced_edits: bool = Field(description="Text within generated blocks had been changed.")


def generated_card(
    root: Path,
    manifest: Manifest,
    *,
    where: Where | None = None,
    audit: AuditReport | None = None,
    license: str | None = None,  # noqa: A002  as the Hub and the config name it
    tags: Sequence[str] = (),
    local: str | None = None,
) -> str:
    """The text of a card without any text by people.

    `root`: the folder of the data files of `manifest`. `where`: where a reader gets the data; the
    folder itself if not given. `audit`: its report, if there is one. `license`: overrides any
    licence stated elsewhere. `local`: the card in the output folder, when the card is for
    publication: a licence that `local` got by an option is taken over.
    """
    files = data_files(manifest)
    config = manifest.config.get("card") or {}
    rows = config.get("language_rows", BuildConfig().card.language_rows)
    values = CardValues(
        manifest=manifest,
        facts=card_facts(root, files, rows),
        where=where or Where(to=_format_of(files)),
        rules={rule.code: rule.summary for rule in ALL_RULES},
        defaults=BuildConfig().model_dump(mode="json"),
        audit=audit,
    )
    matter = front_matter(values, tags)
    return render_card(matter, blocks(values), _stated(config, license, local))


def _stated(config: Mapping[str, Any], license_: str | None, local: str | None) -> Stated:
    tags = tuple(config.get("tags") or ())
    if license_ is not None:
        return Stated(license_, tags, is_asked=True)
    before = stated_in(local) if local is not None else Stated()
    return Stated(before.license if before.is_asked else config.get("license"), tags)


def _format_of(files: Sequence[FileEntry]) -> ShardFormat:
    return "arrow" if any(file.path.endswith(".arrow") for file in files) else "parquet"


def read_card(out: Path) -> str | None:
    """The card of an output folder, in whatever encoding people saved it; None if there is none.

    A card by an older version, without blocks and without text by people, counts as none.
    """
    try:
        content = (out / CARD).read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise OutputError(
            f"{out / CARD} cannot be read ({error.strerror}), so what people wrote in it would be "
            "lost. Make it readable, or move it away."
        ) from error
    try:
        files = read_manifest(out).files
    except IntegrityError:  # without a manifest all text counts as people's
        files = ()
    checksum = hashlib.sha256(content).hexdigest()
    if any(file.path == CARD and file.sha256 == checksum for file in files):
        return None
    return decode_card(content)


def card_with_words(
    root: Path, manifest: Manifest, audit: AuditReport | None, previous: str | None
) -> tuple[str, Manifest]:
    """The card of a folder that is about to be published, and the manifest with the card's entry.

    `previous`: the card that was there before; text that people wrote in it is kept.
    """
    text = merge_card(generated_card(root, manifest, audit=audit), previous)
    return text, _with_card(manifest, text)


def _with_card(manifest: Manifest, text: str) -> Manifest:
    files = tuple(file for file in manifest.files if file.path != CARD)  # of older versions
    return manifest.model_copy(
        update={"card": card_entry(text), "files": files, "checksum": MANIFEST_CHECKSUM}
    )


@in_our_words
def card(
    out: str | Path,
    *,
    license: str | None = None,  # noqa: A002
    tags: Sequence[str] = (),
    dry_run: bool = False,
) -> CardWritten:
    """Writes the dataset card of an output folder again, and its entry in the manifest.

    Text by people is kept.

    - `out`: the folder that `build` wrote.
    - `license`: an identifier of the Hub, such as `cc-by-4.0`. It is remembered for later calls.
      None: the one known before, if any.
    - `tags`: further tags of the dataset on the Hub. They are remembered for later calls.
    - `dry_run`: write nothing; the result holds the text.

    Raises UsageError for an invalid licence or tag, IntegrityError if the folder is no finished
    output or is damaged, LockedError while a run works on it.
    """
    _refuse_odd(license, tags)
    out = Path(out)
    put_back(out)
    manifest = unedited_manifest(out)
    if dry_run:
        return _card(out, manifest, license, tags)[0]
    with workspace(out, force=True):
        manifest = unedited_manifest(out)
        done, after = _card(out, manifest, license, tags)
        if done.is_changed:
            write_text_atomic(out / CARD, done.text)
        if after != manifest:
            write_manifest(out, after)
    return done


def _refuse_odd(license_: str | None, tags: Sequence[str]) -> None:
    named = [(license_, license_name)] if license_ is not None else []
    for name, checked in (*named, *((tag, tag_name) for tag in tags)):
        try:
            checked(name)
        except ValueError as error:
            raise UsageError(f"{name!r} is {error}.") from error


def _card(
    out: Path, manifest: Manifest, license_: str | None, tags: Sequence[str]
) -> tuple[CardWritten, Manifest]:
    previous = read_card(out)
    audit = report_of(out, manifest)
    generated = generated_card(out, manifest, audit=audit, license=license_, tags=tags)
    text = merge_card(generated, previous)
    was_changed = (
        previous is not None
        and manifest.card is not None
        and card_entry(previous).generated != manifest.card.generated
    )
    done = CardWritten(
        path=str(out / CARD),
        text=text,
        is_changed=previous is None or text.encode() != (out / CARD).read_bytes(),
        license=license_of(text),
        has_hand_written=bool(hand_written_part(text)),
        replaced_edits=was_changed,
    )
    return done, _with_card(manifest, text)
