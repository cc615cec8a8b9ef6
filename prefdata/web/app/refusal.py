"""What is answered when something is refused: a status, a code, a sentence in two languages."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "zh")


class Refusal(Exception):  # noqa: N818 - an answer to a request, not an error of the run
    """A request is refused.

    `Refusal(status, code, values)`: the code of a sentence in words.json, and what fills its gaps.
    """

    def __init__(self, status: int, code: str, **values: object) -> None:
        super().__init__(status, code, values)
        self.status = status
        self.code = code
        self.values = values

    def sentence(self, language: str) -> str:
        """What is said, in "en" or "zh"."""
        return sentence(self.code, language).format_map(self.values)


@cache
def _sentences() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(
        (Path(__file__).parent / "words.json").read_text("utf-8")
    )
    return found


def sentence(code: str, language: str) -> str:
    """A sentence of words.json, with its gaps."""
    said = _sentences()[code]
    return said.get(language) or said["en"]


def language_of(accepted: str) -> str:
    """The language of ours that an Accept-Language header asks for first: "en" or "zh"."""
    for part in accepted[:200].split(","):
        tag = part.partition(";")[0].strip().lower()[:2]
        if tag in LANGUAGES:
            return tag
    return LANGUAGES[0]
