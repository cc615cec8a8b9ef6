"""The language of a text, as an ISO 639-1 code."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from prefdata.transforms.texts.script import script_of

UNDETERMINED = "und"
"""The ISO 639-2 code for undetermined."""

SILENT = "zxx"
"""The model's code for no language."""

READ_CHARACTERS = 2_000
"""Characters at the beginning of a text that are used: sufficient, and a bounded cost."""

LEAST_LETTERS = 20
LEAST_CJK = 2

OF_SCRIPT = {"Japanese": "ja", "Hangul": "ko", "Thai": "th", "Greek": "el", "Han": "zh"}
"""Scripts that determine the language. Han: Chinese of any kind, Cantonese included."""

_CODE_AND_LINKS = (
    r"```.*?(?:```|\Z)"  # code blocks
    r"|`[^`\n]*`"  # code within a line
    r"|https?://\S+|www\.\S+"
)
_ADDRESSES = r"|\S+@\S+\.\S+"
_TAGS = r"|</?[A-Za-z][^<>]{0,200}>"
_NOT_LANGUAGE = re.compile(_CODE_AND_LINKS + _ADDRESSES + _TAGS, re.DOTALL)
_NOT_LANGUAGE_WITHOUT_AT = re.compile(_CODE_AND_LINKS + _TAGS, re.DOTALL)  # some times as fast


def language_of(text: str) -> str:
    """The main language of a text, by script or by py3langid's model; `und` if undetermined.

    Code, links and tags are ignored. A text needs 20 letters, or 2 if the script determines the
    language.

    >>> language_of("这个问题很有意思。"), language_of("ok")
    ('zh', 'und')
    """
    prose = prose_of(text[:READ_CHARACTERS])
    letters = sum(1 for character in prose if character.isalpha())
    if letters < LEAST_CJK:
        return UNDETERMINED
    by_script = OF_SCRIPT.get(script_of([prose]))
    if by_script:
        return by_script
    return most_probable(prose) if letters >= LEAST_LETTERS else UNDETERMINED


def prose_of(text: str) -> str:
    """A text with a space instead of code, links and tags."""
    found = _NOT_LANGUAGE if "@" in text else _NOT_LANGUAGE_WITHOUT_AT
    return found.sub(" ", text)


def most_probable(prose: str) -> str:
    """The most probable language that has a two-letter code, by the model."""
    ranked: list[str] = [language for language, _ in identifier().rank(prose)]
    if ranked[0] == SILENT:
        return UNDETERMINED
    return next(language for language in ranked if len(language) == 2)


@cache
def identifier() -> Any:
    """py3langid's model, loaded when it is first needed."""
    from prefdata.transforms.texts.language_model import language_model

    return language_model()
