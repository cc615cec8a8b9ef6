from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from hypothesis import settings

from prefdata.errors import told_in_shell

# a machine that is busy is no reason for a test to fail
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# tests read help in English, whoever runs them
os.environ["LC_MESSAGES"] = "C"
if os.environ.get("LC_ALL", "").lower().startswith("zh"):
    os.environ["LC_ALL"] = "C.UTF-8"


@pytest.fixture
def in_shell() -> Iterator[None]:
    """Messages name options as the command line does, as for whoever calls it."""
    with told_in_shell():
        yield
