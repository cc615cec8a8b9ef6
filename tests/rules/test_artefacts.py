from __future__ import annotations

import pytest

from prefdata.records.record import Record, assistant, user
from prefdata.rules.registry import rule_named


def evidence(code: str, text: str) -> str | None:
    examine = rule_named(code).examine
    assert examine is not None
    return examine(Record((user("q"),), (assistant("fine"),), (assistant(text),)))


@pytest.mark.parametrize(
    "text",
    [
        *("a<|im_end|>", "<|reserved_special_token_0|>", "<｜User｜>hi", "[INST] q [/INST]"),
        *("<<SYS>>", "done.</s>\nWhat else?", "<s>begin", "<s>all of it</s>", "<pad><pad>"),
    ],
)
def test_special_tokens(text: str) -> None:
    found = evidence("special-tokens", text)
    assert found is not None
    assert found.startswith("rejected[0]: ")


@pytest.mark.parametrize(
    "text",
    ["price <s>10</s> 8 euro", "f <| g |> h", "a[i] < b", "1 <2> 3", "<ｓ>", "<s>old</s> and new"],
)
def test_no_special_tokens(text: str) -> None:
    assert evidence("special-tokens", text) is None


@pytest.mark.parametrize(
    "text", ["a\n\nHuman: b", "Assistant: a", " Human: a", "x ### Response: y"]
)
def test_turn_markers(text: str) -> None:
    assert evidence("turn-markers", text) is not None


@pytest.mark.parametrize("text", ["Human: rights", "The Human: a study"])
def test_a_prompt_may_begin_with_a_marker(text: str) -> None:
    examine = rule_named("turn-markers").examine
    assert examine is not None
    assert examine(Record((user(text),), (assistant("a"),), (assistant("b"),))) is None


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("\x00", "0000"),
        ("a\x0bb", "000B"),
        ("\x7f", "007F"),
        ("é\x85", "0085"),
        ("\x1b[0m", "001B"),
    ],
)
def test_control_characters(text: str, code: str) -> None:
    found = evidence("control-characters", text)
    assert found is not None
    assert f"U+{code}" in found
    assert found.isprintable()


def test_tabs_and_line_breaks_are_no_control_characters() -> None:
    assert evidence("control-characters", "a\tb\r\nc\u2028d") is None


@pytest.mark.parametrize(
    "clean",
    [
        "“Don’t” – naïve café… →",
        "中文，标点。",
        "emoji 😀😀",
        "ありがとう",
        "Как дела?",
        "ação, Ñandú",
    ],
)
def test_misread_utf8_is_mojibake_and_the_original_is_not(clean: str) -> None:
    assert evidence("mojibake", clean) is None
    assert evidence("mojibake", misread(clean)) is not None


def misread(text: str) -> str:
    """UTF-8 read as Windows-1252, the way browsers do: undefined bytes become controls."""
    return "".join(
        bytes([byte]).decode("latin-1" if byte in b"\x81\x8d\x8f\x90\x9d" else "cp1252")
        for byte in text.encode()
    )


@pytest.mark.parametrize(
    "text", ["caf\ufffd", "锟斤拷", "donâ€™t and itâ€™s", "it\xe2\x80\x99s \xe2\x80\x94"]
)
def test_mojibake(text: str) -> None:
    assert evidence("mojibake", text) is not None


@pytest.mark.parametrize(
    "text",
    ["NÃO, IRMÃ", "l’été « clé »", "São Tomé", "10 Â", "â", "Â° once", "Ångström", "çok güzel"],
)
def test_no_mojibake(text: str) -> None:
    assert evidence("mojibake", text) is None


def test_evidence_is_short_and_printable() -> None:
    found = evidence("special-tokens", "\n\x00" * 500 + "<|im_end|>\u202e" + "x" * 999)
    assert found is not None
    assert len(found) <= 80
    assert found.isprintable()
