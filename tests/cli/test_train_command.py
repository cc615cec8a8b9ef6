"""`prefdata train` and `prefdata score` as commands: options, messages, exit codes, processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from prefdata.cli.main import exit_code_of
from prefdata.config.model import BuildConfig
from prefdata.reward.training.training_log import read_training_log

ROWS = [
    {
        "prompt": f"How many legs have {number} spiders, and who has counted them all?",
        "chosen": f"They have {8 * number} legs; {number} people counted.",
        "rejected": f"Nobody counts the legs of {number} spiders.",
    }
    for number in range(48)
]
HEADS = ["--model", "frozen", "--encoder", "ngrams", "--folds", "2", "--members", "2"]
BACKBONE = ["--batch", "4", "--learning-rate", "1e-3", "--checkpoint-every", "2", "--device", "cpu"]


@pytest.fixture
def source(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A causal language model of two small layers, whose words are bytes."""
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("models") / "tiny-llama"
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {letter: number for number, letter in enumerate([*letters, "<end>", "<pad>"])}
    backend = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    PreTrainedTokenizerFast(
        tokenizer_object=backend, eos_token="<end>", pad_token="<pad>"
    ).save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 2}
    heads = {"num_attention_heads": 2, "num_key_value_heads": 1}
    tokens = {"vocab_size": len(vocabulary), "max_position_embeddings": 512, "pad_token_id": 257}
    LlamaForCausalLM(LlamaConfig(**sizes, **heads, **tokens)).save_pretrained(folder)
    return folder


def environment() -> dict[str, str]:
    return os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "OMP_NUM_THREADS": "1"}


