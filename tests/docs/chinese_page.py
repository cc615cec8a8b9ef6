"""A generated page in Chinese: its paragraphs, headings and cells out of a file of translations.

The file holds the English text, each paragraph in one line, and the Chinese one. What has no
translation stays in English; `untranslated` names it, and what no page needs any more.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from tests.docs.page_structure import FENCE, anchors

FILE = Path(__file__).parent / "chinese_paragraphs.json"

_NO_WORDS = re.compile(r"(\[?`[^`]*`\]?(\(#[\w-]*\))?|-+|:?)?")
_CELLS = re.compile(r"(?<!\\)\|")


@cache
def translations() -> dict[str, str]:
    """English paragraphs, headings and cells to Chinese ones."""
    found: dict[str, str] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def in_chinese(page: str) -> str:
    """The page with its words in Chinese; blocks and names stay as they are."""
    words = translations()
    parts = [
        part if part.startswith("```") else _prose(part, words)
        for part in re.split(r"(^```\w*\n.*?^```$)", page, flags=re.M | re.S)
    ]
    chinese = "".join(parts)
    for before, after in zip(anchors(page), anchors(chinese), strict=True):
        chinese = chinese.replace(f"](#{before})", f"](#{after})")
    return chinese


def untranslated(*pages: str) -> tuple[list[str], list[str]]:
    """Texts of the pages without a translation, and translations of nothing in them."""
    needed = {text for page in pages for text in _texts(FENCE.sub("", page))}
    known = translations()
    return sorted(needed - known.keys()), sorted(known.keys() - needed)


def _prose(text: str, words: dict[str, str]) -> str:
    return "".join(_block(block, words) for block in re.split(r"(\n{2,})", text))


def _block(block: str, words: dict[str, str]) -> str:
    text = block.strip("\n")
    if not text:
        return block
    if text.startswith("|"):
        chinese = "\n".join(
            "|".join(
                cell if _is_name(cell) else f" {words.get(cell.strip(), cell.strip())} "
                for cell in _CELLS.split(row)
            )
            for row in text.splitlines()
        )
    else:
        marks, text = _heading(text)
        chinese = marks + (text if _is_name(text) else words.get(text, text))
    return block.replace(block.strip("\n"), chinese)


def _heading(text: str) -> tuple[str, str]:
    """The marks of a heading, and the words of a heading or paragraph in one line."""
    line = " ".join(text.split())
    words = re.sub(r"^#+ ", "", line)
    return line.removesuffix(words), words


def _texts(page: str) -> Iterator[str]:
    for block in re.split(r"\n{2,}", page):
        text = block.strip("\n")
        cells = (
            _CELLS.split(text.replace("\n", "")) if text.startswith("|") else [_heading(text)[1]]
        )
        yield from (cell.strip() for cell in cells if not _is_name(cell))


def _is_name(text: str) -> bool:
    return _NO_WORDS.fullmatch(text.strip()) is not None
