"""Caches conversions of models and measurements, so that each is made once per machine."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from prefdata.cache_folder import cache_folder
from prefdata.config.semantic import EncoderConfig


def models_folder(config: EncoderConfig, digest: str) -> Path | None:
    """The folder for the conversions of a model; None if nothing is to be cached."""
    if config.cache_bytes == 0:
        return None
    return cache_folder(config.cache) / "models" / digest


def keep_folder(folder: Path, write: Callable[[Path], None]) -> None:
    """Writes a folder under a temporary name and renames it; the first of two writers wins.

    If it cannot be written it is left out, and the next run does the work again.
    """
    with suppress(OSError):
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".tmp-", dir=folder.parent))
        try:
            write(temporary)
            temporary.chmod(0o755)
            temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


def keep_json(path: Path, value: dict[str, Any]) -> None:
    """Writes values under a temporary name and renames it; does nothing if it cannot be written."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(prefix=".tmp-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(json.dumps(value, indent=2) + "\n")
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)


def kept_json(path: Path) -> dict[str, Any]:
    """The cached values; empty if there are none, or they cannot be read."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
