from __future__ import annotations

import subprocess
import sys

import pytest

from prefdata.transforms.texts.language import language_of


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The weather is nice today, and we are going to the park.", "en"),
        ("Il fait beau aujourd’hui et nous allons au parc avec les enfants.", "fr"),
        ("Сегодня хорошая погода, и мы идём в парк с детьми.", "ru"),
        ("الطقس جميل اليوم وسنذهب إلى الحديقة مع الأطفال", "ar"),
        ("今天天气很好，我们去公园。", "zh"),
        ("今日は天気がいいので公園に行きます。", "ja"),
        ("오늘은 날씨가 좋습니다.", "ko"),
        ("วันนี้อากาศดี", "th"),
        ("", "und"),
        ("ok", "und"),
        ("1 + 1 = 2", "und"),
        ("😀😀😀", "und"),
        ("https://example.org/this/is/a/long/path/in/english/words", "und"),
        ("```python\nfor word in sentence_list_of_words: print(word)\n```", "und"),
    ],
)
def test_languages(text: str, language: str) -> None:
    assert language_of(text) == language


def test_code_does_not_hide_the_language_around_it() -> None:
    text = "Die Funktion gibt die Summe der beiden Zahlen zurück:\n```\nreturn a + b\n```"
    assert language_of(text) == "de"


def test_the_model_is_loaded_when_it_is_needed() -> None:
    code = "import sys, prefdata.transforms.texts.language; sys.exit('py3langid' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
