"""Verifies that an output folder, or a published copy, matches its manifest and balances."""

from __future__ import annotations

from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
from pydantic import ValidationError

from prefdata.foreign_errors import in_our_words
from prefdata.io.files.ledger import (
    groups_across_splits,
    missing_representatives,
    pairs_without_rows,
    read_counts,
    rows_by_file,
)
from prefdata.io.targets.changes import (
    folder_of,
)
from prefdata.pipeline.collection.verifying import collection_problems
from prefdata.pipeline.run.manifest import manifest_text, parsed_manifest
from prefdata.pipeline.run.manifest import read_manifest as read_manifest
from prefdata.pipeline.run.verify_files import file_problems
from prefdata.pipeline.run.verify_manifest import manifest_problems, manifest_remarks
from prefdata.results.collection import CollectionManifest, is_collection
from prefdata.results.layout import (
    CARD,
    DATA,
    DROPPED,
    JUDGEMENTS,
    LEDGER,
    MANIFEST,
    QUARANTINE,
    lies_in,
)
from prefdata.results.manifest import Counts, Manifest, SourceEntry
from prefdata.transforms.card.text import card_entry, decode_card


@dataclass(frozen=True)
class Verification:
    """The manifest that was checked against, and what does not match; empty if all does.

    `remarks`: what could not be checked, as in the output of an older version.
    """

    manifest: Manifest | CollectionManifest
    problems: tuple[str, ...]
    remarks: tuple[str, ...] = ()


@in_our_words
def verify(out: str | Path) -> Verification:
    """Checks checksums, row counts, that all rows are accounted for, and that no group is split.

    Of what `collect` or `judge` wrote: that all requests are accounted for.

    The manifest's own text has a checksum beside it. In a review sheet people may have written
    answers; all else in it is compared. For a published copy, parts that it was published without
    are not required, and other files outside of its folders are ignored.

    - `out`: the folder that `build`, `collect` or `judge` wrote, or a published copy of it.

    Raises IntegrityError only if there is no readable manifest; everything else is in `problems`.
    """
    root = Path(out)
    text = manifest_text(root)
    if is_collection(text):
        collection, found = collection_problems(root, text)
        return Verification(collection, tuple(found))
    manifest = parsed_manifest(root, text)
    problems = [
        *manifest_problems(root, text, manifest),
        *_law(manifest.counts),
        *_contents(manifest.sources),
        *_shares(manifest),
        *file_problems(root, manifest),
        *_card(root, manifest),
    ]
    if not problems and _has_ledger(manifest):  # an untrusted ledger is not read
        try:
            problems += _ledger(root, manifest)
        except (OSError, pl.exceptions.PolarsError, ValidationError) as error:
            problems.append(f"ledger: cannot be read: {error}")
    return Verification(manifest, tuple(problems), manifest_remarks(manifest))


def _law(counts: Counts) -> Iterator[str]:
    if missing := counts.balance():
        yield f"{MANIFEST}: read = kept + quarantined + dropped does not hold by {missing} rows"
    if counts.rows is not None and (missing := counts.rows.balance()):
        yield f"{MANIFEST}: rows read = in pairs + quarantined + unpaired fails by {missing} rows"
    if sum(counts.splits.values()) != counts.kept:
        yield f"{MANIFEST}: the splits hold {sum(counts.splits.values())} rows, not {counts.kept}"


def _contents(sources: Iterable[SourceEntry]) -> Iterator[str]:
    """Whether what each source held is accounted for."""
    for source in sources:
        content = source.content
        if content is None:
            continue
        if content.balance():
            yield f"{MANIFEST}: {source.name}: {content.balance()} {content.unit} unaccounted for"
        is_plain = source.compression == "none" and source.encoding == "utf-8"
        unread = source.bytes - content.held
        if content.unit == "bytes" and is_plain and unread not in (0, len(BOM_UTF8)):
            yield f"{MANIFEST}: {source.name}: {unread} bytes were not read"


def _shares(manifest: Manifest) -> Iterator[str]:
    """Whether the row counts of the files add up to those of the manifest."""
    counts = manifest.counts
    held: Counter[str] = Counter()
    for file in manifest.files:
        held[file.path.partition("/")[0]] += file.rows or 0
        held[_split_of(file.path)] += file.rows or 0
    expected = {
        DATA: counts.kept,
        DROPPED: sum(counts.dropped.values()),
        QUARANTINE: counts.quarantined,
        LEDGER: counts.read,
    } | {f"{DATA}/{split}": rows for split, rows in counts.splits.items()}
    for name, rows in expected.items():
        if name not in (manifest.left_out or ()) and held[name] != rows:
            yield f"{name}: its files hold {held[name]} rows, but {MANIFEST} says {rows}"
    for part in manifest.left_out or ():
        if any(folder_of(file.path) == part for file in manifest.files):
            yield f"{part}: {MANIFEST} names files of it, and says that it was left out"


def _split_of(path: str) -> str:
    """The key of a shard's split: `data/train`, for `data/train/...` as for `data/train-...`."""
    folder, _, name = path.partition("/")
    return f"{folder}/{name.partition('/')[0].partition('-')[0]}"


def _card(root: Path, manifest: Manifest) -> Iterator[str]:
    """Whether the generated blocks of the card are unchanged; people may write besides."""
    if manifest.card is None:
        return
    try:
        text = decode_card((root / CARD).read_bytes())
    except OSError:
        yield f"{CARD}: missing; `prefdata card OUT` writes it anew"
        return
    now = card_entry(text)
    if now.generated != manifest.card.generated or {*manifest.card.tags} - {*now.tags}:
        yield (
            f"{CARD}: what prefdata wrote in it was changed; `prefdata card OUT` writes it anew, "
            "text of your own stays"
        )


def _has_ledger(manifest: Manifest) -> bool:
    return any(lies_in(file.path, LEDGER) for file in manifest.files)


def _ledger(root: Path, manifest: Manifest) -> Iterator[str]:
    booked = read_counts(root)
    if booked != manifest.counts:
        yield f"ledger: its lines count to {booked}, but {MANIFEST} says {manifest.counts}"
    if parted := groups_across_splits(root):
        yield f"ledger: groups in more than one split: {', '.join(map(str, parted[:5]))}"
    if lost := pairs_without_rows(root):
        yield f"{JUDGEMENTS}: {lost} lines speak in a pair that the ledger does not have"
    read = sum(source.read for source in manifest.sources)
    if booked.rows is not None and booked.rows.read != read:
        yield f"ledger: it accounts for {booked.rows.read} rows, but the sources had {read}"
    if orphans := missing_representatives(root):
        yield f"ledger: {orphans} near-duplicates name a row that was not kept"
    went = Counter(rows_by_file(root))
    held = Counter({f.path: f.rows or 0 for f in manifest.files if lies_in(f.path, DATA)})
    for path in sorted({*went, *held}):
        if went[path] != held[path]:
            yield f"ledger: {went[path]} rows went to {path}, which holds {held[path]}"
