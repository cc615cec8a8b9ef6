"""Options whose help is put together from parts, which are translated one by one."""

from __future__ import annotations

from typing import Any, NamedTuple

import click


class HelpParts(NamedTuple):
    """What the help of an option says.

    `text`: a sentence; `default`: as a value is written, "" if there is none; `note`: what stands
    behind the default.
    """

    text: str
    default: str = ""
    note: str = ""
    repeats: bool = False

    def in_english(self) -> str:
        """
        >>> HelpParts("Rows.", "5", "all with --full", repeats=True).in_english()
        'Rows (5; all with --full). May be repeated.'
        """
        behind = "; ".join(filter(None, (self.default, self.note)))
        text = self.text.removesuffix(".")
        shown = f"{text} ({behind})." if behind else f"{text}."
        return f"{shown} {REPEATS}" if self.repeats else shown


REPEATS = "May be repeated."


class DescribedOption(click.Option):
    """An option with the parts of its help."""

    def __init__(self, declarations: list[str], *, parts: HelpParts, **attributes: Any) -> None:
        super().__init__(declarations, help=parts.in_english(), **attributes)
        self.parts = parts
