"""The map in CONTRIBUTING.md is that of the code, and the code stays small enough for one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from code_map import PACKAGE, PAGE, ROOT, code_map, layers, packages, page_with_map, purpose

import prefdata

MOST_MODULES = 20
PACKAGES = packages()


def name(package: Path) -> str:
    return package.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", PACKAGES, ids=name)
def test_each_package_says_in_one_line_what_it_is_for(package: Path) -> None:
    assert purpose(package).endswith("."), "the first line of the docstring is one sentence"


@pytest.mark.parametrize("package", [PACKAGE, *PACKAGES], ids=name)
def test_no_folder_holds_more_modules_than_can_be_looked_over(package: Path) -> None:
    modules = [path.name for path in package.glob("*.py") if path.name != "__init__.py"]
    assert len(modules) <= MOST_MODULES, "divide the folder by capability first"


def test_each_folder_of_code_is_a_package() -> None:
    folders = {path.parent for path in PACKAGE.rglob("*.py")}
    assert folders - {PACKAGE} == set(PACKAGES)


def test_each_package_stands_on_one_layer() -> None:
    placed = [place for layer in layers() for place in layer]
    assert len(placed) == len(set(placed))
    assert {path.name for path in PACKAGES if path.parent == PACKAGE} <= set(placed)


def test_no_package_hides_a_public_function() -> None:
    """A package `prefdata.audit` would take the place of the function as soon as it is imported."""
    assert [path.name for path in PACKAGES if path.parent == PACKAGE and path.name in names()] == []


def names() -> set[str]:
    return set(prefdata.__all__)


def test_the_map_names_each_package_once_and_is_the_one_in_the_page() -> None:
    shown = [line.split("|")[2].strip(" *`") for line in code_map().splitlines()[2:]]
    assert {path.relative_to(PACKAGE).as_posix() for path in PACKAGES} <= set(shown)
    assert len(shown) == len(set(shown))
    assert PAGE.read_text(encoding="utf-8") == page_with_map(), "run `make schemas`"


DESIGN = (ROOT / "docs" / "design.md").read_text(encoding="utf-8")


def test_the_layers_in_the_design_are_those_of_the_contract() -> None:
    _, _, rest = DESIGN.partition("## Layers and packages\n")
    block = rest.split("```text\n")[1].split("```")[0]
    assert [line.split(" | ") for line in block.splitlines()] == layers()


def test_the_design_names_modules_that_are_there() -> None:
    """A name in the right column is a module of the package on its left, or a path from the top."""
    rows = re.findall(r"^\| `([a-z_/]+)` \| (.*) \|$", DESIGN, flags=re.M)
    assert len(rows) > 20
    missing = [
        f"{package}: {named}"
        for package, text in rows
        for named in re.findall(r"`([a-z_/]+)`", text)
        if not (PACKAGE / package / f"{named}.py").exists() and not exists(named)
    ]
    assert missing == []


def exists(path: str) -> bool:
    """Is this a package, by its path from `prefdata`, or a command?"""
    return (PACKAGE / path).is_dir() or (PACKAGE / "cli" / f"{path}.py").exists()
