"""Writes a manifest as somebody would who also makes its checksum anew."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any


def write_vouched(root: Path, manifest: dict[str, Any] | str) -> None:
    """Writes `manifest.json` of the folder `root`, and the checksum beside it."""
    text = manifest if isinstance(manifest, str) else json.dumps(manifest)
    (root / "manifest.json").write_text(text)
    checksum = hashlib.sha256(text.encode()).hexdigest()
    (root / "manifest.json.sha256").write_text(f"{checksum}  manifest.json\n")


def manifest_of(root: Path) -> dict[str, Any]:
    """The manifest of the folder `root`, as JSON."""
    content: dict[str, Any] = json.loads((root / "manifest.json").read_text())
    return content
