from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import pytest

import prefdata

ASLEEP = "prefdata.engines.first"  # for workers: importing it puts pandas asleep
AIRFLOW = {
    f"prefdata.airflow.{name}"
    for name in (
        "operator", "reading", "auditing", "asking", "building", "training", "pushing", "hub",
        "waiting", "comparing",
    )
}  # fmt: skip  # import Airflow, which lives in an environment of its own
FOUND = (found.name for found in pkgutil.walk_packages(prefdata.__path__, "prefdata."))
MODULES = sorted(name for name in FOUND if name not in {ASLEEP, *AIRFLOW})


@pytest.mark.parametrize("name", ["prefdata", *MODULES])
def test_the_examples_in_docstrings_hold(name: str) -> None:
    assert doctest.testmod(import_module(name)).failed == 0


def test_there_are_examples() -> None:
    finder = doctest.DocTestFinder()
    found = [test for name in MODULES for test in finder.find(import_module(name)) if test.examples]
    assert len(found) > 10
