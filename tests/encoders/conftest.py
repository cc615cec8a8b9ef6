from __future__ import annotations

import pytest

WORDS = (
    *("the", "a", "of", "to", "bread", "rises", "dough", "yeast", "warm", "cold", "night", "water"),
    *("sea", "boil", "point", ".", ",", "?", "水", "酵", "母", "面"),
)


@pytest.fixture(scope="session")
def make_model(tmp_path_factory):
    """Builds a tiny BERT with random weights as a SentenceTransformer and saves it."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import (
        Dense,
        Normalize,
        Pooling,
        Transformer,
    )
    from transformers import BertConfig, BertModel, BertTokenizerFast

    from prefdata.models.quiet import quiet

    def make(*, pooling="mean", dense=False, window=32, **options):
        folder = tmp_path_factory.mktemp("model")
        torch.manual_seed(5)
        pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS]
        pieces += [f"##{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
        pieces += list("abcdefghijklmnopqrstuvwxyz0123456789:")
        (folder / "vocab.txt").write_text("\n".join(dict.fromkeys(pieces)), encoding="utf-8")
        settings = BertConfig(
            vocab_size=len(set(pieces)), hidden_size=24, num_hidden_layers=2,
            num_attention_heads=3, intermediate_size=48, max_position_embeddings=64,
            initializer_range=0.5,
        )  # fmt: skip
        with quiet():
            BertModel(settings).save_pretrained(folder / "bert")
            BertTokenizerFast(str(folder / "vocab.txt")).save_pretrained(folder / "bert")
            transformer = Transformer(str(folder / "bert"), max_seq_length=window)
            modules = [transformer, Pooling(24, pooling)]
            if dense:
                modules += [Dense(24, 12), Normalize()]
            model = SentenceTransformer(modules=modules, device="cpu", **options)
            model.save(str(folder / "saved"))
        return folder / "saved"

    return make


@pytest.fixture(scope="session")
def tiny(make_model):
    """The folder of a model with a window of 32 tokens and vectors of 24 numbers."""
    return make_model()
