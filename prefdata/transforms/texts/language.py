"""The language of a text, as an ISO 639-1 code."""

from __future__ import annotations

import re

from prefdata.transforms.texts.script import script_of

UNDETERMINED = "und"
"""The ISO 639-2 code for undetermined."""

READ_CHARACTERS = 2_000
"""Characters at the beginning of a text that are used: sufficient, and a bounded cost."""

_LEAST_LETTERS = 20
_LEAST_CJK = 2

_OF_SCRIPT = {"Japanese": "ja", "Hangul": "ko", "Thai": "th", "Greek": "el", "Han": "zh"}
"""Scripts that determine the language. Han: Chinese of any kind, Cantonese included."""

_NOT_LANGUAGE = re.compile(
    r"```.*?(?:```|\Z)"  # code blocks
    r"|`[^`\n]*`"  # code within a line
    r"|https?://\S+|www\.\S+"
    r"|\S+@\S+\.\S+"  # addresses
    r"|</?[A-Za-z][^<>]{0,200}>",  # tags
    re.DOTALL,
)


def language_of(text: str) -> str:
    """The main language of a text, by script or by py3langid's model; `und` if undetermined.

    Code, links and tags are ignored. A text needs 20 letters, or 2 if the script determines the
    language.

    >>> language_of("这个问题很有意思。"), language_of("ok")
    ('zh', 'und')
    """
    prose = _NOT_LANGUAGE.sub(" ", text[:READ_CHARACTERS])
    letters = sum(1 for character in prose if character.isalpha())
    if letters < _LEAST_CJK:
        return UNDETERMINED
    by_script = _OF_SCRIPT.get(script_of([prose]))
    if by_script:
        return by_script
    return _by_model(prose) if letters >= _LEAST_LETTERS else UNDETERMINED


def _by_model(prose: str) -> str:
    """The most probable language that has a two-letter code."""
    import py3langid  # its model takes half a second to load

    ranked: list[str] = [language for language, _ in py3langid.rank(prose)]
    if ranked[0] == "zxx":  # the model's code for no language
        return UNDETERMINED
    return next(language for language in ranked if len(language) == 2)
