from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from small_folders import save_model, small_tokenizer
from small_models import VOCABULARY, small_model

from prefdata.config.reward import BackboneConfig
from prefdata.errors import ModelError
from prefdata.reward.backbone.open_backbone import Backbone, most_tokens, open_backbone


def opened(folder: Path | str, tokenizer: Any = None, seed: int = 0, **config: Any) -> Backbone:
    config_ = BackboneConfig(name=str(folder), **config)
    fitting = tokenizer or small_tokenizer(pad_token="<0>", eos_token="<1>")
    return open_backbone(config_, fitting, "cpu", seed=seed)


@pytest.mark.parametrize("kind", ["base", "causal"])
@pytest.mark.parametrize("name", ["qwen3", "llama", "bert"])
def test_gives_a_language_model_a_head_of_the_seed(tmp_path: Path, name: str, kind: str) -> None:
    if (name, kind) == ("bert", "causal"):
        pytest.skip("BERT is no decoder")
    folder = save_model(tmp_path, name, kind)
    one = opened(folder, seed=3)
    torch.rand(5)
    same, other = opened(folder, seed=3), opened(folder, seed=4)
    head = "score.weight" if name != "bert" else "classifier.weight"
    weights = [dict(each.model.named_parameters()) for each in (one, same, other)]
    assert one.remarks == ()
    assert weights[0][head].shape == (1, 32)
    assert torch.equal(weights[0][head], weights[1][head])
    assert not torch.equal(weights[0][head], weights[2][head])
    assert all(
        torch.equal(weight, weights[2][key]) for key, weight in weights[0].items() if key != head
    )
    embedding = small_model(name).get_input_embeddings().weight
    assert torch.equal(one.model.get_input_embeddings().weight, embedding)


def test_random_numbers_outside_stay_what_they_are(tmp_path: Path) -> None:
    save_model(tmp_path, "llama")
    torch.manual_seed(1)
    expected = torch.rand(2)
    torch.manual_seed(1)
    opened(tmp_path)
    assert torch.equal(torch.rand(2), expected)


def test_goes_on_from_a_reward_head(tmp_path: Path) -> None:
    found = opened(save_model(tmp_path, "llama", "reward"))
    assert "training goes on from it" in found.remarks[0]
    assert torch.equal(found.model.score.weight, small_model("llama").score.weight)


def test_replaces_a_head_of_several_numbers(tmp_path: Path) -> None:
    found = opened(save_model(tmp_path, "bert", "reward", labels=3))
    assert "gave several numbers" in found.remarks[0]
    assert found.model.classifier.weight.shape == (1, 32)
    assert found.model.config.num_labels == 1


def test_narrow_weights_become_float32_and_dropout_is_off(tmp_path: Path) -> None:
    small_model("bert").to(torch.bfloat16).save_pretrained(tmp_path)
    found = opened(tmp_path)
    assert {weight.dtype for weight in found.model.parameters()} == {torch.float32}
    dropouts = [part for part in found.model.modules() if isinstance(part, torch.nn.Dropout)]
    assert dropouts
    assert all(part.p == 0 for part in dropouts)


@pytest.mark.parametrize("pad", [None, "<1>"])
@pytest.mark.parametrize(("words", "rows"), [(VOCABULARY, VOCABULARY + 1), (90, VOCABULARY)])
def test_padding_gets_a_token_of_its_own(
    tmp_path: Path, pad: str | None, words: int, rows: int
) -> None:
    """In a row that no token uses, where there is one."""
    given = {} if pad is None else {"pad_token": pad}
    tokenizer = small_tokenizer(words, eos_token="<1>", **given)
    found = opened(save_model(tmp_path, "llama"), tokenizer)
    assert tokenizer.pad_token == "<|pad|>"
    assert tokenizer.pad_token_id == words
    assert found.model.get_input_embeddings().num_embeddings == rows
    assert found.model.config.vocab_size == rows
    assert found.model.config.pad_token_id == words
    assert "the padding token was " + ("none" if pad is None else "<1> (EOS)") in found.remarks[0]
    assert ("one row was added" in found.remarks[0]) == (rows > VOCABULARY)


