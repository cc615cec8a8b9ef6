"""A reward model that goes along with the data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from scored_models import save_backbone
from sound_pairs import pair

from prefdata.config.load import config_of
from prefdata.config.push import PushConfig
from prefdata.errors import UsageError
from prefdata.pipeline.build import build
from prefdata.pipeline.publish.stage_dataset import Staged, stage
from prefdata.pipeline.train import train
from prefdata.pipeline.verify import read_manifest


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An output folder (`out`), and a reward model of each kind that was trained on it."""
    root = tmp_path_factory.mktemp("trained")
    (root / "a.jsonl").write_text("\n".join(json.dumps(pair(number)) for number in range(30)))
    settings = {"near": {"action": "off"}, "split": {"test": 0.3}, "encoder": {"name": "ngrams"}}
    build([root / "a.jsonl"], out=root / "out", config=config_of(settings), workers=1)
    reward = {
        "head": {"folds": 0, "members": 1, "penalty": 1.0},
        "optimiser": {"pairs": 8},
        "length": {"tokens": 500},
        "evaluation": {"bootstrap": 10},
    }
    models = {"backbone": save_backbone(root / "tiny", "Qwen3", seed=5), "head": "frozen"}
    for kind, name in models.items():
        backbone = {"name": str(name), "device": "cpu"}
        config = config_of({**settings, "reward": {**reward, "backbone": backbone}})
        train([root / "out"], out=root / kind, config=config, workers=1)
    return root


def staged(out: Path, model: Path) -> Staged:
    config = PushConfig(reward_model=str(model))
    return stage(out, read_manifest(out), config, model.parent / "work")


@pytest.mark.parametrize("kind", ["backbone", "head"])
def test_the_whole_model_goes_along_without_what_is_of_the_training(
    kind: str, trained: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(trained / kind, tmp_path / "model"))
    wanted = {f"reward_model/{path.name}" for path in model.iterdir()}
    for other in ("checkpoint-8/model.safetensors", "step-2/state.json", "tensorboard/events.host"):
        (model / other).parent.mkdir()
        (model / other).write_text("x")
    for other in (".env", "best-3.safetensors"):
        (model / other).write_text("x")
    found = staged(trained / "out", model)
    files = {file.path: file for file in found.files if file.path.startswith("reward_model/")}
    assert {*files} == wanted
    named = {entry.path: entry for entry in found.manifest.files}
    assert {path: named[path].sha256 for path in files} == {p: f.sha256 for p, f in files.items()}
    kept = read_manifest(trained / "out").counts.kept
    assert named["reward_model/rows.parquet"].rows == kept
    assert found.remarks == ()


@pytest.mark.parametrize("kind", ["backbone", "head"])
def test_a_model_of_other_data_is_remarked_on(kind: str, trained: Path, tmp_path: Path) -> None:
    (tmp_path / "b.jsonl").write_text("\n".join(json.dumps(pair(number)) for number in range(9)))
    build([tmp_path / "b.jsonl"], out=tmp_path / "out", workers=1)
    (remark,) = staged(tmp_path / "out", trained / kind).remarks
    assert remark == f"the reward model {kind} was not trained on this output folder"


@pytest.mark.parametrize("kind", ["backbone", "head"])
@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda model: (model / "metrics.json").unlink(), "no reward model .* has finished"),
        (lambda model: (model / "metrics.json").write_text("{}"), "metrics.json is not what"),
        (lambda model: (model / "rows.parquet").unlink(), "rows.parquet is missing"),
        (lambda model: (model / "rows.parquet").write_bytes(b"PAR1"), "rows.parquet is missing"),
        (lambda model: cut(next(model.glob("*.safetensors"))), "safetensors is missing or cut"),
        (lambda model: next(model.glob("*.safetensors")).write_bytes(b""), "missing or cut off"),
        (lambda model: shutil.rmtree(model), "no reward model .* has finished"),
    ],
)
def test_a_model_that_is_not_whole_is_refused(
    kind: str, damage: object, said: str, trained: Path, tmp_path: Path
) -> None:
    model = Path(shutil.copytree(trained / kind, tmp_path / "model"))
    damage(model)  # type: ignore[operator]
    with pytest.raises(UsageError, match=said):
        staged(trained / "out", model)


def test_weights_of_which_a_part_is_missing_are_refused(trained: Path, tmp_path: Path) -> None:
    model = Path(shutil.copytree(trained / "backbone", tmp_path / "model"))
    index = {"weight_map": {"a": "model.safetensors", "b": "model-2.safetensors"}}
    (model / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(UsageError, match=r"model-2.safetensors is missing"):
        staged(trained / "out", model)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
