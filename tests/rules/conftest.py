from __future__ import annotations

from collections.abc import Iterator

import pytest

from prefdata.rules import rule


@pytest.fixture(scope="module", autouse=True)
def gates_for_the_least_batch() -> Iterator[None]:
    """Tests of rules have small batches, which are otherwise examined without gates."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rule, "FEW_BYTES", -1)
        yield
