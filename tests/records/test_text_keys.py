from __future__ import annotations

import random

import numpy as np
import pytest

from prefdata.records.text_keys import hashed, hashed_reference
from tests.ways import by_kernels

LENGTHS = (*range(300), 1023, 1024, 1025, 1088, 1089, 2048, 2049, 5000)


@pytest.mark.parametrize("seeds", [[0], [1, 2, 3], [2**63 + 5, 0, 2**32]])
def test_many_at_once_are_as_one_by_one_at_every_length(seeds: list[int]) -> None:
    random_bytes = random.Random(7).randbytes
    texts = [random_bytes(length) for length in LENGTHS]
    raw = np.frombuffer(b"".join(texts), np.uint8)
    bounds = np.cumsum([0, *map(len, texts)])
    each = np.resize(np.array(seeds, np.uint64), len(texts))
    with by_kernels():
        keys = hashed(raw, bounds, each)
    assert keys.tolist() == hashed_reference(raw, bounds, each).tolist()
