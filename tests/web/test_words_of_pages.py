"""Every sentence that a page may be refused with is there in both languages, with the same gaps."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prefdata import errors
from prefdata.web.app.refusal import LANGUAGES, Refusal, language_of, sentence

WEB = Path(errors.__file__).parent / "web"
RAISED = re.compile(r'Refusal\(\s*\d+, "([a-z-]+)"')
CODES = {code for path in WEB.rglob("*.py") for code in RAISED.findall(path.read_text("utf-8"))}
OF_ERRORS = {
    kind.code
    for kind in vars(errors).values()
    if isinstance(kind, type) and issubclass(kind, errors.CampaignError | errors.UnsavedError)
}


@pytest.mark.parametrize("code", sorted(CODES | OF_ERRORS | {"name"}))
def test_a_refusal_is_said_in_both_languages(code: str) -> None:
    said = [sentence(code, language) for language in LANGUAGES]
    gaps = [sorted(re.findall(r"\{(\w+)\}", each)) for each in said]
    assert gaps[0] == gaps[1]
    assert said[0].isascii()
    assert re.search("[一-鿿]", said[1])


def test_the_codes_were_found() -> None:
    assert {"host", "origin", "csrf", "too-large"} <= CODES
    assert {"gone", "busy"} <= OF_ERRORS


def test_gaps_are_filled_with_text() -> None:
    refusal = Refusal(422, "not-an-answer", detail="{0} {x}")
    assert refusal.sentence("en") == "This answer cannot be taken: {0} {x}"


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("de-DE,de;q=0.9,zh;q=0.5", "zh"),
        ("en-GB,zh", "en"),
        ("*", "en"),
        ("zh" * 10_000, "zh"),
        (",;,;q", "en"),
    ],
)
def test_a_browsers_language_is_heeded(accepted: str, language: str) -> None:
    assert language_of(accepted) == language
