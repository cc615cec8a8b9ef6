"""Which language the help is wanted in: that of --lang, else that of the environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Literal, get_args

import click

Language = Literal["en", "zh"]
LANGUAGES: tuple[Language, ...] = get_args(Language)

KEY = "prefdata.language"
"""Where `Context.meta` holds the language of --lang."""

_VARIABLES = ("LC_ALL", "LC_MESSAGES", "LANG")
"""In the order in which POSIX looks at them: the first that is set decides."""


class HelpContext(click.Context):
    """A context that gives its help in the wanted language.

    Chinese texts are loaded when they are shown.
    """

    def get_help(self) -> str:
        if self.meta.get(KEY, language_of(os.environ)) == "zh":
            from prefdata.cli.languages.chinese import help_in_chinese

            return help_in_chinese(self)
        return super().get_help()


def language_of(environment: Mapping[str, str]) -> Language:
    """The language that an environment asks for; English, unless it asks for Chinese.

    >>> language_of({"LANG": "zh_CN.UTF-8"}), language_of({"LC_ALL": "C", "LANG": "zh_CN.UTF-8"})
    ('zh', 'en')
    """
    named = next(filter(None, map(environment.get, _VARIABLES)), "")
    return "zh" if named.lower().startswith("zh") else "en"
