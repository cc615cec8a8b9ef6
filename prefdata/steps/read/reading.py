"""One segment to read, with everything that its records depend on."""

from __future__ import annotations

from dataclasses import dataclass

from prefdata.config.model import ReadConfig
from prefdata.dialects.detect import Match
from prefdata.io.bytes.source import Segment


@dataclass(frozen=True)
class Reading:
    """One segment to read, with everything that its records depend on."""

    number: int
    source: int
    segment: Segment
    match: Match
    config: ReadConfig
