from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders import ngrams
from prefdata.encoders.encoder import Encoder
from prefdata.encoders.ngrams import LONGEST, open_ngrams, slow_vector
from prefdata.errors import ModelError

MIXED = st.text(
    st.one_of(
        st.characters(), st.sampled_from("the a of 的了我天气ＡﬁßİΣς\0\u200b\ud800 \n.,!🙂ไทย한")
    )
)


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return open_ngrams(EncoderConfig(name="ngrams"))


def similarity(encoder: Encoder, one: str, other: str) -> float:
    first, second = encoder.encode([one, other]).vectors
    return float(first @ second)


@given(st.lists(MIXED, max_size=4))
def test_the_kernel_computes_what_plain_python_does(texts: list[str]) -> None:
    encoded = open_ngrams(EncoderConfig(name="ngrams")).encode(texts)
    slow = [slow_vector(text) for text in texts]
    expected = np.array(slow, np.float32).reshape(len(texts), encoded.vectors.shape[1])
    np.testing.assert_array_equal(encoded.vectors, expected)
    np.testing.assert_array_equal(encoded.windows == 0, np.isnan(expected).all(axis=1))


@given(st.lists(MIXED, min_size=1, max_size=6), st.randoms())
def test_equal_texts_get_equal_vectors_whatever_is_beside_them(texts: list[str], random) -> None:  # type: ignore[no-untyped-def]
    encoder = open_ngrams(EncoderConfig(name="ngrams"))
    shuffled = random.sample(texts, len(texts))
    together = encoder.encode(texts).vectors
    for text, vector in zip(shuffled, encoder.encode(shuffled).vectors, strict=True):
        np.testing.assert_array_equal(vector, together[texts.index(text)])


@pytest.mark.parametrize("text", ["", " \n\t", "\u3000", "\0", "\u200b\u200b"])
def test_what_holds_nothing_has_no_embedding(encoder: Encoder, text: str) -> None:
    encoded = encoder.encode([text, "something"])
    assert encoded.windows.tolist() == [0, 1]
    assert np.isnan(encoded.vectors[0]).all()
    assert np.linalg.norm(encoded.vectors[1]) == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("text", ["!", "🙂", "\ud800", "x", "不", "\ue000"])
def test_one_sign_has_an_embedding(encoder: Encoder, text: str) -> None:
    assert encoder.encode([text]).windows.tolist() == [1]


def test_features_that_cancel_out_leave_an_embedding(encoder: Encoder) -> None:
    letters = [letter for letter in map(chr, range(0x390, 0x590)) if letter.islower()]
    vectors = encoder.encode(letters).vectors
    opposite = np.argwhere(vectors @ vectors.T == -1)  # one place each, and it is the same
    assert len(opposite)
    one, other = opposite[0]
    together = encoder.encode([f"{letters[one]} {letters[other]}"]).vectors[0]
    np.testing.assert_array_equal(together, vectors[one])
    np.testing.assert_array_equal(together, slow_vector(f"{letters[one]} {letters[other]}"))


@pytest.mark.parametrize(
    ("text", "like", "unlike"),
    [
        ("Sort the numbers with Python", "sorting numbers in PYTHON", "Boil the eggs with salt"),
        ("博物馆每周一闭馆", "星期一博物馆不开放", "鸡蛋要煮七分钟"),
        ("ＡＢＣ ｄｅｆ", "abc def", "the colours of autumn"),
        ("Straße", "STRASSE", "garden"),
        ("ภาษาไทยยากไหม", "ภาษาไทยง่าย", "วันนี้ฝนตก"),
    ],
)
def test_what_is_alike_is_nearer(encoder: Encoder, text: str, like: str, unlike: str) -> None:
    assert similarity(encoder, text, like) > similarity(encoder, text, unlike) + 0.2


def test_a_text_of_50_megabytes_survives(encoder: Encoder) -> None:
    text = "The quick brown fox, 敏捷的棕色狐狸. " * 1_500_000
    start = time.process_time()
    encoded = encoder.encode([text, "small"])
    assert encoded.windows.tolist() == [1, 1]
    assert float(encoded.vectors[0] @ encoder.encode([text[:3000]]).vectors[0]) > 0.99
    assert len(text) > 40 * LONGEST
    assert time.process_time() - start < 60


def test_progress_counts_every_text(encoder: Encoder) -> None:
    counted: list[int] = []
    encoder.encode(["word " * 10_000] * 5 + [""] * 3, counted.append)
    assert sum(counted) == 8
    assert len(counted) > 1


def test_the_fingerprint_covers_what_changes_a_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    def fingerprint(**settings: object) -> str:
        return open_ngrams(EncoderConfig(name="ngrams", **settings)).identity.fingerprint

    plain = fingerprint()
    assert plain == fingerprint(long="first", batch_tokens=99, device="cpu")
    assert plain != fingerprint(prompt="query: ")
    monkeypatch.setattr(ngrams, "VERSION", "another")
    assert plain != fingerprint()


def test_a_prompt_is_put_before(encoder: Encoder) -> None:
    prompted = open_ngrams(EncoderConfig(name="ngrams", prompt="query: "))
    np.testing.assert_array_equal(
        prompted.encode(["foxes", " "]).vectors,
        encoder.encode(["query: foxes", ""]).vectors,
    )


@pytest.mark.parametrize(
    "setting",
    [
        {"revision": "main"},
        {"backend": "openvino"},
        {"dtype": "bfloat16"},
        {"device": "cuda"},
        {"window": 128},
    ],
)
def test_what_it_does_not_have_is_refused(setting: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=f"no {next(iter(setting))} to choose"):
        open_ngrams(EncoderConfig(name="ngrams", **setting))
