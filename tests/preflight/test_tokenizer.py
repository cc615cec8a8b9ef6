from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from prefdata.errors import MissingExtraError, UsageError
from prefdata.preflight import load_tokenizer, mode, tokenizer_findings


@pytest.fixture
def saved(make_tokenizer, tmp_path):
    folder = tmp_path / "tokenizer"
    make_tokenizer(model_max_length=4).save_pretrained(folder)
    return folder


def test_a_saved_tokenizer_loads_from_its_folder(saved, monkeypatch):
    tokenizer = load_tokenizer(str(saved))
    assert mode(tokenizer) == "chat-template"
    assert tokenizer_findings(tokenizer) == {}
    monkeypatch.setenv("HOME", str(saved.parent))
    assert load_tokenizer("~/tokenizer").eos_token == "<|im_end|>"


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("/no/such/folder", "does not exist"),
        ("./nothing", "does not exist"),
        ("{empty}", "No tokenizer could be loaded"),
        ("{broken}", "No tokenizer could be loaded"),
        ("{file}", "is a file. Pass the folder"),
        ("nobody/nothing-at-all", "fetch it once where there is a network"),
        ("not a name", "Pass the folder of a saved tokenizer"),
    ],
)
def test_what_is_no_tokenizer_is_said_with_a_way_out(name, says, tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/tokenizer.json").write_text("{", encoding="utf-8")
    (tmp_path / "file").touch()
    places = {place: str(tmp_path / place) for place in ("empty", "broken", "file")}
    with pytest.raises(UsageError, match=says):
        load_tokenizer(name.format(**places))


def test_a_name_that_the_hub_does_not_know(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("prefdata.preflight.tokenizer.hub_answers", lambda: True)
    with pytest.raises(UsageError, match="No tokenizer could be loaded from 'nobody/nothing'"):
        load_tokenizer("nobody/nothing")


def test_a_hub_out_of_reach_is_given_up_on(monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(UsageError, match="cannot be reached"):
        load_tokenizer("nobody/nothing")


def test_code_that_comes_with_a_tokenizer_is_not_run(saved, tmp_path):
    mark = tmp_path / "ran"
    (saved / "tokenization_own.py").write_text(f"open({str(mark)!r}, 'w')", encoding="utf-8")
    own = {"tokenizer_class": "Own", "auto_map": {"AutoTokenizer": ["tokenization_own.Own", None]}}
    (saved / "tokenizer_config.json").write_text(json.dumps(own), encoding="utf-8")
    (saved / "tokenizer.json").unlink()
    with pytest.raises(UsageError, match="is not run"):
        load_tokenizer(str(saved))
    assert not mark.exists()


def test_a_missing_library_names_the_command(saved, monkeypatch):
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(MissingExtraError, match=r"transformers.*pip install 'prefdata\[train\]'"):
        load_tokenizer(str(saved))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"pad_token": "<|im_end|>"}, "The pad token is the EOS token"),
        ({"pad_token": None}, "no pad token; trainers pad with EOS"),
        ({"pad_token": None, "eos_token": None}, "there is no EOS either"),
    ],
)
def test_pad_is_eos(make_tokenizer, options, says):
    [(code, evidence)] = tokenizer_findings(make_tokenizer(**options)).items()
    assert code == "pad-is-eos"
    assert says in evidence


def test_nothing_is_printed_and_nothing_heavy_imported_early(saved):
    script = f"""
import os, sys
import pyarrow as pa
from prefdata.preflight import load_tokenizer, preflight
from prefdata.records.columns import text_batch
import numpy as np
assert "transformers" not in sys.modules
row = np.arange(1)
batch = text_batch(row, row, ["sky? " * 50], ["blue"], ["red"])
assert len(preflight(batch, load_tokenizer({str(saved)!r}), 9)) == 2
assert "TRANSFORMERS_NO_ADVISORY_WARNINGS" not in os.environ
"""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TRANSFORMERS")}
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
