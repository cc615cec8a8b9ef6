from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prefdata.io.hub.words import clean_message

TOKEN = "hf_aVerySecretToken"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Not found", "Not found"),
        ("for https://s3.example/o?X-Amz-Signature=abc&b=2 now", "for https://s3.example/o now"),
        ("'https://a.example/b#c'", "'https://a.example/b'"),
        ("https://me:pass@host/x", "https://host/x"),
        (f"Bearer {TOKEN}\r\nSet-Cookie: a", "Bearer <token> Set-Cookie: a"),
        ("\x1b[31mred\x00\u202e", "[31mred"),
        ("two\n\n  lines", "two lines"),
    ],
)
def test_words_of_others(monkeypatch: pytest.MonkeyPatch, text: str, shown: str) -> None:
    monkeypatch.setenv("HF_TOKEN", TOKEN)
    assert clean_message(text) == shown


@given(st.text(max_size=2000))
def test_one_short_printable_line(text: str) -> None:
    shown = clean_message(text)
    assert len(shown) <= 600 and (shown.isprintable() or not shown)
