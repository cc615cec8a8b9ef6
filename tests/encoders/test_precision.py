from __future__ import annotations

import json

import numpy as np
import pytest

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders import precision
from prefdata.encoders.open import open_encoder
from prefdata.encoders.precision import PROBES, SAFE, Choice, candidates, choose, lowest_cosine
from prefdata.errors import ModelError

FAST, SLOW = Choice("openvino", "bfloat16"), Choice("torch", "bfloat16")
TEXTS = ["the bread rises", "warm dough " * 40, "酵母和水", "def f(x): return x", "", "cold sea"]


def _vectors(cosine):
    """Unit vectors that keep this cosine to (1, 0)."""
    return np.array([[1.0, 0.0], [cosine, np.sqrt(1 - cosine**2)]], dtype=np.float32)


def _tried(cosines, keep=None, options=(FAST, SLOW, SAFE)):
    built = []

    def build(choice):
        built.append(choice)
        if cosines.get(choice) is None:
            raise RuntimeError("op not supported\nsecond line")
        return cosines[choice]

    choice, _ = choose(options, _vectors, build, keep)
    return choice, built


@pytest.mark.parametrize(
    ("fast", "slow", "taken"),
    [(0.9995, 1.0, FAST), (0.9, 0.9991, SLOW), (None, 0.5, SAFE), (None, None, SAFE)],
)
def test_the_first_that_agrees_with_float32_is_taken(fast, slow, taken):
    # The reference is compared with itself: both of its vectors are (1, 0).
    assert _tried({FAST: fast, SLOW: slow, SAFE: 1.0})[0] == taken


def test_the_choice_is_measured_once_and_kept_with_its_numbers(tmp_path):
    keep = tmp_path / "models" / "choice.json"
    choice, built = _tried({FAST: None, SLOW: 0.9996, SAFE: 1.0}, keep)
    assert (choice, built) == (SLOW, [SAFE, FAST, SLOW])
    assert json.loads(keep.read_text())["measured"] == [
        {"backend": "openvino", "dtype": "bfloat16", "failed": "op not supported second line"},
        {"backend": "torch", "dtype": "bfloat16", "cosine": 0.9996},
    ]
    assert _tried({SLOW: 0.1, SAFE: 1.0}, keep) == (SLOW, [SLOW])
    assert _tried({FAST: 1.0, SAFE: 1.0}, keep, (FAST, SAFE))[0] == FAST  # no longer asked for
    keep.write_text("{")
    assert _tried({FAST: 1.0, SAFE: 1.0}, keep)[0] == FAST


def test_the_only_option_is_not_measured_and_fails_with_a_way_out():
    assert _tried({FAST: 0.1}, options=[FAST]) == (FAST, [FAST])
    with pytest.raises(ModelError, match=r"by openvino in bfloat16: op not supported"):
        _tried({}, options=[FAST])


def test_a_row_that_is_not_finite_agrees_with_nothing():
    unit = np.array([[1.0, 0.0]])
    assert lowest_cosine(np.array([[np.nan, np.nan]]), unit) == -1
    assert lowest_cosine(unit, unit) == 1


@pytest.mark.parametrize(
    ("settings", "missing", "expected"),
    [
        ({}, (), ["openvino.bfloat16", "openvino.float32", "torch.bfloat16", "torch.float32"]),
        ({}, ("openvino",), ["torch.bfloat16", "torch.float32"]),
        ({"dtype": "float32"}, (), ["openvino.float32", "torch.float32"]),
        ({"backend": "torch"}, (), ["torch.bfloat16", "torch.float32"]),
        ({"backend": "torch", "dtype": "float16"}, (), ["torch.float16"]),
        ({"dtype": "float16"}, (), ["torch.float16"]),
    ],
)
def test_what_may_run_a_model_on_the_cpu(settings, missing, expected, monkeypatch):
    monkeypatch.setattr(precision, "is_installed", lambda backend: backend not in missing)
    monkeypatch.setattr(precision, "is_native", lambda choice, device: True)
    found = candidates(EncoderConfig(**settings), "cpu", is_plain=True)
    assert [f"{choice.backend}.{choice.dtype}" for choice in found] == expected


