"""Generated pages in Chinese: what is translated, what stays, and what is missed."""

from __future__ import annotations

import pytest

from tests.docs import chinese_page
from tests.docs.python_page import python_page

PAGE = """\
# The page

See [below](#what-is-found): two
lines.

```py
The page
```

## What is found

| name | |
|---|---|
| `a \\| b` | The page |
| [`c`](#the-page) | |
"""

CHINESE = """\
# 页面

见[下文](#发现什么)：两行。

```py
The page
```

## 发现什么

| 名称 | |
|---|---|
| `a \\| b` | 页面 |
| [`c`](#页面) | |
"""

WORDS = {
    "The page": "页面",
    "See [below](#what-is-found): two lines.": "见[下文](#what-is-found)：两行。",
    "What is found": "发现什么",
    "name": "名称",
}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    words = dict(WORDS)
    monkeypatch.setattr(chinese_page, "translations", lambda: words)
    return words


def test_words_are_translated_and_names_blocks_and_links_kept(known: dict[str, str]) -> None:
    assert chinese_page.in_chinese(PAGE) == CHINESE
    assert chinese_page.untranslated(PAGE) == ([], [])


def test_what_lacks_a_translation_stays_and_is_named(known: dict[str, str]) -> None:
    del known["name"]
    known["gone"] = "没有了"
    assert chinese_page.in_chinese(PAGE) == CHINESE.replace("名称", "name")
    assert chinese_page.untranslated(PAGE) == (["name"], ["gone"])


def test_the_page_of_python_is_translated_whole() -> None:
    assert chinese_page.untranslated(python_page()) == ([], [])
