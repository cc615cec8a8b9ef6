"""What an installation of prefdata with some extras holds, and processes that see no more."""

from __future__ import annotations

import os
import re
import tomllib
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

_HIDES = """
import sys
from importlib.machinery import PathFinder

HIDDEN = {hidden!r}


class Hiding(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] in HIDDEN else super().find_spec(name, path, target)


sys.meta_path[:] = [Hiding if finder is PathFinder else finder for finder in sys.meta_path]
"""


@cache
def packages_of(*extras: str) -> frozenset[str]:
    """The packages of the core and of some extras, and all that these need."""
    found: set[str] = set()
    todo = [Requirement(f"prefdata[{','.join(extras)}]")]
    seen: set[str] = set()
    while todo:
        wanted = todo.pop()
        if str(wanted) in seen:
            continue
        seen.add(str(wanted))
        found.add(_plain(wanted.name))
        todo += [
            each
            for each in _needs(wanted.name, *wanted.extras)
            if each.marker is None
            or any(each.marker.evaluate({"extra": extra}) for extra in ("", *wanted.extras))
        ]
    return frozenset(found)


def modules_of(*extras: str) -> frozenset[str]:
    """The top-level modules of `packages_of`, of those that are installed here."""
    packages = packages_of(*extras)
    return frozenset(
        module
        for module, names in _modules().items()
        if packages & {_plain(name) for name in names}
    )


def environment_with(folder: Path, *extras: str) -> dict[str, str]:
    """Variables for processes that find no foreign module but those of the core and some extras.

    Their children see no more. `folder`: an empty one, for what hides the rest.
    """
    hidden = sorted({*_modules()} - modules_of(*extras) - {"prefdata", "coverage"})
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_HIDES.format(hidden=hidden), encoding="utf-8")
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}


@cache
def _modules() -> dict[str, list[str]]:
    return {name: [*packages] for name, packages in packages_distributions().items()}


def _needs(name: str, *extras: str) -> list[Requirement]:
    if name == "prefdata":  # what is installed may be older than what is written
        optional = PROJECT["optional-dependencies"]
        texts = [*PROJECT["dependencies"], *(text for extra in extras for text in optional[extra])]
    else:
        try:
            texts = distribution(name).requires or []
        except PackageNotFoundError:  # for other systems, or not installed here
            texts = []
    return [Requirement(text) for text in texts]


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
