"""The base model of config sections, and the types that they share."""

from __future__ import annotations

import math
import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

Level = Annotated[
    Literal["error", "warning", "note", "off"],
    BeforeValidator(
        lambda value: "off" if value is False else value
    ),  # YAML 1.1 reads `off` as false
]
Toggle = Annotated[
    Literal["drop", "flag", "off"],
    BeforeValidator(lambda value: "off" if value is False else value),
]
Action = Literal["drop", "flag"]
ShardFormat = Literal["arrow", "parquet"]
RecordFormat = Literal[
    "conversational",
    "standard",
    "implicit",
    "question",
    "llamafactory",
    "kto",
    "swift",
    "axolotl",
    "openai",
    "nemo-rl",
    "verl",
    "ultrafeedback",
]
Ratio = Annotated[float, Field(ge=0.0, le=1.0)]

KIB = 1024
MIB = 1024 * KIB


class Section(BaseModel):
    """A part of the config: immutable, and closed to keys that it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _threshold(value: float | str) -> float | str:
    """Validates a similarity, also as text (returned as float), or a share of rows: `0.5%`."""
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
"""A cosine similarity, or `0.5%`: at most this share of the judged rows, the most extreme ones."""


_LICENSE = re.compile(r"[a-z0-9][a-z0-9.+-]{0,95}")


def license_name(name: str) -> str:
    """The name, unchanged. Raises ValueError if it does not have the form of a Hub licence."""
    if not _LICENSE.fullmatch(name):
        raise ValueError(
            "no name of a licence: the Hub writes small letters, digits, dots and hyphens, such as "
            "apache-2.0, mit, cc-by-4.0, or other "
            "(https://huggingface.co/docs/hub/repositories-licenses)"
        )
    return name


License = Annotated[str, AfterValidator(license_name)]
"""A licence in the spelling of the Hub; whether it exists is not checked."""


CARD_TAGS = ("preference", "reward-model", "rlhf", "dpo", "prefdata")
"""Tags that every dataset card gets; people may add theirs."""


def tag_name(name: str) -> str:
    """The name, unchanged. Raises ValueError if it cannot be a tag of a card."""
    if not name.strip() or name != name.strip() or not name.isprintable():
        raise ValueError("no tag: write a word or a few, on one line, without signs one cannot see")
    return name


Tag = Annotated[str, AfterValidator(tag_name)]


def preferred(keep: str, prefer: tuple[str, ...]) -> None:
    """Raises ValueError if `keep` is "source" and no source is named in `prefer`."""
    if keep == "source" and not prefer:
        raise ValueError(
            "keep: source needs prefer: names or globs of sources, the most trusted first"
        )
