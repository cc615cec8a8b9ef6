"""`prefdata schema` prints every schema there is."""

from __future__ import annotations

from prefdata.cli.schema import NAMES
from prefdata.pipeline.schemas import MODELS


def test_the_command_knows_every_schema() -> None:
    assert set(NAMES) == set(MODELS)
