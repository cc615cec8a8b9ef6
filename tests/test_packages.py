"""What is packed for people to install: all that the package needs, and nothing of the workshop."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TEXTS = {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "PKG-INFO", ".gitignore"}
FOLDERS = {"prefdata", "docs", "pipelines", "sample_data", "schemas"}


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packed")
    command = [sys.executable, "-m", "hatchling", "build", "--directory", str(folder)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return folder


def in_repository() -> set[str]:
    """The files of the package, and nothing that Python made beside them."""
    files = (path for path in (ROOT / "prefdata").rglob("*") if path.is_file())
    return {str(f.relative_to(ROOT)) for f in files if "__pycache__" not in f.parts}


def test_the_wheel_holds_the_package_and_nothing_else(packed: Path) -> None:
    [wheel] = packed.glob("*.whl")
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == in_repository()


def test_the_source_archive_holds_what_a_reader_needs(packed: Path) -> None:
    [archive] = packed.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    tops = {name.partition("/")[0] for name in names}
    assert tops - TEXTS == FOLDERS
    assert in_repository() <= names
