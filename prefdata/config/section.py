"""What the sections of a config are made of: the base of all, and types that they share."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Level = Annotated[
    Literal["error", "warning", "off"],
    BeforeValidator(lambda value: "off" if value is False else value),  # what YAML makes of off
]
Toggle = Annotated[
    Literal["drop", "flag", "off"],
    BeforeValidator(lambda value: "off" if value is False else value),
]
Action = Literal["drop", "flag"]
ShardFormat = Literal["arrow", "parquet"]
RecordFormat = Literal["conversational", "standard", "implicit", "question", "llamafactory"]
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]

KIB = 1024
MIB = 1024 * KIB


class Section(BaseModel):
    """A part of the config: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _threshold(value: float | str) -> float | str:
    """A similarity, which may be a text, or the share of rows that lie farthest out: `0.5%`."""
    if isinstance(value, str):
        try:
            number = float(value.removesuffix("%"))
        except ValueError:
            number = math.nan
        if value.endswith("%") and 0 < number < 100:
            return value
        if value.endswith("%") or math.isnan(number):
            raise ValueError(f"{value!r}: write a similarity (0.95) or a share of the rows (0.5%)")
        value = number
    if not -1 <= value <= 1:
        raise ValueError(f"{value}: a similarity lies between -1 and 1; a share is written 0.5%")
    return value


Threshold = Annotated[float | str, AfterValidator(_threshold)]
"""A cosine similarity, or `0.5%`: at most that share of the judged rows, the farthest out."""


_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,95}")


def license_name(name: str) -> str:
    """The name itself. Raises ValueError where the Hub would not write a licence so."""
    if not _LICENSE.fullmatch(name):
        raise ValueError(
            "no name of a licence: the Hub writes small letters, digits, dots and hyphens, such as "
            "apache-2.0, mit, cc-by-4.0, or other "
            "(https://huggingface.co/docs/hub/repositories-licenses)"
        )
    return name


License = Annotated[str, AfterValidator(license_name)]
"""A licence, written as the Hub writes them; which of them there are, the Hub knows."""


def tag_name(name: str) -> str:
    """The name itself. Raises ValueError where it cannot be a tag of a card."""
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise ValueError("no tag: write a word or a few, on one line, without signs one cannot see")
    return name


Tag = Annotated[str, AfterValidator(tag_name)]


def preferred(keep: str, prefer: tuple[str, ...]) -> None:
    """Raises ValueError where sources are to be preferred and none is named."""
    if keep == "source" and not prefer:
        raise ValueError(
            "keep: source needs prefer: names or globs of sources, the most trusted first"
        )
