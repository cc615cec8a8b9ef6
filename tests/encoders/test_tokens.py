from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.encoders import tokens
from prefdata.encoders.texts import blocks, different
from prefdata.encoders.tokens import pieces, sound, token_ids, tokenised


@pytest.fixture(scope="module")
def tokenizer(tiny):
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(tiny)


@given(st.text(alphabet="ab \n水", max_size=60), st.integers(1, 12))
def test_pieces_joined_are_the_text(text, size):
    found = list(pieces(text, size))
    assert "".join(found) == text
    assert all(0 < len(piece) <= size for piece in found) or text == ""


def test_pieces_end_before_white_space_so_that_tokens_stay_whole(tokenizer, monkeypatch):
    monkeypatch.setattr(tokens, "CALL", 64)
    text = "the bread rises, warm dough. " * 40
    whole = token_ids(tokenizer, [text])[0]
    found = [token_ids(tokenizer, [piece])[0] for piece in pieces(text, 50)]
    assert np.array_equal(np.concatenate(found), whole)
    ids, counts = tokenised(tokenizer, ["", text, "dough", " ", text])
    assert counts.tolist() == [0, len(whole), 1, 0, len(whole)]
    assert np.array_equal(ids[: len(whole)], whole)


def test_nothing_is_truncated_and_nobody_warns(tokenizer, capfd):
    tokenizer("the bread", truncation=True, padding="max_length", max_length=8)  # it remembers
    (ids,) = token_ids(tokenizer, ["bread " * 1000])
    assert len(ids) == 1000
    assert capfd.readouterr() == ("", "")


def test_lone_surrogates_become_question_marks(tokenizer):
    assert sound("warm \ud83d") == "warm ?"
    assert sound("warm 😀") == "warm 😀"
    assert np.array_equal(*token_ids(tokenizer, ["warm \udc00", "warm ?"]))


@pytest.mark.parametrize("text", ["warm dough " * 400_000, "x" * 4_000_000, "水" * 2_000_000])
def test_a_huge_text_takes_seconds(tokenizer, text):
    begin = time.perf_counter()
    ids, counts = tokenised(tokenizer, [text])
    assert counts[0] == len(ids) > 30
    assert time.perf_counter() - begin < 60


def test_texts_are_taken_once_and_blank_ones_not_at_all():
    unique, which = different(["b", " ", "a", "b", "", "cc", "\n\t"])
    assert [unique[place] for place in which] == ["b", " ", "a", "b", "", "cc", "\n\t"]
    assert [[unique[place] for place in block] for block in blocks(unique, 2)] == [
        ["b", "a"],
        ["cc"],
    ]
    assert list(blocks([""])) == []
