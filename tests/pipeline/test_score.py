"""`score` with real models: small ones of random weights, and heads on embeddings."""

from __future__ import annotations

import json
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from scored_models import ROWS, rewards_by_transformers, save_backbone
from sound_pairs import Write

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.errors import ModelError, OutputError, RunError
from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline.build import build
from prefdata.pipeline.score import score
from prefdata.results.scores import SCORES_SCHEMA, ScoreResult
from prefdata.steps.reward import score as step


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_backbone(tmp_path_factory.mktemp("models") / "tiny-llama")


ALL_STAY = {"check": {"rules": {"negative-margin": "off", "tie": "off"}}}


def filtering(**judge: Any) -> BuildConfig:
    """A config whose filter drops what a model, named elsewhere, speaks against."""
    return config_of(ALL_STAY | {"reward": {"filter": {"model": "-", "action": "drop", **judge}}})


def table(out: Path) -> pl.DataFrame:
    return pl.read_parquet(out / "scores.parquet")


def files_of(out: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(out.iterdir())}


@pytest.mark.parametrize("kind", ["Llama", "Qwen3"])
def test_rewards_are_those_of_transformers(kind: str, write: Write, tmp_path: Path) -> None:
    folder, out = save_backbone(tmp_path / "model", kind, seed=3), tmp_path / "out"
    result = score([write("a.jsonl", ROWS)], model=folder, out=out, config=config_of(ALL_STAY))
    lines = table(out)
    expected = rewards_by_transformers(folder, ROWS)
    found = lines.select("chosen_reward", "rejected_reward").rows()
    for pair, (chosen, rejected) in zip(found, expected, strict=True):
        assert pair == pytest.approx((chosen, rejected), abs=1e-5)
    margins = [chosen - rejected for chosen, rejected in expected]
    assert lines["reward_margin"].to_list() == pytest.approx(margins, abs=1e-5)
    assert result.accuracy == sum(margin > 0 for margin in margins) / len(ROWS)
    assert lines["verdict"].to_list() == ["keep"] * len(ROWS)
    assert lines["spread"].null_count() == len(ROWS)
    own = [row.get("margin") for row in ROWS]
    assert lines["margin"].to_list() == own
    assert lines["agrees"].to_list() == [
        (m * margin > 0) if m else None for m, margin in zip(own, margins, strict=True)
    ]
    assert (result.reward_model.name, result.reward_model.kind) == ("model", "backbone")


TROUBLE = [
    ROWS[0],
    "{broken",
    {"prompt": "Same?", "chosen": "Both.", "rejected": "Both."},
    {"prompt": "Long?", "chosen": "word " * 600, "rejected": "No."},
    *ROWS[1:],
]


