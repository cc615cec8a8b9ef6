"""The project file: what it may say, and what it says when it is wrong."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from prefdata.config.annotation import AnnotationConfig, BilingualText, load_annotation
from prefdata.errors import ConfigError


def test_every_key_has_a_default_and_criteria_are_explained_in_both_languages() -> None:
    config = AnnotationConfig()
    names = [criterion.name for criterion in config.criteria]
    assert names == ["accuracy", "completeness", "relevance", "fluency", "safety"]
    assert [criterion.name for criterion in config.criteria if criterion.safety] == ["safety"]
    for criterion in config.criteria:
        assert isinstance(criterion.definition, BilingualText) and criterion.definition.zh
    assert AnnotationConfig.model_validate_json(config.model_dump_json()) == config


def test_guidelines_gold_and_practice_lie_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "rules.md").write_text("# Look at both\n")
    file = tmp_path / "project.yaml"
    file.write_text("guidelines: rules.md\ngold: known.jsonl\nbeside: [safety]\n")
    config = load_annotation(file)
    assert config.guidelines == "# Look at both\n"
    assert (config.gold, config.practice) == (str(tmp_path / "known.jsonl"), None)
    assert [criterion.name for criterion in config.rated] == ["safety"]
    file.write_text("guidelines: |\n  Look at both.md\n")
    assert load_annotation(file).guidelines == "Look at both.md\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: stars", "kind"),
        ("guidlines: x", "did you mean guidelines"),
        ("criteria: [{name: a}, {name: a}]", "each name stands once"),
        ("beside: [depth]", "none of the criteria"),
        ("scale: {least: 5, most: 1}", "above least"),
        ("criteria: [{name: a, anchors: {9: best}}]", "outside of the scale"),
        ("overlap: {people: 1}", "overlap.people"),
        ("guidelines: ../secret.md", "must lie in the folder"),
        ("guidelines: absent.md", "cannot be read"),
        ("votes: 0", "votes"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "project.yaml"
    file.write_text(text)
    with pytest.raises(ConfigError, match=said):
        load_annotation(file)


def test_a_campaign_is_served_without_numpy_and_its_like() -> None:
    code = "import sys, prefdata.pipeline.annotation.campaign; print(*sys.modules)"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"numpy", "scipy", "pyarrow", "polars", "torch"} & set(ran.stdout.split())
