"""What is known of a file once its dialect is found."""

from __future__ import annotations

import msgspec


class Match(msgspec.Struct, frozen=True):
    """The dialect of a file, and what a person said about its fields.

    `mapping` are (part, field) pairs, sorted. `insisted`: a person named the dialect, so that
    fields which speak for another one count for nothing.
    """

    dialect: str
    mapping: tuple[tuple[str, str], ...] = ()
    insisted: bool = False
