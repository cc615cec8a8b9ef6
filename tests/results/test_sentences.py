"""Sentences are made of codes and values, and told in either language from these."""

from __future__ import annotations

import ast
import copy
import pickle
import re
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from string import Formatter

import pytest
from pydantic import BaseModel

from prefdata.results.ledger import MEASURES
from prefdata.results.sentences import (
    Sentence,
    SentenceField,
    chinese,
    joined,
    packed,
    templates,
    unpacked,
)

SOURCE = Path(str(files("prefdata")))
TEMPLATES = templates()
TREES = {path: ast.parse(path.read_text()) for path in SOURCE.rglob("*.py")}
WITHOUT_WORDS = {"clauses", "paragraph", "judged.soft"}
NAMES = (
    r"AUROC|EOS|JSON|Parquet|Arrow|Unicode|chosen|rejected|system|train|transformers|exact_rows|rows\.parquet"
    r"|--max-length|(audit|near|encoder|against|read|split|head)\.\w+"
    r"|(report/)?review\.csv|--decisions|--suspected drop"
)
"""What Chinese sentences call by its English name."""
SEEN = Sentence("power.auroc", auroc=0.571, low=0.55, high=0.584)


def names_in(template: str) -> list[str]:
    return sorted({name for _, name, _, _ in Formatter().parse(template) if name is not None})


def formats_in(template: str) -> set[tuple[str, str]]:
    """Formats of numbers; what stands between texts is another mark in each language."""
    parsed = Formatter().parse(template)
    return {
        (name, spec)
        for _, name, spec, _ in parsed
        if name and re.search(r"[\d,.%]\w*$", spec or "")
    }


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "Sentence":
                yield f"{path.name}:{node.lineno}", node


@pytest.mark.parametrize("code", TEMPLATES)
def test_both_languages_name_the_same_values(code: str) -> None:
    english, chinese_template = TEMPLATES[code]
    assert names_in(english) == names_in(chinese_template)
    assert re.search(r"[\u4e00-\u9fff]", chinese_template) or names_in(english)
    assert english.endswith(".") == chinese_template.endswith("。")
    if code not in WITHOUT_WORDS:
        words = re.sub(r"\{[^}]*\}", "", chinese_template)
        assert not re.search(r"[A-Za-z]{2,}", re.sub(NAMES, "", words))


def test_every_code_is_said_somewhere() -> None:
    literals = {
        node.value
        for tree in TREES.values()
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert TEMPLATES.keys() - literals == set()


def test_every_sentence_is_given_the_values_of_its_template() -> None:
    for where, call in calls():
        code = call.args[0]
        given = sorted(each.arg for each in call.keywords if each.arg is not None)
        if isinstance(code, ast.Constant) and len(given) == len(call.keywords):
            assert code.value in TEMPLATES, where
            named = names_in(TEMPLATES[code.value][0])
            unsaid = MEASURES.get(code.value, {}).keys() - named  # measured, but not told
            assert sorted({*named, *unsaid}) == given, where


def test_a_sentence_is_its_english_text() -> None:
    assert SEEN == "AUROC 0.57 (95% interval 0.55 to 0.58)"
    assert f"{SEEN}." == "AUROC 0.57 (95% interval 0.55 to 0.58)."
    assert type(f"{SEEN}") is str


def test_a_sentence_inside_another_is_in_the_language_of_that() -> None:
    whole = Sentence("not-judged.weak", seen=SEEN, least=0.6)
    assert "are found with AUROC 0.57 (95% interval" in whole
    assert "模型以 AUROC 0.57（95% 区间 0.55 至 0.58） 找出" in chinese(whole)


def test_what_is_joined_is_told_clause_by_clause() -> None:
    grown = joined(joined("evals.jsonl", Sentence("review.none")), Sentence("metrics.no-pairs"))
    assert grown == "evals.jsonl; none; there are no pairs"
    assert chinese(grown) == "evals.jsonl；无；没有偏好对"


def test_a_text_without_code_stays_as_it_is() -> None:
    assert chinese("there are no pairs") == "there are no pairs"


def test_names_in_a_sentence_are_no_templates() -> None:
    hostile = "{0.__class__} %s .* {share}"
    told = Sentence("shortcut.column", name=hostile, share=0.5, pairs=2)
    assert f"`{hostile}`" in told
    assert f"`{hostile}`" in chinese(told)


@pytest.mark.parametrize(
    "again", [copy.copy, copy.deepcopy, lambda each: pickle.loads(pickle.dumps(each))]
)
def test_copies_know_what_they_say(again: object) -> None:
    told = joined(Sentence("review.unmatched", rows=2, lines=("3", "8")), SEEN)
    copied = again(told)  # type: ignore[operator]
    assert copied == told
    assert chinese(copied) == chinese(told)


def test_what_is_packed_is_unpacked() -> None:
    bound = Sentence("claims.rate", low=0.019, high=0.063, read=80, wrong=23)
    assert chinese(unpacked(packed(bound))) == chinese(bound)
    assert unpacked("text") == "text"


class Result(BaseModel):
    says: SentenceField


def test_a_field_is_english_in_json_and_keeps_its_code_in_memory() -> None:
    result = Result(says=SEEN)
    assert result.says is SEEN
    assert result.model_dump()["says"] is SEEN
    assert result.model_dump_json() == f'{{"says":"{SEEN}"}}'
    assert Result.model_json_schema()["properties"]["says"]["type"] == "string"


def test_a_field_that_is_read_from_json_stays_as_it_is() -> None:
    result = Result.model_validate_json(Result(says=SEEN).model_dump_json())
    assert result.says == SEEN
    assert chinese(result.says) == SEEN
