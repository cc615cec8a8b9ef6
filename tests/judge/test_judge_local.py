"""A model in this process judges: badly, and the books say so."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from prefdata.errors import DataError
from prefdata.pipeline.collection.judge import judge
from prefdata.pipeline.verify import verify
from tests.collect.small_chat import save_chat_model


@pytest.fixture
def model(tmp_path: Path) -> Path:
    folder = save_chat_model(tmp_path / "small")
    config = json.loads((folder / "config.json").read_text())
    config["max_position_embeddings"] = 4096
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_a_model_in_this_process_is_asked_and_booked(model: Path, tmp_path: Path) -> None:
    source = tmp_path / "pairs.jsonl"
    rows = [{"prompt": f"Q{n}?", "chosen": f"a{n}", "rejected": f"b{n}"} for n in range(2)]
    source.write_text("".join(json.dumps(row) + "\n" for row in rows))
    config = {"model": str(model), "local.device": "cpu"}
    result = judge(source, out=tmp_path / "out", config=config)
    counts = result.report.verdicts
    assert counts.wanted == counts.parsed == counts.graded == 4
    assert result.report.judge == "small"
    (setting,) = result.manifest.settings
    assert setting.asked is not None
    assert setting.asked.startswith("small@")
    assert setting.parameters["top_logprobs"] == 5
    assert setting.parameters["response_format"]["type"] == "json_schema"
    assert not verify(tmp_path / "out").problems
    assert str(tmp_path) not in (tmp_path / "out" / "manifest.json").read_text()


def test_completions_that_are_one_cannot_be_compared(model: Path, tmp_path: Path) -> None:
    source = tmp_path / "same.jsonl"
    source.write_text(json.dumps({"prompt": "Q?", "chosen": "a", "rejected": "a "}) + "\n")
    with pytest.raises(DataError, match="1 one-completion"):
        judge(source, out=tmp_path / "out", config={"model": str(model)})
