from __future__ import annotations

from collections.abc import Iterator

import pytest

from prefdata.rules import rule
from tests.ways import WAYS, Way


@pytest.fixture(scope="module", autouse=True, params=WAYS)
def gates_for_the_least_batch(request: pytest.FixtureRequest) -> Iterator[None]:
    """Tests of rules have small batches, which are otherwise examined without gates."""
    way: Way = request.param
    with pytest.MonkeyPatch.context() as patch, way():
        patch.setattr(rule, "FEW_BYTES", -1)
        yield
