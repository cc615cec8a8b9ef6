"""Verifies what `collect` or `judge` wrote: checksums, and that everything is accounted for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import msgspec

from prefdata.pipeline.run.manifest import parsed_as
from prefdata.pipeline.run.verify_files import file_problems
from prefdata.pipeline.run.verify_manifest import text_problems
from prefdata.results.collection import CollectionManifest, RequestLine
from prefdata.results.layout import DATA, DROPPED, MANIFEST, QUARANTINE, REQUESTS, lies_in

_decode = msgspec.json.Decoder(RequestLine).decode


def collection_problems(root: Path, text: bytes) -> tuple[CollectionManifest, list[str]]:
    """The manifest of a collection, and what does not match it.

    Raises IntegrityError if it is invalid.
    """
    manifest = parsed_as(CollectionManifest, root, text)
    problems = [
        *text_problems(root, text, manifest),
        *(f"{MANIFEST}: {law}" for law in manifest.counts.imbalances()),
        *_shares(manifest),
        *file_problems(root, manifest),
    ]
    if not problems:  # an untrusted ledger is not read
        try:
            problems += _ledger(root, manifest)
        except (OSError, msgspec.MsgspecError) as error:
            problems.append(f"{REQUESTS}: cannot be read: {error}")
    return manifest, problems


def _shares(manifest: CollectionManifest) -> Iterator[str]:
    """Whether the row counts of the files add up to those of the manifest."""
    counts = manifest.counts
    held: Counter[str] = Counter()
    for file in manifest.files:
        for folder in (DATA, QUARANTINE):
            held[folder] += (file.rows or 0) * lies_in(file.path, folder)
        held[file.path] += file.rows or 0
    expected = {
        DATA: counts.written,
        QUARANTINE: counts.quarantined,
        REQUESTS: counts.wanted,
        f"{DROPPED}/prompts.jsonl": sum(counts.dropped.values()),
        f"{DROPPED}/answers.jsonl": sum(counts.left_out.values()),
    }
    for name, rows in expected.items():
        if held[name] != rows:
            yield f"{name}: holds {held[name]} rows, but {MANIFEST} says {rows}"
    if (rows := sum(source.read for source in manifest.sources)) != counts.rows:
        yield f"{MANIFEST}: the sources had {rows} rows, and the counts say {counts.rows}"


def _ledger(root: Path, manifest: CollectionManifest) -> Iterator[str]:
    states: Counter[tuple[str, str | None]] = Counter()
    with (root / REQUESTS).open("rb") as file:
        states.update(map(_state_of, map(_decode, file)))
    counts = manifest.counts
    expected: Counter[tuple[str, str | None]] = Counter({("kept", None): counts.kept})
    for name, reasons in (
        ("left-out", counts.left_out), ("failed", counts.failed), ("not-asked", counts.not_asked),
    ):  # fmt: skip
        expected.update({(name, reason): number for reason, number in reasons.items()})
    for state in sorted(states | expected, key=str):
        if states[state] != expected[state]:
            what = " ".join(filter(None, state))
            yield f"{REQUESTS}: {states[state]} lines are {what}, but {MANIFEST} says " + str(
                expected[state]
            )


def _state_of(line: RequestLine) -> tuple[str, str | None]:
    """What became of a completion, and why."""
    if line.state != "answered":
        return line.state, line.reason
    return ("left-out", line.reason) if line.left_out else ("kept", None)
