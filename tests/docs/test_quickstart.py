"""The commented config, in both languages: it loads, shows every key, and keeps defaults."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from page_structure import CHINESE
from pydantic import BaseModel

from prefdata.config.load import load_config
from prefdata.config.model import BuildConfig
from prefdata.config.yaml_text import yaml_values

ROOT = Path(__file__).parents[2]
FILE = ROOT / "pipelines" / "quickstart.yaml"
CHINESE_FILE = FILE.with_suffix(".zh-CN.yaml")

in_both_languages = pytest.mark.parametrize("file", [FILE, CHINESE_FILE], ids=lambda f: f.name)

MEANT = {"sources", "title", "check.rules", "against.files", "split.test", "audit.run"}
"""Keys that differ from the default on purpose; the comments beside them say so."""


def flat(values: BaseModel, before: str = "") -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for name, value in values:
        if isinstance(value, BaseModel):
            keys |= flat(value, f"{before}{name}.")
        else:
            keys[before + name] = value
    return keys


def written_keys(values: dict[str, Any], model: BaseModel, before: str = "") -> list[str]:
    keys = []
    for name, value in values.items():
        section = getattr(model, name)
        if isinstance(section, BaseModel):
            keys += written_keys(value, section, f"{before}{name}.")
        else:
            keys.append(before + name)
    return keys


@in_both_languages
def test_it_loads_and_says_every_key_there_is_in_the_order_of_the_model(file: Path) -> None:
    load_config(file)
    written = yaml_values(file.read_text(encoding="utf-8"))
    assert written_keys(written, BuildConfig()) == list(flat(BuildConfig()))


@in_both_languages
def test_what_it_calls_defaults_are_the_defaults(file: Path) -> None:
    config, default = flat(load_config(file)), flat(BuildConfig())
    assert {key for key in default if config[key] != default[key]} == MEANT


@in_both_languages
def test_every_key_has_its_reason_beside_it(file: Path) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    keys = [line for line in lines if line.startswith("  ") and not line.strip().startswith("-")]
    assert [line for line in keys if "  # " not in line] == []


def test_its_sources_are_there() -> None:
    config = load_config(FILE)
    assert all((ROOT / source).is_dir() for source in (*config.sources, *config.against.files))


def test_the_chinese_file_is_the_same_config() -> None:
    assert load_config(CHINESE_FILE) == load_config(FILE)


def test_both_files_have_comments_at_the_same_lines() -> None:
    assert values_and_comments(CHINESE_FILE) == values_and_comments(FILE)


def values_and_comments(file: Path) -> list[tuple[str, bool]]:
    """The lines of a config, each with whether a comment stands beside it; a block of comments,
    which may be shorter in one language than in the other, is one line."""
    lines = [line.partition("#") for line in file.read_text(encoding="utf-8").splitlines()]
    found = [(values.rstrip(), bool(sign)) for values, sign, _ in lines]
    return [
        line
        for before, line in zip([("", False), *found], found, strict=False)
        if line != ("", True) or before != line
    ]


def test_every_comment_of_the_chinese_file_is_chinese() -> None:
    """But for commands, and for values that stand in a comment alone."""
    comments = re.findall(r"# +(.*)", CHINESE_FILE.read_text(encoding="utf-8"))
    others = [comment for comment in comments if not CHINESE.search(comment)]
    assert others == [
        "prefdata build --config pipelines/quickstart.zh-CN.yaml --out out/demo",
        "AdamW",
    ]


def test_no_comment_of_the_chinese_file_leads_to_an_english_page() -> None:
    pages = re.findall(r"docs/[\w.-]*\.md", CHINESE_FILE.read_text(encoding="utf-8"))
    english = re.findall(r"docs/[\w.-]*\.md", FILE.read_text(encoding="utf-8"))
    assert pages == [page.replace(".md", ".zh-CN.md") for page in english]
