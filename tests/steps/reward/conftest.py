"""The tokenizers that rows are tokenised with."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.steps.reward.tokenised_rows import save_tokenizers


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a folder for each kind of tokenizer."""
    return save_tokenizers(tmp_path_factory.mktemp("tokenizers"))
