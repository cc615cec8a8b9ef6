from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from prefdata.encoders.windows import Frame, Pool, cut, normalised, window_counts


def _frame(window, *, special=0, prompt=0):
    ids = np.full(9, 7, np.int32)
    return Frame(window, ids[: special // 2], ids[: special - special // 2], ids[:prompt])


@given(
    st.lists(st.integers(0, 60), max_size=8),
    st.integers(0, 3),
    st.integers(0, 4),
    st.integers(1, 9),
)
def test_chunks_hold_each_token_once_within_the_window(counts, special, prompt, room):
    frame = _frame(room + special + prompt, special=special, prompt=prompt)
    counts = np.array(counts, dtype=np.int64)
    tokens = np.arange(counts.sum(), dtype=np.int32) + 100
    chunks = cut(counts, frame)
    rows = [chunks.row(chunk, tokens) for chunk in range(len(chunks.text))]
    assert [len(row) for row in rows] == chunks.lengths.tolist()
    assert max(chunks.lengths, default=0) <= frame.window
    assert np.array_equal(
        np.bincount(chunks.text, minlength=len(counts)), window_counts(counts, frame)
    )
    body = np.concatenate([row[row >= 100] for row in rows] + [np.zeros(0, np.int32)])
    assert np.array_equal(body, tokens)
    # Every chunk but the last of a text is full, and the first has the prompt already.
    last = np.append(chunks.is_first, True)[1:]
    assert (chunks.lengths[~last] == frame.window).all()


def test_later_chunks_get_the_prompt_again_and_weigh_without_it():
    frame = Frame(6, np.array([1]), np.array([2]), np.array([8, 9]))
    chunks = cut(np.array([7]), frame)
    tokens = np.array([8, 9, 10, 11, 12, 13, 14])
    assert [chunks.row(chunk, tokens).tolist() for chunk in range(3)] == [
        [1, 8, 9, 10, 11, 2],
        [1, 8, 9, 12, 13, 2],
        [1, 8, 9, 14, 2],
    ]
    assert chunks.weights.tolist() == [2, 2, 1]


def test_pooling_weighs_unit_vectors_by_tokens():
    pool = Pool(3)
    pool.add(np.array([0, 1]), np.array([3, 1]), np.array([[2.0, 0.0], [0.0, 5.0]]))
    pool.add(np.array([0]), np.array([1]), np.array([[0.0, 9.0]]))
    vectors = pool.vectors()
    np.testing.assert_allclose(vectors[0], np.array([3, 1]) / np.sqrt(10), rtol=1e-6)
    np.testing.assert_allclose(vectors[1], [0, 1])
    assert np.isnan(vectors[2]).all()
    assert np.isnan(Pool(2).vectors()).all()


def test_a_chunk_that_is_not_finite_spoils_its_text_alone():
    pool = Pool(2)
    pool.add(np.array([0, 0, 1]), np.ones(3, int), np.array([[1, 0], [np.inf, 0], [0, 1.0]]))
    assert np.isnan(pool.vectors()).all(axis=1).tolist() == [True, False]


def test_what_has_no_direction_is_nan():
    found = normalised(np.array([[3.0, 4.0], [0.0, 0.0], [np.nan, 1.0], [-np.inf, 1.0]]))
    np.testing.assert_allclose(found[0], [0.6, 0.8], rtol=1e-6)
    assert np.isnan(found[1:]).all()
    assert found.dtype == np.float32
