"""`train`, from preference files and from the folder of a build, to a model and its metrics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from safetensors import SafetensorError
from scored_models import ROWS, save_backbone, tokenizer
from sound_pairs import Write, pair

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.errors import DataError, ModelError, OutputError, RunError, SourceError
from prefdata.pipeline import train as train_module
from prefdata.pipeline.build import build
from prefdata.pipeline.score import score
from prefdata.pipeline.train import train
from prefdata.results.training import TrainingResult
from prefdata.steps.reward.write_trained import TRAINED_COLUMNS

PAIRS = [pair(number, margin=float(number % 3) or None) for number in range(40)]
TROUBLE: list[Any] = [
    "{broken",
    {"prompt": "Same?", "chosen": "Both.", "rejected": "Both."},
    PAIRS[0],
    {"prompt": "Long?", "chosen": "word " * 300, "rejected": "No."},
    {"prompt": [{"role": "robot", "content": "?"}], "chosen": "Yes.", "rejected": "No."},
]
KINDS = ["backbone", "head"]


@pytest.fixture(scope="module")
def qwen(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_backbone(tmp_path_factory.mktemp("models") / "tiny-qwen3", "Qwen3", seed=5)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))


def config(model: Path | str, more: dict[str, Any] | None = None, **split: float) -> BuildConfig:
    reward: dict[str, Any] = {
        "backbone": {"name": str(model), "device": "cpu"},
        "head": {"folds": 3, "members": 2},
        "length": {"tokens": 500},
        "optimiser": {"pairs": 8, "learning_rate": 1e-3},
        "evaluation": {"bootstrap": 50},
    }
    for name, changes in (more or {}).items():
        reward[name] = {**reward.get(name, {}), **changes}
    told = {"near": {"action": "off"}, "encoder": {"name": "ngrams"}, "reward": reward}
    return config_of({**told, "split": split or {"test": 0.3}})


def kind_of(kind: str, qwen: Path, **split: float) -> BuildConfig:
    return config("frozen" if kind == "head" else qwen, **split)


def table(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "rows.parquet", memory_map=False)


def content(out: Path) -> dict[str, Any]:
    """Bytes of all files, without what says how the run went rather than what came of it."""
    files = {path.name: path.read_bytes() for path in out.iterdir()}
    metrics = json.loads(files.pop("metrics.json"))
    for name in ("seconds", "pairs_per_second", "resumed_at"):
        metrics["training"].pop(name)
    curves = [json.loads(line) for line in files.pop("curves.jsonl", b"").splitlines()]
    measured = [
        {name: value for name, value in line.items() if not name.endswith("_per_second")}
        for line in curves
    ]
    return {**files, "metrics": metrics, "curves": measured}


@pytest.mark.parametrize("kind", KINDS)
def test_every_row_read_has_a_line_and_the_counts_balance(
    kind: str, qwen: Path, write: Write, tmp_path: Path
) -> None:
    sources = [write("a.jsonl", PAIRS), write("b.jsonl", TROUBLE)]
    out = tmp_path / "out"
    result = train(sources, out=out, config=kind_of(kind, qwen), workers=1)
    assert result is not None
    assert TrainingResult.model_validate_json((out / "metrics.json").read_bytes()) == result
    assert result.kind == kind
    lines, counts = table(out), result.data
    assert lines.columns == list(TRAINED_COLUMNS)
    assert lines["row"].to_list() == list(range(len(PAIRS) + len(TROUBLE)))
    at = [*range(1, len(PAIRS) + 1), *range(1, len(TROUBLE) + 1)]
    assert lines["source_row"].to_list() == at
    assert lines["source"].unique(maintain_order=True).to_list() == ["a.jsonl", "b.jsonl"]
    reasons = lines["reason"].to_list()[-len(TROUBLE) :]
    assert reasons[:3] == ["invalid-json", "identical-sides", "duplicate-pair"]
    assert reasons[3] == ("too-long" if kind == "backbone" else None)
    assert (counts.read, counts.quarantined, counts.balance()) == (len(lines), 2, 0)
    used = dict(lines.group_by("used").len().iter_rows())
    assert used["trained"] == counts.trained > 0
    assert used["held-out"] == counts.held_out > 0
    assert used[None] == counts.quarantined + sum(counts.dropped.values())
    assert lines.filter(pl.col("used").is_null() != (pl.col("verdict") != "keep")).is_empty()
    held_out = lines.filter(used="held-out")
    assert held_out["chosen_reward"].is_finite().all()
    right = (held_out["reward_margin"] > 0).sum()
    assert result.held_out is not None
    assert result.held_out.accuracy.value == pytest.approx(right / len(held_out), abs=1e-6)
    of_trained = lines.filter(used="trained")["chosen_reward"]
    # a head has rewards from folds, a backbone none that it did not learn
    assert of_trained.is_not_null().all() if kind == "head" else of_trained.is_null().all()
    assert not list(tmp_path.glob(".out.prefdata/*"))


@pytest.mark.parametrize("from_folder", [False, True], ids=["raw", "built"])
@pytest.mark.parametrize("kind", KINDS)
def test_held_out_rewards_are_those_that_score_gives(
    kind: str, from_folder: bool, qwen: Path, write: Write, tmp_path: Path
) -> None:
    source = write("a.jsonl", [*TROUBLE, *PAIRS])
    told, out = kind_of(kind, qwen), tmp_path / "model"
    if from_folder:
        build([source], out=tmp_path / "built", config=told)
        source = tmp_path / "built"
    train([source], out=out, config=told, workers=1)
    scored_to = tmp_path / "scores"
    # a config that says less: the folder knows the rest
    quiet = config_of({"encoder": {"name": "ngrams"}, "reward": {"length": {"tokens": 40}}})
    score([source], model=out, out=scored_to, config=quiet, workers=1)
    held_out = table(out).filter(used="held-out")
    scored = pl.read_parquet(scored_to / "scores.parquet", memory_map=False)
    both = held_out.join(scored, on=["row", "source", "source_row", "fingerprint"], suffix="_too")
    assert len(both) == len(held_out) > 5
    for side in ("chosen_reward", "rejected_reward"):
        np.testing.assert_allclose(both[side], both[f"{side}_too"], atol=1e-5)


def test_the_rows_of_a_built_folder_stay_in_their_splits(
    qwen: Path, write: Write, tmp_path: Path
) -> None:
    source, built, out = write("a.jsonl", [*TROUBLE, *PAIRS]), tmp_path / "b", tmp_path / "out"
    manifest = build([source], out=built, config=config(qwen, test=0.2, validation=0.2))
    result = train([built], out=out, config=config(qwen), workers=1)
    assert result is not None
    lines = table(out)
    assert len(lines) == result.data.read == manifest.counts.kept
    ledger = pl.read_parquet(built / "ledger" / "*.parquet").filter(verdict="keep")
    assert lines.select("row", "split").rows() == ledger.select("row", "split").sort("row").rows()
    used = set(lines.filter(verdict="keep").select("split", "used").iter_rows())
    assert used == {("train", "trained"), ("validation", "held-out"), ("test", "held-out")}


def test_a_validation_split_decides_when_to_stop(qwen: Path, write: Write, tmp_path: Path) -> None:
    evaluation = {"every": 1, "patience": 1}
    changes = {"evaluation": evaluation, "optimiser": {"epochs": 30.0, "learning_rate": 0.1}}
    told = config(qwen, changes, test=0.2, validation=0.2)
    result = train([write("a.jsonl", PAIRS)], out=tmp_path / "out", config=told, workers=1)
    assert result is not None
    counts = result.data
    assert min(counts.trained, counts.validation, counts.held_out) > 0
    assert counts.balance() == 0
    assert result.training.stopped_early
    assert "stopped-by-held-out" not in result.remarks
    lines = table(tmp_path / "out")
    assert lines.filter(used="validation")["split"].unique().to_list() == ["validation"]
    assert lines.filter(used="validation")["chosen_reward"].is_null().all()
    told = config(qwen, changes)
    result = train([write("a.jsonl", PAIRS)], out=tmp_path / "two", config=told, workers=1)
    assert result is not None
    assert "stopped-by-held-out" in result.remarks


@pytest.mark.parametrize("kind", KINDS)
def test_without_held_out_rows_there_is_a_model_and_no_metrics(
    kind: str, qwen: Path, write: Write, tmp_path: Path
) -> None:
    told = kind_of(kind, qwen, test=0.0)
    result = train([write("a.jsonl", PAIRS)], out=tmp_path / "out", config=told, workers=1)
    assert result is not None
    assert (result.held_out, result.data.held_out) == (None, 0)
    assert (result.cross_validated is None) == (kind == "backbone")


def test_an_existing_folder_is_replaced_where_it_is_ours_and_that_is_asked_for(
    qwen: Path, write: Write, tmp_path: Path
) -> None:
    source, out = write("a.jsonl", PAIRS), tmp_path / "out"
    train([source], out=out, config=config("frozen"), workers=1)
    with pytest.raises(OutputError, match="force=True"):
        train([source], out=out, config=config(qwen), workers=1)
    train([source], out=out, config=config(qwen), workers=1, force=True)
    assert not (out / "head.json").exists()
    (out / "metrics.json").unlink()
    with pytest.raises(OutputError, match=r"was not made by this command.*no metrics.json"):
        train([source], out=out, config=config(qwen), workers=1, force=True)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "a.jsonl: 0. "),
        (["{broken"], "1 quarantined because they could not be read"),
        ([TROUBLE[1]] * 2, r"a.jsonl: 2 \(2 dropped as identical-sides\)"),
    ],
)
def test_where_nothing_is_left_to_learn_it_is_said_where_rows_went(
    kind: str, rows: list[Any], said: str, qwen: Path, write: Write, tmp_path: Path
) -> None:
    with pytest.raises(DataError, match=f"no pair is left to train on.*{said}"):
        train([write("a.jsonl", rows)], out=tmp_path / "o", config=kind_of(kind, qwen), workers=1)
    assert not (tmp_path / "o").exists()


@pytest.mark.usefixtures("in_shell")
def test_what_is_too_long_goes_or_loses_its_beginning_or_stops_the_run(
    qwen: Path, write: Write, tmp_path: Path
) -> None:
    long = {**PAIRS[0], "prompt": "word " * 100}
    source = write("a.jsonl", [*PAIRS[1:], long])

    def trained(beyond: str) -> TrainingResult:
        told = config(qwen, {"length": {"tokens": 200, "beyond": beyond}})
        result = train([source], out=tmp_path / beyond, config=told, workers=1)
        assert result is not None
        return result

    assert trained("drop").data.dropped == {"too-long": 1}
    whole = trained("truncate-prompt-left")
    assert whole.data.dropped == {}
    assert whole.remarks["prompt-truncated"].startswith("1 of 40 pairs")
    with pytest.raises(DataError, match=r"1 of 40 pairs.*a.jsonl, row 40: .*--beyond"):
        trained("error")
    told = config(qwen, {"length": {"tokens": 3}})
    with pytest.raises(DataError, match="40 dropped as too-long"):
        train([source], out=tmp_path / "none", config=told, workers=1)


def test_a_tokenizer_without_template_or_padding_will_do(
    qwen: Path, write: Write, tmp_path: Path
) -> None:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    bare = tmp_path / "bare"
    save_backbone(bare, "Qwen3", seed=5, pad_token_id=None)
    (bare / "chat_template.jinja").unlink()
    own = tokenizer()
    own.pad_token = own.chat_template = None
    own.save_pretrained(bare)
    source, out = write("a.jsonl", PAIRS), tmp_path / "out"
    result = train([source], out=out, config=config(bare), workers=1)
    assert result is not None
    assert "no chat template" in result.remarks["plain-text"]
    assert "pad" in result.remarks["backbone"]
    model = AutoModelForSequenceClassification.from_pretrained(out).eval()
    saved = AutoTokenizer.from_pretrained(out)
    assert saved.pad_token_id == model.config.pad_token_id != saved.eos_token_id
    line = table(out).filter(used="held-out").row(0, named=True)
    row = PAIRS[line["row"]]
    texts = [f"{row['prompt']}{row[side]}{saved.eos_token}" for side in ("chosen", "rejected")]
    rewards = model(**saved(texts, padding=True, return_tensors="pt")).logits[:, 0].tolist()
    assert rewards == pytest.approx([line["chosen_reward"], line["rejected_reward"]], abs=1e-5)


def test_adapters_are_merged_when_saved(qwen: Path, write: Write, tmp_path: Path) -> None:
    from transformers import AutoModelForSequenceClassification

    source, out = write("a.jsonl", PAIRS), tmp_path / "out"
    told = config(qwen, {"backbone": {"name": str(qwen), "device": "cpu", "lora": {"rank": 2}}})
    result = train([source], out=out, config=told, workers=1)
    assert result is not None
    model = AutoModelForSequenceClassification.from_pretrained(out)
    assert result.model.parameters is not None
    assert 0 < (result.model.trained_parameters or 0) < result.model.parameters
    assert not [name for name, _ in model.named_parameters() if "lora" in name]


def test_what_a_model_says_of_itself_does_not_depend_on_where_it_lies(
    qwen: Path, write: Write, tmp_path: Path
) -> None:
    source = write("a.jsonl", PAIRS)
    results = [
        train([source], out=tmp_path / str(number), config=config(model), workers=1)
        for number, model in enumerate([qwen, save_backbone(tmp_path / "other", "Llama")])
    ]
    again = train([source], out=tmp_path / "again", config=config(qwen), workers=2)
    assert results[0] is not None and results[1] is not None and again is not None
    assert results[0].fingerprint == again.fingerprint != results[1].fingerprint
    assert content(tmp_path / "0") == content(tmp_path / "again")


@pytest.mark.parametrize("kind", KINDS)
def test_a_run_that_ended_before_it_was_written_goes_on_to_the_same(
    kind: str, qwen: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out, told = write("a.jsonl", PAIRS), tmp_path / "out", kind_of(kind, qwen)
    train([source], out=tmp_path / "whole", config=told, workers=1)

    def ending(*_: object) -> None:
        raise RunError("the end")

    with monkeypatch.context() as patched, pytest.raises(RunError, match="the end"):
        patched.setattr(train_module, "write_trained", ending)
        train([source], out=out, config=told, workers=1)
    assert not out.exists()
    again = train([source], out=out, config=told, workers=1)
    assert content(out) == content(tmp_path / "whole")
    assert again is not None
    assert again.training.resumed_at == (again.training.steps if kind == "backbone" else None)


def test_a_loss_that_is_not_finite_names_rows_where_they_stand(
    qwen: Path, write: Write, tmp_path: Path
) -> None:
    told = config(qwen, {"optimiser": {"pairs": 2, "learning_rate": 1e30}}, test=0.1)
    sources = [write("a.jsonl", PAIRS[:5]), write("b.jsonl", PAIRS[5:])]
    with pytest.raises(RunError, match=r"not a finite number in step \d+, for .*[ab].jsonl, row "):
        train(sources, out=tmp_path / "o", config=told, workers=1)
    assert not (tmp_path / "o").exists()


def test_a_vocabulary_that_does_not_fit_is_refused(write: Write, tmp_path: Path) -> None:
    small = save_backbone(tmp_path / "small", "Qwen3", vocab_size=len(tokenizer()) - 1)
    with pytest.raises(ModelError, match=r"tokenizer does not fit the model .*small"):
        train([write("a.jsonl", ROWS)], out=tmp_path / "o", config=config(small), workers=1)


def test_what_is_not_there_is_named(qwen: Path, write: Write, tmp_path: Path) -> None:
    source = write("a.jsonl", PAIRS)
    with pytest.raises(ModelError, match="nowhere"):
        train([source], out=tmp_path / "o", config=config(tmp_path / "nowhere"), workers=1)
    with pytest.raises(SourceError, match=r"absent.jsonl does not exist"):
        train([tmp_path / "absent.jsonl"], out=tmp_path / "o", config=config(qwen), workers=1)


def test_a_full_disk_loses_nothing_that_was_trained(
    qwen: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out, told = write("a.jsonl", PAIRS), tmp_path / "out", config(qwen)

    def full(*_: object) -> None:
        raise SafetensorError("I/O error: No space left on device (os error 28)")

    with (
        monkeypatch.context() as patched,
        pytest.raises(OutputError, match=r"No space left.*again"),
    ):
        patched.setattr("prefdata.reward.backbone.model_folder.save_backbone", full)
        train([source], out=out, config=told, workers=1)
    again = train([source], out=out, config=told, workers=1)
    assert again is not None
    assert again.training.resumed_at == again.training.steps
