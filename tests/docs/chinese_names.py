"""The table of Chinese column names in the page on dialects: those that dialects know."""

from __future__ import annotations

import re
from pathlib import Path

from prefdata.dialects import DIALECTS

DOCS = Path(__file__).parents[2] / "docs"
PAGE, CHINESE_PAGE = DOCS / "dialects.md", DOCS / "dialects.zh-CN.md"
BEGIN, END = "<!-- begin: names, by `make schemas` -->\n", "<!-- end: names -->\n"

PARTS = {
    "prompt": ("prompt", "提示词"),
    "input": ("what an instruction is about", "指令所针对的输入"),
    "system": ("system message", "系统消息"),
    "history": ("earlier turns", "此前的各轮对话"),
    "chosen": ("chosen completion", "优选回答"),
    "rejected": ("rejected completion", "劣选回答"),
    "gap": ("margin", "分差"),
    "first": ("first of two completions", "两个回答中的第一个"),
    "second": ("second of two completions", "两个回答中的第二个"),
    "label": ("which of the two is better", "两个回答中哪个更好"),
    "completion": ("the only completion of a row", "一行中唯一的回答"),
    "rating": ("its rating", "该回答的评分"),
    "rank": ("its rank", "该回答的名次"),
    "judge": ("who judged", "评判者"),
}
"""Parts of dialects, in English and in Chinese."""

_CHINESE = re.compile("[\u4e00-\u9fff]")
_LETTERED = {"first": "a", "second": "b"}
"""Of names that end with a mark (a, 1, 甲, ...) only those with the letter are listed."""


def page_with_names(page: Path) -> str:
    """The page with the table as it has to stand there now."""
    before, _, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, after = rest.partition(END)
    if not end:
        raise ValueError(f"{page.name} has no place for the names: {BEGIN.strip()} ...")
    return f"{before}{BEGIN}{table(in_chinese=page == CHINESE_PAGE)}{END}{after}"


def table(*, in_chinese: bool) -> str:
    """A line for every part that has Chinese names, each name once, in the order of the code."""
    lines = ["| 列 | 中文列名 |" if in_chinese else "| column | Chinese names |", "|---|---|"]
    for part, words in PARTS.items():
        if listed := names(part):
            cells = ("、" if in_chinese else ", ").join(f"`{name}`" for name in listed)
            lines.append(f"| {words[in_chinese]} | {cells} |")
    return "\n".join(lines) + "\n"


def names(part: str) -> list[str]:
    """The Chinese names of a part in any dialect."""
    found = dict.fromkeys(
        name
        for dialect in DIALECTS
        for one in dialect.parts
        if one.name == part
        for name in (*one.names, *one.fallbacks)
        if _CHINESE.search(name)
    )
    letter = _LETTERED.get(part)
    if letter is None:
        return list(found)
    lettered = (name for name in found if name.endswith(letter) and "_" not in name)
    return [name[:-1] + letter.upper() for name in lettered]
