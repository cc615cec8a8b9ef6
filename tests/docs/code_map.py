"""The map of the code in CONTRIBUTING.md: the layers, their packages, and what each is for.

The order comes from the layer contract in pyproject.toml, the words from the docstrings of the
packages.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "CONTRIBUTING.md"
PACKAGE = ROOT / "prefdata"
BEGIN, END = "<!-- begin: map, by `make schemas` -->\n", "<!-- end: map -->\n"


def page_with_map() -> str:
    """CONTRIBUTING.md with the map as it has to stand there now."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{PAGE.name} has no place for the map: {BEGIN.strip()} ... {END.strip()}")
    return f"{before}{BEGIN}{code_map()}{END}{after}"


def code_map() -> str:
    """The layers from the top down, each with its packages and the packages inside of them."""
    lines = ["| layer | package | what it is for |", "|---|---|---|"]
    for number, names in enumerate(layers(), start=1):
        for name in names:
            lines.append(f"| {number} | **`{name}`** | {purpose(PACKAGE / name)} |")
            lines += [
                f"| | `{room.relative_to(PACKAGE).as_posix()}` | {purpose(room)} |"
                for room in rooms(PACKAGE / name)
            ]
    return "\n".join(lines) + "\n"


def layers() -> list[list[str]]:
    """The names of packages and modules on each layer, as the contract has them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    [contract] = [
        contract
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    return [
        [name.removeprefix("prefdata.") for name in re.split(r"\s*[|:]\s*", layer)]
        for layer in contract["layers"]
    ]


def packages() -> list[Path]:
    """The folder of every package below prefdata."""
    return sorted(path.parent for path in PACKAGE.rglob("__init__.py") if path.parent != PACKAGE)


def rooms(package: Path) -> Iterator[Path]:
    """The packages inside of a package."""
    return (path for path in packages() if path.parent == package)


def purpose(place: Path) -> str:
    """The first line of the docstring of a package, or of a module."""
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
    if not text:
        raise ValueError(f"{file.relative_to(ROOT)} does not say what it is for: add a docstring")
    return text.splitlines()[0]
