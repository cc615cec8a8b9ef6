from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from prefdata.config.load import config_of
from prefdata.pipeline.build import build
from prefdata.pipeline.validate import validate
from prefdata.preflight import tokenizer_identity

ROWS = [
    {"prompt": "Why?", "chosen": "Air scatters light.", "rejected": "No idea."},
    {"prompt": "为什么？", "chosen": "光 " * 60 + "好", "rejected": "光 " * 60 + "坏"},
]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


def config(folder: Path, **check: Any) -> Any:
    return config_of({"check": {"tokenizer": str(folder), "max_length": 60, **check}})


def test_the_preflight_is_part_of_validate_and_build(
    make_tokenizer: Any, source: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "tokenizer"
    make_tokenizer().save_pretrained(folder)
    found = {
        f.code: (f.level, f.examples[0].row)
        for f in validate([source], config=config(folder)).findings
    }
    assert found == {"too-long": ("warning", 2), "identical-after-truncation": ("error", 2)}
    built = build([source], out=tmp_path / "out", config=config(folder))
    assert built.counts.dropped == {"identical-after-truncation": 1}
    assert built.remarks == {}


def test_levels_hold_for_the_preflight_too(
    make_tokenizer: Any, source: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "tokenizer"
    make_tokenizer(pad_token="<|im_end|>").save_pretrained(folder)
    rules = {"too-long": "error", "identical-after-truncation": "off"}
    result = validate([source], config=config(folder, rules=rules))
    assert {f.code: f.level for f in result.findings} == {"too-long": "error"}
    assert set(result.remarks) == {"pad-is-eos"}


def test_another_template_is_another_tokenizer(make_tokenizer: Any) -> None:
    plain, other = make_tokenizer(), make_tokenizer(chat_template="{{ messages }}")
    assert tokenizer_identity(plain) == tokenizer_identity(make_tokenizer())
    assert tokenizer_identity(plain) != tokenizer_identity(other)
    assert tokenizer_identity(plain) != tokenizer_identity(make_tokenizer(pad_token="<|im_end|>"))
