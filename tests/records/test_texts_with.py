from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.records.texts import texts_with
from tests.ways import WAYS, Way

texts = st.none() | st.text(st.sampled_from("a<é中"), max_size=4)


@pytest.mark.parametrize("way", WAYS)
@given(found=st.lists(texts, max_size=8), start=st.integers(0, 3))
def test_the_texts_with_a_character_are_found(
    way: Way, found: list[str | None], start: int
) -> None:
    with way():
        rows = texts_with(pa.array(found, pa.string()).slice(start), ord("<"))
    assert rows.tolist() == [i for i, text in enumerate(found[start:]) if text and "<" in text]
