"""`score` and the filter of a build with a head trained on the sample data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from runs import run_on
from scored_models import ROWS
from sound_pairs import Write

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.engines.local import LocalEngine
from prefdata.errors import ModelError
from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline.build import build
from prefdata.pipeline.score import score
from prefdata.pipeline.stages.prepare import prepare
from prefdata.pipeline.verify import verify
from prefdata.reward.heads.crossfit import fit_heads
from prefdata.reward.heads.features import PairVectors
from prefdata.reward.heads.head_file import EncoderNote, save_head
from prefdata.reward.heads.heads import rewards_of_head
from prefdata.steps.progress import silent
from prefdata.steps.semantic.embed import embed
from prefdata.steps.semantic.open_encoder import prepare_encoder
from prefdata.steps.semantic.read_embeddings import Embedded, read_embedded

CLEAN = Path(__file__).parents[2] / "sample_data" / "clean"
MEMBERS = 4
NGRAMS = config_of({"encoder": {"name": "ngrams"}, "reward": {"head": {"members": MEMBERS}}})


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("PREFDATA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


def embedded_samples(place: Path) -> Embedded:
    with LocalEngine(1, ()) as engine:
        ready = prepare(run_on([str(CLEAN)], place, NGRAMS, engine=engine))
        embed(engine, ready.trail.shards, ready.trail.verdicts, NGRAMS.encoder, place / "e", silent)
    return read_embedded(place / "e")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Embedded, Any]:
    """A folder with a head, the embeddings it was trained on, and the head."""
    place, folder = tmp_path_factory.mktemp("place"), tmp_path_factory.mktemp("models") / "a-head"
    folder.mkdir()
    embedded = embedded_samples(place)
    pairs = PairVectors(embedded.vectors, embedded.index)
    numbers = np.arange(len(pairs))
    fit = fit_heads(pairs, numbers, None, np.full(len(pairs), np.nan), with_penalty(0.01).reward)
    made_by = prepare_encoder(NGRAMS.encoder)
    note = EncoderNote(made_by.name, made_by.fingerprint, made_by.dimension)
    save_head(folder, fit.head, note, penalty=fit.penalty, versions={"numpy": np.__version__})
    return folder, embedded, fit.head


def with_penalty(penalty: float) -> BuildConfig:
    head = {"members": MEMBERS, "penalty": penalty}
    return config_of({"encoder": {"name": "ngrams"}, "reward": {"head": head}})


def test_rewards_and_spread_are_those_of_the_head(
    trained: tuple[Path, Embedded, Any], tmp_path: Path
) -> None:
    folder, embedded, head = trained
    result = score([CLEAN], model=folder, out=tmp_path / "out")  # the encoder is the head's own
    assert (result.reward_model.name, result.reward_model.kind) == ("a-head", "head")
    lines = pl.read_parquet(tmp_path / "out" / "scores.parquet").drop_nulls("reward_margin")
    expected = rewards_of_head(head, embedded.vectors, embedded.index)
    is_scored = np.isfinite(expected.spread)
    assert lines["row"].to_list() == embedded.rows[is_scored].tolist()
    for name, values in {
        "chosen_reward": expected.rewards[:, 0],
        "rejected_reward": expected.rewards[:, 1],
        "reward_margin": expected.reward_margins,
        "spread": expected.spread,
    }.items():
        np.testing.assert_allclose(lines[name].to_numpy(), values[is_scored], atol=1e-5)
    assert lines["spread"].max() > 0
    assert result.accuracy is not None
    assert result.accuracy > 0.9  # of what it was trained on
    assert result.counts.balance() == 0


def test_labels_that_were_turned_round_go(
    trained: tuple[Path, Embedded, Any], write: Write, tmp_path: Path
) -> None:
    folder, out = trained[0], tmp_path / "out"
    lines = (CLEAN / "trl_explicit_standard.jsonl").read_text("utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    turned = [row | {"chosen": row["rejected"], "rejected": row["chosen"]} for row in rows]
    plain, swapped = write("plain.jsonl", rows), write("swapped.jsonl", turned)
    margins = []
    for source in (plain, swapped):
        score([source], model=folder, out=out, force=True)
        margins.append(pl.read_parquet(out / "scores.parquet")["reward_margin"].to_numpy())
    np.testing.assert_allclose(margins[0], -margins[1], atol=1e-6)
    told = config_of(
        {
            "reward": {"filter": {"model": str(folder), "action": "drop"}},
            "semantic": {"outliers": {"action": "flag", "neighbours": 1}},
            "encoder": {"name": "ngrams"},
            "split": {"test": 0},
        }
    )
    manifest = build([swapped], out=tmp_path / "built", config=told)
    dropped = scan_ledger(tmp_path / "built").filter(pl.col("reason") == "low-reward-margin")
    expected = np.flatnonzero(margins[1] < 0).tolist()
    assert dropped.sort("row").collect()["row"].to_list() == expected
    assert len(expected) > len(rows) / 2
    assert manifest.reward_model is not None
    assert manifest.encoder is not None
    assert verify(tmp_path / "built").problems == ()


def test_a_row_without_an_embedding_is_not_scored_and_stays(
    trained: tuple[Path, Embedded, Any], write: Write, tmp_path: Path
) -> None:
    rows = [*ROWS[:2], {"prompt": "Why is it so?", "chosen": "", "rejected": "Nobody knows."}]
    source, rules = write("a.jsonl", rows), {"rules": {"empty-completion": "off"}}
    told = config_of(
        {
            "check": rules,
            "reward": {"filter": {"model": str(trained[0]), "action": "drop", "below": -99}},
        }
    )
    result = score([source], model=trained[0], out=tmp_path / "out", config=told)
    assert result.counts.not_scored == {"not-embedded": 1}
    last = pl.read_parquet(tmp_path / "out" / "scores.parquet").row(2, named=True)
    assert (last["verdict"], last["reason"]) == ("flag", "not-embedded")
    assert last["evidence"] == "chosen is blank"
    counts = build([source], out=tmp_path / "built", config=told).counts
    assert (counts.kept, counts.flagged) == (3, {"not-scored": 1})
    flags = scan_ledger(tmp_path / "built").collect()["flags"].explode().drop_nulls().to_list()
    assert [flag["evidence"] for flag in flags] == ["not-embedded: chosen is blank"]


def test_another_encoder_is_refused(
    trained: tuple[Path, Embedded, Any], write: Write, tmp_path: Path
) -> None:
    folder = tmp_path / "head"
    folder.mkdir()
    for path in trained[0].iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    note = json.loads((folder / "head.json").read_text())
    note["encoder"]["fingerprint"] = "0" * 32
    (folder / "head.json").write_text(json.dumps(note))
    with pytest.raises(ModelError, match="another encoder"):
        score([write("a.jsonl", ROWS)], model=folder, out=tmp_path / "out")
    (folder / "head.safetensors").unlink()
    (folder / "head.json").write_bytes((trained[0] / "head.json").read_bytes())
    with pytest.raises(ModelError, match=r"head\.safetensors"):
        score([write("a.jsonl", ROWS)], model=folder, out=tmp_path / "out")
