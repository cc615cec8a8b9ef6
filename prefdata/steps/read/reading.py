"""One segment to read, with everything that its records depend on."""

from __future__ import annotations

from dataclasses import dataclass

from prefdata.config.model import ReadConfig
from prefdata.dialects.detect import Match
from prefdata.io.bytes.source import Segment
from prefdata.transforms.split.published import NamedSplit


@dataclass(frozen=True)
class Reading:
    """One segment to read, with everything that its records depend on.

    `named`: the published split that the name of its source names; None if they are ignored.
    """

    number: int
    source: int
    segment: Segment
    match: Match
    config: ReadConfig
    named: NamedSplit | None = None