def started(*arguments: str, processes: int = 1) -> subprocess.Popen[str]:
    several = ["-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    command = [sys.executable, *(several if processes > 1 else []), "-m", "prefdata", *arguments]
    return subprocess.Popen(
        command, env=environment(), text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def result_of(out: Path) -> dict[str, Any]:
    result: dict[str, Any] = json.loads((out / "metrics.json").read_text())
    return result


def lasting(result: dict[str, Any]) -> dict[str, Any]:
    """Without what tells how a run went."""
    passing = ("seconds", "pairs_per_second", "resumed_at")
    course = {key: value for key, value in result["training"].items() if key not in passing}
    return {**result, "training": course}


def losses(out: Path) -> list[float]:
    return [line["loss"] for line in read_training_log(out) if "loss" in line]


def test_the_device_is_that_of_the_encoder_too(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[BuildConfig] = []
    monkeypatch.setattr(
        "prefdata.pipeline.train.train", lambda *_, config, **__: taken.append(config)
    )
    assert exit_code_of(["train", "a", "--out", "o", "--device", "cpu", "--batch", "9"]) == 0
    [config] = taken
    assert (config.reward.backbone.device, config.encoder.device) == ("cpu", "cpu")
    assert config.reward.optimiser.pairs == 9


def test_a_head_then_scores(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model"
    assert exit_code_of(["train", str(source), "--out", str(out), "--test", "0.2", *HEADS]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert "Reward head on ngrams, the mean of 2" in said.out
    assert f"prefdata score DATA --model {out}" in said.out.replace("\n", "")
    arguments = ["score", str(source), "--model", str(out), "--out", str(tmp_path / "s")]
    assert exit_code_of([*arguments, "--below", "0", "--drop", "--json"]) == 0
    scores = json.loads(capsys.readouterr().out)
    assert scores["counts"]["scored"] == len(ROWS)
    assert scores == json.loads((tmp_path / "s" / "scores.json").read_text())
    assert exit_code_of(arguments) == 1
    assert "--force" in capsys.readouterr().err
    assert exit_code_of([*arguments, "--force", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_json_is_the_metrics_file(
    source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "model")
    assert exit_code_of(["train", str(source), "--out", out, *HEADS, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert json.loads(said.out) == result_of(tmp_path / "model")


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["train", "{source}"], 2, "--out"),
        (["train", "--out", "{tmp}/o"], 2, "SOURCES"),
        (["train", "{source}", "--out", "{tmp}/o", "--epochs", "0"], 2, "--epochs"),
        (["train", "{source}", "--out", "{tmp}/o", "--beyond", "cut"], 2, "truncate-prompt-left"),
        (["train", "{source}", "--out", "{tmp}/o", "--patience", "2"], 2, "evaluation.every"),
        (["train", "{source}", "--out", "{tmp}/o", "--folds", "1"], 2, "folds: 1"),
        (["train", "{source}", "--out", "{tmp}/o", "--device", "toaster"], 2, "toaster"),
        (["train", "{source}", "--out", "{tmp}/o", "--model", "{tmp}/absent"], 2, "no folder"),
        (["train", "{tmp}/absent.jsonl", "--out", "{tmp}/o", *HEADS], 1, "does not exist"),
        (["train", "{source}", "--out", "{tmp}", *HEADS], 1, "lies in the output folder"),
        (["train", "{source}", "--out", "{tmp}/o", "--test", "1"], 2, "nothing would be left"),
        (["score", "{source}", "--out", "{tmp}/o"], 2, "--model"),
        (["score", "{source}", "--out", "{tmp}/o", "--model", "m", "--drop"], 2, "--drop needs"),
        (["score", "{source}", "--out", "{tmp}/o", "--model", "{tmp}/absent"], 2, "does not exist"),
        (["score", "{source}", "--out", "{tmp}/o", "--model", "{tmp}"], 2, "holds no reward model"),
    ],
)  # fmt: skip
def test_errors_say_what_to_do_and_leave_no_folder(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    said: str,
) -> None:
    assert exit_code_of([a.format(source=source, tmp=tmp_path) for a in arguments]) == code
    printed = capsys.readouterr()
    assert said in printed.err
    assert printed.out == ""
    assert not (tmp_path / "o").exists()


def test_killed_and_called_again_it_gives_the_same_weights_and_numbers(
    source: Path, model: Path, tmp_path: Path
) -> None:
    arguments = ["train", str(source), "--model", str(model), *BACKBONE, "--epochs", "4", "--quiet"]
    out, whole = tmp_path / "out", tmp_path / "whole"
    run = started(*arguments, "--out", str(out))
    try:
        while run.poll() is None and not list(tmp_path.glob(".out.prefdata/training-*/step-*")):
            time.sleep(0.005)
        assert run.poll() is None, run.communicate()
    finally:
        run.kill()
        run.communicate()
    assert not out.exists()
    assert exit_code_of([*arguments, "--out", str(out)]) == 0
    assert exit_code_of([*arguments, "--out", str(whole)]) == 0
    assert 0 < result_of(out)["training"]["resumed_at"] < result_of(out)["training"]["steps"]
    assert lasting(result_of(out)) == lasting(result_of(whole))
    for name in ("model.safetensors", "rows.parquet", "reward_model.json"):
        assert (out / name).read_bytes() == (whole / name).read_bytes(), name
    assert losses(out) == losses(whole)
    assert not (tmp_path / ".out.prefdata").exists()


def test_stopped_by_hand_it_says_so_in_one_line(source: Path, model: Path, tmp_path: Path) -> None:
    arguments = ["--model", str(model), *BACKBONE, "--epochs", "1000"]
    run = started("train", str(source), "--out", str(tmp_path / "out"), *arguments)
    while run.poll() is None and not list(tmp_path.glob(".out.prefdata/training-*/step-*")):
        time.sleep(0.005)
    run.send_signal(signal.SIGINT)
    out, err = run.communicate(timeout=60)
    assert (run.returncode, out) == (130, "")
    assert err.strip() == "Stopped. Nothing half-made is left; the same command resumes."
    assert not (tmp_path / "out").exists()


def test_two_processes_train_one_model(source: Path, model: Path, tmp_path: Path) -> None:
    arguments = ["train", str(source), "--model", str(model), *BACKBONE, "--test", "0.2"]
    run = started(*arguments, "--out", str(tmp_path / "two"), processes=2)
    out, err = run.communicate(timeout=120)
    assert run.returncode == 0, err
    assert out.count("Reward model on") == 1
    assert exit_code_of([*arguments, "--out", str(tmp_path / "one"), "--quiet"]) == 0
    assert losses(tmp_path / "two") == pytest.approx(losses(tmp_path / "one"), abs=1e-5)
    two, one = result_of(tmp_path / "two"), result_of(tmp_path / "one")
    assert (two["training"]["processes"], one["training"]["processes"]) == (2, 1)
    assert two["held_out"]["loss"] == pytest.approx(one["held_out"]["loss"], abs=1e-5)
    assert two["data"] == one["data"]


def test_of_two_processes_one_says_what_is_wrong(model: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jsonl").write_text("{broken\n")
    arguments = [str(tmp_path / "broken.jsonl"), "--model", str(model), "--device", "cpu"]
    run = started("train", *arguments, "--out", str(tmp_path / "out"), processes=2)
    out, err = run.communicate(timeout=120)
    assert run.returncode == 1
    assert err.count("Error: no pair is left to train on") == 1
    assert out == ""
    assert not (tmp_path / "out").exists()
