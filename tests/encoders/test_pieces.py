from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.encoders.light import pieces_of

TEXTS = st.text(st.sampled_from("ab中。.?! \n，\u2028\ud800"), max_size=300)


@given(TEXTS, st.integers(1, 40))
def test_pieces_joined_are_the_text_and_none_is_too_long(text: str, most: int) -> None:
    pieces = list(pieces_of(text, most))
    assert "".join(pieces) == text
    assert all(0 < len(piece) <= most for piece in pieces)


@given(TEXTS, st.integers(1, 40))
def test_pieces_are_at_most_twice_as_many_as_needed(text: str, most: int) -> None:
    assert len(list(pieces_of(text, most))) <= 2 * -(-len(text) // most) + 1


@pytest.mark.parametrize(
    ("text", "most", "pieces"),
    [
        ("", 5, []),
        ("short", 5, ["short"]),
        ("第一句话在这里。第二句话在这里。", 10, ["第一句话在这里。", "第二句话在这里。"]),
        ("One, two. Three and four.", 17, ["One, two.", " Three and four."]),
        ("first line\n\nand. then more", 22, ["first line\n\n", "and. then more"]),
        ("three point 1.5 or 2.5 or", 20, ["three point ", "1.5 or 2.5 or"]),
        ("a" * 7, 3, ["aaa", "aa", "aa"]),
    ],
)
def test_a_cut_comes_where_a_reader_would_make_it(text: str, most: int, pieces: list[str]) -> None:
    assert list(pieces_of(text, most)) == pieces
