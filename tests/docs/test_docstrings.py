"""Docstrings of public functions say what each parameter is; docs/python.md shows them."""

from __future__ import annotations

import inspect
import re

import pytest
from python_page import python_page

import prefdata

FUNCTIONS = {
    name: function
    for name in prefdata.__all__
    if inspect.isfunction(function := getattr(prefdata, name))
}


def test_there_are_functions() -> None:
    assert len(FUNCTIONS) == len(prefdata.__all__) - len(["BuildConfig", "PrefdataError"])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_explains_every_parameter_in_its_order_and_says_what_is_raised(
    name: str,
) -> None:
    text = inspect.getdoc(FUNCTIONS[name]) or ""
    explained = re.findall(r"^- `(\w+)`: \S", text, flags=re.M)
    assert explained == [*inspect.signature(FUNCTIONS[name]).parameters]
    assert text.split("\n\n")[-1].startswith("Raises ")


def test_the_page_shows_them() -> None:
    page = python_page()
    for name, function in FUNCTIONS.items():
        _, _, after = page.partition(f"### `{name}`\n")
        part = after.partition("\n### ")[0]
        for parameter in inspect.signature(function).parameters:
            assert f"\n| `{parameter}` | " in part
