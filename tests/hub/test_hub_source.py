"""A dataset on the Hub is a source like any other: from the shell, and from Python."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hub_clients import Client
from hub_outputs import BASE, Recipe
from hub_push import Push

pytestmark = pytest.mark.slow


def test_what_was_pushed_is_read_from_where_it_lies(
    push: Push, client: Client, outputs: Callable[[Recipe], Path]
) -> None:
    push(outputs(BASE), "lab/pairs")
    read = client(
        """
        import prefdata
        whole = prefdata.validate("hf://datasets/lab/pairs")
        built = prefdata.build("hf://datasets/lab/pairs/data", out=f"{tmp}/again")
        out["records"] = whole.records
        out["splits"] = built.counts.splits
        out["sources"] = [source.name for source in built.sources]
        """
    )
    assert read["records"] == 60
    assert sum(read["splits"].values()) == 60
    assert read["splits"]["test"] > 0
    assert all(name.startswith("hf://datasets/lab/pairs/data/") for name in read["sources"])
