"""Messages of dialects are compared in the words of the shell, in which they are written."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _told_in_shell(in_shell: None) -> None: ...