def test_a_padding_token_that_the_vocabulary_has_is_taken(tmp_path: Path) -> None:
    tokenizer = small_tokenizer(90, eos_token="<1>")
    tokenizer.add_tokens(["<|finetune_right_pad_id|>"])
    found = opened(save_model(tmp_path, "llama"), tokenizer)
    assert tokenizer.pad_token_id == found.model.config.pad_token_id == 90
    assert tokenizer.pad_token == "<|finetune_right_pad_id|>"


def test_padding_of_its_own_stays(tmp_path: Path) -> None:
    tokenizer = small_tokenizer(pad_token="<7>", eos_token="<1>")
    found = opened(save_model(tmp_path, "llama"), tokenizer)
    assert tokenizer.pad_token_id == found.model.config.pad_token_id == 7
    assert found.remarks == ()


def test_a_vocabulary_that_does_not_fit(tmp_path: Path) -> None:
    save_model(tmp_path, "llama")
    with pytest.raises(ModelError, match=r"ids go up to 1,999, and .* ids up to 96\."):
        opened(tmp_path, small_tokenizer(2000, pad_token="<0>"))


@pytest.mark.parametrize(
    ("name", "most"),
    [("bert", 128), ("roberta", 127), ("gpt2", 128), ("opt", 128), ("llama", None)],
)
def test_a_model_with_too_few_positions(tmp_path: Path, name: str, most: int | None) -> None:
    """As many as it says run through it, and one more does not."""
    from transformers import AutoConfig, AutoModelForSequenceClassification

    sizes = {"hidden_size": 32, "num_attention_heads": 4, "num_hidden_layers": 1, "pad_token_id": 0}
    sizes |= {"n_positions" if name == "gpt2" else "max_position_embeddings": 128}
    config = AutoConfig.for_model(name, vocab_size=VOCABULARY, num_labels=1, **sizes)
    AutoModelForSequenceClassification.from_config(config).save_pretrained(tmp_path)
    tokenizer = small_tokenizer(pad_token="<0>", eos_token="<1>")
    asked = BackboneConfig(name=str(tmp_path))
    model = open_backbone(asked, tokenizer, "cpu", seed=0, tokens=most).model
    assert most_tokens(model) == most
    if most is not None:
        model(input_ids=torch.full((1, most), 5))
        with pytest.raises((IndexError, RuntimeError)):
            model(input_ids=torch.full((1, most + 1), 5))
        with pytest.raises(ModelError, match=f"takes {most} tokens .* length.tokens is {most + 1}"):
            open_backbone(asked, tokenizer, "cpu", seed=0, tokens=most + 1)


def test_weights_that_are_missing(tmp_path: Path) -> None:
    save_model(tmp_path, "llama")
    path = tmp_path / "model.safetensors"
    kept = {name: weight for name, weight in load_file(path).items() if "layers.1" not in name}
    save_file(kept, path, {"format": "pt"})
    with pytest.raises(ModelError, match="lacks 9 of its weights"):
        opened(tmp_path)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    save_model(tmp_path, "llama")
    weights = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    torch.save(weights, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match=r"no weights as safetensors.*save_pretrained"):
        opened(tmp_path)


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ('{"model_type": "vit"}', "no reward model can be made of"),
        ('{"model_type": "nobody-knows"}', "no reward model can be made of"),
        ("{", "no reward model can be made of"),
        ('{"auto_map": {"AutoConfig": "code.Config"}}', "no reward model can be made of"),
    ],
)
def test_folders_that_no_reward_model_can_be_made_of(
    tmp_path: Path, config: str, message: str
) -> None:
    save_model(tmp_path, "llama")
    (tmp_path / "config.json").write_text(config)
    with pytest.raises(ModelError, match=message):
        opened(tmp_path)


def test_folders_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"reward\.backbone\.name frozen"):
        opened(tmp_path / "none")
    shutil.rmtree(save_model(tmp_path / "gone", "llama"))
    (tmp_path / "gone").mkdir()
    with pytest.raises(ModelError, match="is no model"):
        opened(tmp_path / "gone")


def test_says_nothing_on_the_way(tmp_path: Path, capfd: Any) -> None:
    save_model(tmp_path, "llama", "causal")
    capfd.readouterr()
    opened(tmp_path, lora={"rank": 2})
    assert capfd.readouterr() == ("", "")
