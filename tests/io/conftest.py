from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest


@pytest.fixture
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A place of each kind; `renaming` is one where a file does not appear whole by itself."""
    memory = fsspec.filesystem("memory")
    places = {
        "folder": str(tmp_path / "there"),
        "file": f"file://{tmp_path}/there",
        "memory": "memory://bucket/there",
        "renaming": f"dir::file://{tmp_path}/there",
    }
    yield places[getattr(request, "param", "folder")]
    if memory.exists("/bucket"):
        memory.rm("/bucket", recursive=True)


@pytest.fixture
def as_nobody() -> Iterator[Path]:
    """A folder of somebody who may not do everything."""
    folder = Path(tempfile.mkdtemp())
    (folder / "staged").mkdir()
    is_root = os.geteuid() == 0
    if is_root:
        os.chown(folder, 65534, -1)
        os.chown(folder / "staged", 65534, -1)
        os.seteuid(65534)
    try:
        yield folder
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)
        shutil.rmtree(folder)


@pytest.fixture(autouse=True)
def _told_in_shell(in_shell: None) -> None: ...
