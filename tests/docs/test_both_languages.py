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

OTHER_TEXTS = (
    ROOT / "pipelines" / "quickstart.zh-CN.yaml",
    *sorted((ROOT / "prefdata").rglob("*.zh.txt")),
    ROOT / "prefdata" / "reports" / "card" / "chinese.py",
    ROOT / "prefdata" / "results" / "audit.py",
)
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


@pytest.mark.parametrize("path", [*TRANSLATIONS.values(), *ASSETS, *OTHER_TEXTS], ids=name)
def test_an_idea_has_one_word_in_chinese(path: Path) -> None:
    """The words that the table of terms in CONTRIBUTING.md rules out do not occur."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = re.sub(r"`[^`\n]+`", "", FENCE.sub(drawn_or_commented, text))
    used = {
        (word, text[max(0, place.start() - 12) : place.end() + 12])
        for terms, ruled_out in terms_and_ruled_out()
        for word in ruled_out
        for place in re.finditer(word, re.sub("|".join(terms), lambda m: "＿" * len(m[0]), text))
    }
    assert used == set()


def drawn_or_commented(block: re.Match[str]) -> str:
    """What of a block is written in the language of the page."""
    return block["body"] if block["kind"] in ("mermaid", "text", "yaml", "sh") else ""


def terms_and_ruled_out() -> list[tuple[list[str], list[str]]]:
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    table = page.partition("\n| English | 中文 | not |\n")[2].partition("\n\n")[0]
    rows = [row.strip("| ").split(" | ") for row in table.splitlines()[1:]]
    return [
        (terms.split("、"), cells[0].rstrip(" |").split("、"))
        for _, terms, *cells in rows
        if cells and cells[0]
    ]


def test_the_table_of_terms_rules_words_out() -> None:
    ruled_out = {word for _, words in terms_and_ruled_out() for word in words}
    assert {"提示", "回复", "账本", "样对"} <= ruled_out
    assert all(CHINESE.match(word) for word in ruled_out)
