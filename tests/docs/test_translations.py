"""Every page is there in English and in Chinese, and says the same in both."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from console_blocks import DOCS, ROOT, TRANSLATIONS, blocks
from page_structure import CHINESE, FENCE, broken, sections

ENGLISH = (
    ROOT / "README.md",
    *(path for path in sorted(DOCS.glob("*.md")) if path not in TRANSLATIONS.values()),
)
ASSETS = (
    ROOT / "prefdata" / "results" / "sentences.json",
    ROOT / "prefdata" / "reports" / "assets" / "words.json",
    ROOT / "prefdata" / "reports" / "assets" / "rules_chinese.json",
    ROOT / "prefdata" / "web" / "annotate" / "assets" / "annotate_words.json",
    ROOT / "prefdata" / "web" / "app" / "words.json",
)
"""Texts of reports and pages in both languages."""

TEMPLATES = tuple(sorted((ROOT / "prefdata").rglob("*.zh.txt")))
OTHER_LANGUAGE = ("English", "中文", "简体中文")


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", ENGLISH, ids=name)
def test_a_page_is_there_in_chinese_and_the_two_name_each_other(path: Path) -> None:
    assert path in TRANSLATIONS, f"{name(path)} has no {path.stem}.zh-CN.md"
    for page, other in ((path, TRANSLATIONS[path]), (TRANSLATIONS[path], path)):
        before_sections = page.read_text(encoding="utf-8").partition("\n## ")[0]
        assert f"]({other.name})" in before_sections, f"{name(page)} has no link to {other.name}"


@pytest.mark.parametrize(("path", "translated"), TRANSLATIONS.items(), ids=name)
def test_a_translation_holds_the_same_blocks(path: Path, translated: Path) -> None:
    first, second = (
        [b for b in blocks(page.read_text("utf-8")) if b.kind != "sh"]
        for page in (path, translated)
    )
    assert [replace(b, line=0) for b in first] == [replace(b, line=0) for b in second]


@pytest.mark.parametrize(("path", "translated"), TRANSLATIONS.items(), ids=name)
def test_a_translation_has_the_same_sections(path: Path, translated: Path) -> None:
    """As many headings of the same levels, and in each the same blocks, tables and links."""
    first, second = sections(path), sections(translated)
    assert [section.level for section in first] == [section.level for section in second]
    for number, (one, other) in enumerate(zip(first, second, strict=True)):
        assert one == other, f"section {number}"


@pytest.mark.parametrize("page", TRANSLATIONS.values(), ids=name)
def test_a_chinese_page_leads_to_chinese_pages(page: Path) -> None:
    """But for the links that are named as the other language."""
    prose = FENCE.sub("", page.read_text(encoding="utf-8"))
    to_english = [
        target
        for words, target in re.findall(r"\[([^\]]*)\]\(([^)\s#]+)", prose)
        if words not in OTHER_LANGUAGE and (page.parent / target).resolve() in TRANSLATIONS
    ]
    assert to_english == []


@pytest.mark.parametrize("page", TRANSLATIONS.values(), ids=name)
def test_a_chinese_paragraph_is_one_line(page: Path) -> None:
    assert broken(page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", ASSETS, ids=name)
def test_no_line_break_stands_in_a_chinese_text(path: Path) -> None:
    found = list(chinese_texts(json.loads(path.read_text(encoding="utf-8"))))
    assert found
    assert [text for text in found if "\n" in text] == []


def chinese_texts(value: Any) -> Iterator[str]:
    """Every text with Chinese inside of JSON."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from chinese_texts(part)
    elif isinstance(value, str) and CHINESE.search(value):
        yield value
