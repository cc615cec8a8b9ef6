"""A reward model as a filter of a build."""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from scored_models import ROWS, rewards_by_transformers, save_backbone
from sound_pairs import Write

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.errors import ModelError, RunError
from prefdata.io.files.ledger import missing_representatives, scan_ledger
from prefdata.pipeline.build import build
from prefdata.pipeline.explain import explain
from prefdata.pipeline.stages import reward_filter as judge
from prefdata.pipeline.verify import verify


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_backbone(tmp_path_factory.mktemp("models") / "tiny-qwen3", "Qwen3", seed=5)


def config(model: Path, **of_filter: Any) -> BuildConfig:
    return config_of(
        {
            "check": {"rules": {"negative-margin": "off", "tie": "off"}},
            "reward": {"filter": {"model": str(model), "action": "drop", **of_filter}},
            "near": {"action": "off"},
            "split": {"test": 0.3},
        }
    )


def said(out: Path, reason: str) -> dict[int, str]:
    """Row to evidence, of rows dropped or flagged for a reason."""
    lines = scan_ledger(out).collect().iter_rows(named=True)
    return {
        line["row"]: each["evidence"]
        for line in lines
        for each in (line, *line["flags"])
        if each["reason"] == reason
    }


def files_of(out: Path) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


LONG = {"prompt": "Long?", "chosen": "word " * 600, "rejected": "No."}


@pytest.mark.parametrize("action", ["drop", "flag"])
@pytest.mark.parametrize("below", [0.0, 0.3])
def test_what_the_model_speaks_against_goes(
    action: str, below: float, qwen: Path, write: Write, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    source = write("a.jsonl", [*ROWS, LONG])
    manifest = build([source], out=out, config=config(qwen, action=action, below=below))
    rewards = rewards_by_transformers(qwen, ROWS)
    low = {row: pair for row, pair in enumerate(rewards) if pair[0] - pair[1] < below}
    assert 0 < len(low) < len(ROWS)
    assert said(out, "low-reward-margin") == {
        row: f"reward margin {chosen - rejected:.2f} (chosen {chosen:.2f}, "
        f"rejected {rejected:.2f}), below {below:.2f}"
        for row, (chosen, rejected) in low.items()
    }
    counts = manifest.counts
    assert (counts.read, counts.balance()) == (len(ROWS) + 1, 0)
    done = counts.dropped if action == "drop" else counts.flagged
    assert done["low-reward-margin"] == len(low)
    [evidence] = said(out, "not-scored").values()
    assert evidence.startswith("too-long: ")  # and it stays: nobody could judge it
    assert counts.flagged["not-scored"] == 1
    assert manifest.reward_model is not None
    assert (manifest.reward_model.name, manifest.reward_model.kind) == ("tiny-qwen3", "backbone")
    assert verify(out).problems == ()
    shown = explain(out, reason="low-reward-margin").shown
    assert {each.line["row"] for each in shown} == low.keys()


def test_only_what_disagrees_with_its_own_margin_goes(
    qwen: Path, write: Write, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    manifest = build([write("a.jsonl", ROWS)], out=out, config=config(qwen, agree=True))
    margins = [chosen - rejected for chosen, rejected in rewards_by_transformers(qwen, ROWS)]
    expected = [
        number
        for number, (row, margin) in enumerate(zip(ROWS, margins, strict=True))
        if row.get("margin", 0) * margin < 0
    ]
    assert list(said(out, "margin-disagrees")) == expected
    assert manifest.counts.dropped == {"margin-disagrees": len(expected)} if expected else {}


def test_where_no_row_can_be_judged_it_is_said(qwen: Path, write: Write, tmp_path: Path) -> None:
    rows = [{**row, "margin": None} for row in ROWS]
    manifest = build(
        [write("a.jsonl", rows)], out=tmp_path / "out", config=config(qwen, agree=True)
    )
    assert manifest.remarks["not-judged"] == (
        "reward: no row could be judged (no margin of its own: 6)"
    )


def test_a_build_opens_no_model_unless_it_is_told_to(write: Write, tmp_path: Path) -> None:
    told = config(tmp_path / "nowhere", action="off")
    manifest = build([write("a.jsonl", ROWS)], out=tmp_path / "out", config=told)
    assert manifest.reward_model is None
    with pytest.raises(ModelError, match="nowhere"):
        build([write("a.jsonl", ROWS)], out=tmp_path / "no", config=config(tmp_path / "nowhere"))


@pytest.mark.parametrize("step", ["score", "write_filter_result"])
def test_a_build_that_ended_goes_on_to_the_same_bytes(
    step: str, qwen: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = write("a.jsonl", ROWS), tmp_path / "out"
    build([source], out=tmp_path / "whole", config=config(qwen))

    def ending(*_: object) -> None:
        raise RunError("the end")

    with monkeypatch.context() as patched, pytest.raises(RunError, match="the end"):
        patched.setattr(judge, step, ending)
        build([source], out=out, config=config(qwen))
    build([source], out=out, config=config(qwen))
    assert files_of(out) == files_of(tmp_path / "whole")


def test_another_threshold_scores_nothing_anew_and_another_model_does(
    qwen: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = write("a.jsonl", ROWS), tmp_path / "out"

    def ending(*_: object) -> None:
        raise RunError("the end")

    def stopped(told: BuildConfig) -> int:
        with monkeypatch.context() as patched, pytest.raises(RunError, match="the end"):
            patched.setattr("prefdata.pipeline.stages.compare_rows.find_groups", ending)
            build([source], out=out, config=told)
        return len(list(tmp_path.glob(".out.prefdata/score-*")))

    other = save_backbone(tmp_path / "other", seed=6)
    assert stopped(config(qwen)) == 1
    assert stopped(config(qwen, below=1)) == 1
    assert stopped(config(other)) == 2


def test_a_representative_may_go_later(qwen: Path, write: Write, tmp_path: Path) -> None:
    kettle = "Why does a kettle sing when the water in it boils, and what makes the sound?"
    answer = "Because steam rushes out of it and makes the air in the spout shake, as in a flute"
    rows = [
        {"prompt": kettle, "chosen": f"{answer}{end}", "rejected": "It is sad and so it sings."}
        for end in (".", "!", " ")
    ]
    told = config_of({"reward": {"filter": {"model": str(qwen), "action": "drop", "below": 1000}}})
    out = tmp_path / "out"
    counts = build([write("a.jsonl", rows)], out=out, config=told).counts
    assert counts.dropped == {"near-duplicate": 2, "low-reward-margin": 1}
    assert missing_representatives(out) == 0
    assert verify(out).problems == ()


def test_what_a_manifest_names_is_the_model_and_not_its_place(
    qwen: Path, write: Write, tmp_path: Path
) -> None:
    moved = save_backbone(tmp_path / "elsewhere" / "tiny-qwen3", "Qwen3", seed=5)
    source = write("a.jsonl", ROWS)
    names = [
        build([source], out=tmp_path / str(n), config=config(model)).reward_model
        for n, model in enumerate([qwen, moved, save_backbone(tmp_path / "tiny-qwen3")])
    ]
    assert names[0] == names[1] != names[2]
    assert json.loads((tmp_path / "0" / "manifest.json").read_text())["reward_model"]["kind"]
