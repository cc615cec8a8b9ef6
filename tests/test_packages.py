"""What is packed for people to install: all that the package needs, and nothing of the workshop."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tests.installed import PROJECT

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
    assert not [name for name in names if re.search(r"(^|/)(\.ci|\.venv|tests)/|constraints", name)]


@pytest.fixture(scope="module")
def metadata(packed: Path) -> Message:
    [wheel] = packed.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        [name] = [name for name in opened.namelist() if name.endswith(".dist-info/METADATA")]
        return message_from_bytes(opened.read(name))


def test_the_metadata_say_what_installs_where(metadata: Message) -> None:
    classifiers = metadata.get_all("Classifier", [])
    versions = [each.rpartition(" ")[2] for each in classifiers if "Python :: 3." in each]
    assert versions == ["3.11", "3.12", "3.13"]
    assert metadata["Requires-Python"] == ">=3.11"
    assert "Operating System :: POSIX :: Linux" in classifiers
    urls = {each.partition(",")[0] for each in metadata.get_all("Project-URL", [])}
    assert urls == {"Changelog", "Documentation", "Issues", "Source"}
    assert metadata["License-Expression"] == "Apache-2.0"


def test_the_metadata_hold_the_core_and_the_extras(metadata: Message) -> None:
    assert {*metadata.get_all("Provides-Extra", [])} == {*PROJECT["optional-dependencies"]}
    needed = [Requirement(text) for text in metadata.get_all("Requires-Dist", [])]
    core = {each.name.lower() for each in needed if each.marker is None}
    assert core == {Requirement(text).name.lower() for text in PROJECT["dependencies"]}


INSTRUCTIONS = {"FROM", "COPY", "RUN", "ARG", "ENV", "USER", "WORKDIR", "ENTRYPOINT"}


def test_the_image_is_made_of_files_that_are_there() -> None:
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    text = re.sub(r"^#.*\n|\\\n", "", text, flags=re.M)
    lines = [line.split(maxsplit=1) for line in text.splitlines() if line.strip()]
    assert {instruction for instruction, _ in lines} == INSTRUCTIONS
    assert lines[0][0] == "FROM"
    copied = [rest.split()[0] for instruction, rest in lines if instruction == "COPY"]
    assert all((ROOT / name).exists() for name in copied if not name.startswith("--"))
    bases = [rest.split()[0] for instruction, rest in lines if instruction == "FROM"]
    assert {*bases} == {"python:3.12-slim"}
    assert json.loads(lines[-1][1]) == ["prefdata"]
