"""Votes through build, audit, gate, training and scores: every one counts the same rows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from judged_pairs import pairs, quick
from sound_pairs import Write

from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.diff import diff
from prefdata.pipeline.gate import gate
from prefdata.pipeline.score import score
from prefdata.pipeline.train import train
from prefdata.results.manifest import RowCounts

READ = RowCounts(read=492, in_pairs=480, quarantined=1, unpaired={"tie": 11}, pairs=240)
LIMITS = {"accuracy": 0.0, "auroc": 0.0, "allow_unjudged": True}


@pytest.fixture
def votes(write: Write) -> Path:
    """Two judges who agree on 240 pairs, 11 undecided votes of one judge, and a broken line."""
    lines: list[Any] = [
        {
            "prompt": pair["prompt"], "answer_a": pair["chosen"], "answer_b": pair["rejected"],
            "winner": "A" if row < 240 else "tie", "judge": judge,
        }
        for row, pair in enumerate(pairs(251))
        for judge in ("ann", "bob")[: 2 if row < 240 else 1]
    ]  # fmt: skip
    return write("votes.jsonl", [*lines, "{broken"])


def test_all_count_the_rows_of_the_file(votes: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = build([votes], out=out, config=quick())
    assert manifest.counts.rows == READ
    assert manifest.counts.rows_read == READ.read
    assert not gate(out, LIMITS).passes  # it was not audited
    found = audit([out], config=quick())
    assert found.counts == manifest.counts
    judged = gate(out, LIMITS)
    assert judged.passes, judged
    raw = audit([votes], out=tmp_path / "audit", config=quick())
    assert raw.counts.rows == READ
    again = build([votes], out=tmp_path / "again", config=quick(run=True))
    assert again.counts == manifest.counts
    assert gate(tmp_path / "again", LIMITS).passes
    changes = diff(out, tmp_path / "again")
    assert changes.is_same
    assert (changes.before.read, changes.before.lines) == (READ.read, manifest.counts.read)


def test_a_model_trained_on_votes_counts_them(votes: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    assert train([votes], out=model, config=quick()).data.rows == READ
    counted = score([votes], model=model, out=tmp_path / "scores", config=quick()).counts
    assert counted.rows == READ
    assert counted.read == READ.pairs + 11 + 1
    told = json.loads((tmp_path / "scores/scores.json").read_text())
    assert told["counts"]["rows"]["read"] == READ.read