def test_hardware_without_bfloat16_is_not_asked_for_it(monkeypatch):
    monkeypatch.setattr(precision, "is_installed", lambda backend: True)
    monkeypatch.setattr(precision, "is_native", lambda choice, _: choice.dtype == "float32")
    found = candidates(EncoderConfig(), "cpu", is_plain=True)
    assert {choice.dtype for choice in found} == {"float32"}
    asked = EncoderConfig(backend="openvino", dtype="bfloat16")
    with pytest.raises(ModelError, match="this processor has no bfloat16"):
        candidates(asked, "cpu", is_plain=True)


def test_gpus_and_models_of_another_kind_run_by_torch_alone(monkeypatch):
    monkeypatch.setattr(precision, "is_installed", lambda backend: True)
    monkeypatch.setattr(precision, "is_native", lambda choice, device: True)
    for device, is_plain in (("cuda", True), ("cpu", False)):
        found = candidates(EncoderConfig(), device, is_plain=is_plain)
        assert {choice.backend for choice in found} == {"torch"}
    with pytest.raises(ModelError, match="last hidden state"):
        candidates(EncoderConfig(backend="openvino"), "cpu", is_plain=False)


@pytest.mark.parametrize(
    ("backend", "dtype"),
    [
        ("torch", "bfloat16"),
        ("torch", "float16"),
        ("openvino", "float32"),
        ("auto", "auto"),
    ],
)
def test_every_backend_gives_the_vectors_of_float32(tiny, tmp_path, backend, dtype):
    if backend == "openvino":
        pytest.importorskip("openvino", reason="openvino is not installed")
    wanted = {"name": str(tiny), "device": "cpu", "cache": str(tmp_path), "window": 24}
    expected = open_encoder(EncoderConfig(**wanted, backend="torch", dtype="float32")).encode(TEXTS)
    for _ in range(2):  # converted, then from what was kept
        encoder = open_encoder(EncoderConfig(**wanted, backend=backend, dtype=dtype))
        found = encoder.encode(TEXTS)
        full = found.windows > 0
        assert lowest_cosine(found.vectors[full], expected.vectors[full]) > 0.998
        assert np.array_equal(found.windows, expected.windows)
    kept = {path.name for path in tmp_path.rglob("*")}
    assert not [name for name in kept if name.startswith(".tmp")]
    if backend == "openvino":
        assert "model.xml" in kept
    if backend == "auto":
        assert encoder.identity.backend != "auto" != encoder.identity.dtype


def test_a_damaged_conversion_is_made_anew(tiny, tmp_path):
    pytest.importorskip("openvino", reason="openvino is not installed")
    config = EncoderConfig(
        name=str(tiny), device="cpu", cache=str(tmp_path), backend="openvino", dtype="float32"
    )
    expected = open_encoder(config).encode(TEXTS)
    (network,) = tmp_path.rglob("model.xml")
    network.write_text("<net", encoding="utf-8")
    again = open_encoder(config).encode(TEXTS)
    np.testing.assert_allclose(again.vectors, expected.vectors, atol=1e-5)
    assert network.stat().st_size > 1000


def test_a_cache_that_cannot_be_written_is_done_without(tiny, tmp_path):
    pytest.importorskip("openvino", reason="openvino is not installed")
    (tmp_path / "file").touch()
    config = EncoderConfig(name=str(tiny), device="cpu", cache=str(tmp_path / "file"))
    assert open_encoder(config).encode(["bread"]).windows.tolist() == [1]


def test_onednn_gives_the_numbers_of_pytorch():
    import torch

    from prefdata.models.onednn import speed_up_linear

    torch.manual_seed(1)
    module = torch.nn.Sequential(torch.nn.Linear(40, 70), torch.nn.GELU(), torch.nn.Linear(70, 9))
    values = torch.randn(5, 3, 40)
    with torch.inference_mode():
        expected = module(values)
        if not speed_up_linear(module):
            pytest.skip("this build of PyTorch has no oneDNN linear kernel")
        torch.testing.assert_close(module(values), expected, rtol=1e-5, atol=1e-5)


def test_probes_are_short_long_chinese_and_code():
    lengths = sorted(map(len, PROBES))
    assert lengths[0] < 10
    assert lengths[-1] > 3000
    assert any("的" in text for text in PROBES)
    assert any("def " in text for text in PROBES)
