"""Score sheets: one completion a row, with points for several aspects, under their usual names."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import prefdata
from prefdata.dialects.convert import judge_row
from prefdata.dialects.detect import detect
from prefdata.errors import DialectError

ENGLISH = {
    "prompt": "Why do leaves fall?", "response": "They are shed to save water in winter.",
    "accuracy": 5, "completeness": 4, "safety": 5,
}  # fmt: skip
CHINESE = {
    "问题": "树叶为什么会落？", "回答": "冬天缺水，落叶可以减少水分散失。",
    "准确性": 5, "完整性评分": 4, "安全": 5, "总分": 4,
}  # fmt: skip


def dialect_of(row: dict[str, Any], **given: Any) -> str:
    return detect([row], place="sheet", **given).dialect


@pytest.mark.parametrize("row", [ENGLISH, CHINESE], ids=["english", "chinese"])
def test_aspects_are_criteria_by_one_name_in_both_languages(row: dict[str, Any]) -> None:
    match = detect([row], place="sheet")
    assert match.dialect == "rated-aspects"
    judgement = judge_row(row, match)
    said = {opinion.criterion: opinion.values for opinion in judgement.opinions}
    expected = {"accuracy": (5.0,), "completeness": (4.0,), "safety": (5.0,)}
    assert said == expected | ({"overall": (4.0,)} if row is CHINESE else {})
    assert judgement.overall == (("overall",) if row is CHINESE else ())


@pytest.mark.parametrize(
    ("changes", "dialect"),
    [
        ({"completeness": None, "safety": None, "score": 3}, "rated-rows"),
        ({"accuracy": 3, "score": 3}, "rated-rows"),
        ({"helpfulness": 3, "correctness": 2}, "helpsteer"),
    ],
)
def test_other_dialects_with_these_names_stay_what_they_are(
    changes: dict[str, Any], dialect: str
) -> None:
    assert dialect_of({**ENGLISH, **changes}) == dialect


def test_a_pair_with_points_is_a_pair() -> None:
    row = {"prompt": "a", "chosen": "b", "rejected": "c", "accuracy": 5, "fluency": 4}
    assert dialect_of(row) == "pairs"


def test_one_number_beside_a_text_is_nothing_to_judge_by() -> None:
    for points in ({"accuracy": 5}, {}):
        with pytest.raises(DialectError):
            dialect_of({"prompt": "a", "response": "b", **points})


def test_columns_of_other_names_are_mapped() -> None:
    row = {"prompt": "a", "response": "b", "truth": 5, "language": 4}
    assert dialect_of(row, mapping={"accuracy": "truth", "fluency": "language"}) == "rated-aspects"


def sheet(path: Path, *points: tuple[int, int]) -> Path:
    lines = [
        {"问题": "树叶为什么会落？", "回答": f"答案之{number}：为了节约水分。",
         "准确性": accuracy, "流畅性": fluency}
        for number, (accuracy, fluency) in enumerate(points)
    ]  # fmt: skip
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), "utf-8")
    return path


def test_without_a_whole_the_user_says_what_decides(tmp_path: Path) -> None:
    source = sheet(tmp_path / "分.jsonl", (5, 1), (3, 4))
    with pytest.raises(DialectError, match=r"read\.pairs\.weights: \{accuracy: 1, fluency: 1\}"):
        prefdata.build(source, out=tmp_path / "no")

    def chosen(name: str, pairs: dict[str, Any]) -> str:
        out = tmp_path / name
        config = {"read": {"pairs": pairs}, "near": {"action": "off"}, "shards": {"to": "parquet"}}
        prefdata.build(source, out=out, config=config)
        shown = prefdata.explain(out, source="分.jsonl:1").shown[0].text
        return str(shown["chosen"][-1]["content"])

    assert chosen("accuracy", {"criterion": "accuracy"}).startswith("答案之0")
    assert chosen("weights", {"weights": {"accuracy": 1, "fluency": 1}}).startswith("答案之1")