def test_every_row_read_has_a_line_and_the_counts_balance(
    llama: Path, write: Write, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    result = score([write("a.jsonl", TROUBLE)], model=llama, out=out, config=config_of(ALL_STAY))
    lines = table(out)
    assert lines.schema == pl.DataFrame(SCORES_SCHEMA.empty_table()).schema
    assert lines["row"].to_list() == list(range(len(TROUBLE)))
    assert lines["source_row"].to_list() == list(range(1, len(TROUBLE) + 1))
    said = lines.select("verdict", "reason").rows()
    assert said[:5] == [
        ("keep", None),
        ("quarantine", "invalid-json"),
        ("drop", "identical-sides"),
        ("flag", "too-long"),
        ("keep", None),
    ]
    assert "allowed 512" in lines["evidence"][3]  # what the model can look at, not the config's
    has_reward = lines["chosen_reward"].is_not_null()
    assert has_reward.to_list() == [True, False, False, False, *[True] * 5]
    assert lines["fingerprint"].is_null().to_list() == [n == 1 for n in range(len(TROUBLE))]
    counts = result.counts
    assert (counts.read, counts.scored, counts.quarantined, counts.balance()) == (9, 6, 1, 0)
    assert counts.not_scored == {"identical-sides": 1, "too-long": 1}
    assert counts.verdicts == {"drop": 1, "flag": 1, "keep": 6, "quarantine": 1}
    assert ScoreResult.model_validate_json((out / "scores.json").read_bytes()) == result


def test_verdicts_follow_the_filter(llama: Path, write: Write, tmp_path: Path) -> None:
    source = write("a.jsonl", ROWS)
    for number, judge in enumerate([{"below": 0.1}, {"action": "flag"}, {"agree": True}]):
        out = tmp_path / str(number)
        result = score([source], model=llama, out=out, config=filtering(**judge))
        lines = table(out)
        is_low = pl.col("reward_margin") < judge.get("below", 0)
        expected = ~pl.col("agrees") if "agree" in judge else is_low
        taken = lines.filter(pl.col("verdict") == judge.get("action", "drop"))
        assert 0 < len(taken) < len(ROWS)
        assert taken.equals(lines.filter(expected))
        reason = "margin-disagrees" if "agree" in judge else "low-reward-margin"
        assert result.counts.reasons == {reason: len(taken)}
        assert set(taken["reason"]) == {reason}
        assert all(line.startswith("reward margin ") for line in taken["evidence"])


def test_agreement_with_the_margins_that_rows_state(
    llama: Path, write: Write, tmp_path: Path
) -> None:
    source, config = write("a.jsonl", ROWS), config_of(ALL_STAY)
    result = score([source], model=llama, out=tmp_path / "out", config=config)
    lines = table(tmp_path / "out")
    agreement = result.agreement
    assert (agreement.rows, agreement.signed) == (4, 3)
    assert agreement.agree_ratio == lines["agrees"].mean()
    ranks = lines.drop_nulls("margin").select(pl.col("margin", "reward_margin").rank())
    assert agreement.spearman == pytest.approx(
        ranks.select(pl.corr("margin", "reward_margin")).item()
    )


def test_a_built_folder_is_scored_under_the_numbers_of_its_ledger(
    llama: Path, write: Write, tmp_path: Path
) -> None:
    built, raw, out = tmp_path / "built", tmp_path / "raw", tmp_path / "out"
    source = write("a.jsonl", TROUBLE)
    manifest = build([source], out=built, config=config_of({"split": {"test": 0.3}}))
    score([source], model=llama, out=raw)
    result = score([built], model=llama, out=out)
    kept = scan_ledger(built).filter(pl.col("verdict") == "keep").sort("row").collect()
    lines = table(out)
    for name in ("row", "source", "source_row", "fingerprint"):
        assert lines[name].to_list() == kept[name].to_list()
    assert result.counts.read == manifest.counts.kept
    assert result.dataset == manifest.fingerprint
    of_raw = table(raw).filter(pl.col("row").is_in(lines["row"].implode()))
    for name in ("reward_margin", "margin", "agrees", "verdict", "evidence"):
        assert lines[name].to_list() == pytest.approx(of_raw[name].to_list(), abs=1e-5)


def long_and_short(count: int) -> list[dict[str, Any]]:
    return [
        {"prompt": f"{n}?", "chosen": f"It is {n}. " * (n % 5 + 1), "rejected": f"No, not {n}."}
        for n in range(count)
    ]


@pytest.mark.parametrize("blocks", [0, 2])
def test_a_run_that_was_ended_goes_on_to_the_same_bytes(
    blocks: int, llama: Path, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(step, "BLOCK_ROWS", 7)
    source, out = write("a.jsonl", long_and_short(30)), tmp_path / "out"
    score([source], model=llama, out=tmp_path / "whole", workers=2)
    written = step.write_array
    done = []

    def ending(path: Path, values: Any) -> Path:
        if path.parent.name == "blocks":
            if len(done) == blocks:
                raise RunError("the end")
            done.append(path.name)
        return written(path, values)

    monkeypatch.setattr(step, "write_array", ending)
    with pytest.raises(RunError, match="the end"):
        score([source], model=llama, out=out)
    assert not out.exists()
    again: list[str] = []

    def counting(path: Path, values: Any) -> Path:
        again.append(path.name)
        return written(path, values)

    monkeypatch.setattr(step, "write_array", counting)
    score([source], model=llama, out=out)
    assert len(again) == 5 - blocks
    assert files_of(out) == files_of(tmp_path / "whole")


def test_what_is_there_stays_unless_it_is_ours_and_forced(
    llama: Path, write: Write, tmp_path: Path
) -> None:
    source, out = write("a.jsonl", ROWS), tmp_path / "out"
    score([source], model=llama, out=out)
    with pytest.raises(OutputError, match="exists already"):
        score([source], model=llama, out=out)
    score([source], model=llama, out=out, force=True, config=filtering(action="flag"))
    assert "flag" in table(out)["verdict"].to_list()
    other = write("other/notes.txt", ["mine"]).parent
    with pytest.raises(OutputError, match=r"scores\.json"):
        score([source], model=llama, out=other, force=True)


def broken(kind: str, folder: Path) -> Path:
    if kind == "nothing":
        return folder / "nowhere"
    if kind == "file":
        folder.mkdir()
        (folder / "file").touch()
        return folder / "file"
    if kind == "two labels":
        return save_backbone(folder, num_labels=2)
    save_backbone(folder)
    config = json.loads((folder / "config.json").read_text())
    if kind == "empty":
        (folder / "config.json").unlink()
    elif kind == "no tokenizer":
        for path in folder.glob("tokenizer*"):
            path.unlink()
    elif kind == "broken weights":
        (folder / "model.safetensors").write_bytes(b"no weights")
    elif kind == "no head":
        from transformers import AutoModelForSequenceClassification

        model = AutoModelForSequenceClassification.from_pretrained(folder)
        model.model.save_pretrained(folder)
    elif kind == "small vocabulary":
        save_backbone(folder, vocab_size=100)
    elif kind == "not json":
        (folder / "reward_model.json").write_text("{")
    elif kind == "another kind":
        (folder / "reward_model.json").write_text('{"kind": "oracle"}')
    elif kind == "bad length":
        (folder / "reward_model.json").write_text('{"kind": "backbone", "length": {"tokens": 0}}')
    assert config
    return folder


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("nothing", "does not exist.*prefdata train"),
        ("file", "is a file"),
        ("empty", "holds no reward model.*prefdata train"),
        ("two labels", "gives 2 numbers"),
        ("no tokenizer", "cannot be loaded.*prefdata train"),
        ("broken weights", "cannot be loaded"),
        ("no head", r"lacks score\.weight"),
        ("small vocabulary", "do not belong together"),
        ("not json", r"reward_model\.json cannot be read"),
        ("another kind", r"reward_model\.json cannot be read.*oracle"),
        ("bad length", r"reward_model\.json is not what this version"),
    ],
)
def test_what_is_no_reward_model_is_said_before_any_reading(
    kind: str, said: str, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise AssertionError("a source was read")

    folder = broken(kind, tmp_path / "model")
    monkeypatch.setattr("prefdata.pipeline.stages.prepare.ingest", read)
    with pytest.raises(ModelError, match=f"(?s){said}"):
        score([write("a.jsonl", ROWS)], model=folder, out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_padding_that_ends_texts_is_told(llama: Path, write: Write, tmp_path: Path) -> None:
    folder = shutil.copytree(llama, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    config["pad_token_id"] = 2  # <|im_end|>
    (folder / "config.json").write_text(json.dumps(config))
    source = write("a.jsonl", ROWS)
    plain, told = (
        score([source], model=model, out=tmp_path / f"of-{model.name}") for model in (llama, folder)
    )
    assert plain.remarks == {}
    assert "'<|im_end|>'" in told.remarks["pad-is-eos"]
    assert plain.reward_model.fingerprint != told.reward_model.fingerprint
