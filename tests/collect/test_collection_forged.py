"""A collection whose files were changed together with their checksums: the books still tell."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from in_process import InProcess

import prefdata
from prefdata.pipeline.collection.collect import collect

Change = Callable[[list[dict[str, Any]]], list[dict[str, Any]]]


def forged(out: Path, name: str, change: Change) -> None:
    """Changes the lines of a file, and says so in the manifest and its checksum."""
    path = out / name
    lines = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    text = "".join(json.dumps(line) + "\n" for line in change(lines)).encode()
    path.write_bytes(text)
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    [entry] = [entry for entry in manifest["files"] if entry["path"] == name]
    entry |= {
        "bytes": len(text),
        "sha256": hashlib.sha256(text).hexdigest(),
        "rows": text.count(b"\n"),
    }
    told = json.dumps(manifest, indent=2) + "\n"
    (out / "manifest.json").write_text(told, "utf-8")
    checksum = hashlib.sha256(told.encode()).hexdigest()
    (out / "manifest.json.sha256").write_text(f"{checksum}  manifest.json\n")


@pytest.mark.parametrize(
    ("name", "change", "found"),
    [
        ("ledger/requests.jsonl", lambda lines: lines[1:], "holds 7 rows"),
        (
            "ledger/requests.jsonl",
            lambda lines: [lines[0] | {"state": "failed", "reason": "gave-up"}, *lines[1:]],
            "1 lines are failed gave-up, but manifest.json says 0",
        ),
        ("ledger/requests.jsonl", lambda lines: [{"a": 1}, *lines[1:]], "cannot be read"),
        ("data/completions-00000.jsonl", lambda lines: lines[:1], "data: holds 1 rows"),
    ],
)  # fmt: skip
def test_the_books_tell(name: str, change: Change, found: str, tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"prompt": "One?"}\n{"prompt": "Two?"}\n')
    out = tmp_path / "out"
    collect(source, out=out, config={"model": ["m"], "n": 4}, asker=InProcess())
    assert prefdata.verify(out).problems == ()
    forged(out, name, change)
    assert any(found in problem for problem in prefdata.verify(out).problems)
