"""What a dataset card is made of: values alone, no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from prefdata.config.section import ShardFormat
from prefdata.results.audit import AuditReport
from prefdata.results.manifest import Manifest

LEAST_LANGUAGE = 0.01
"""Share of rows from which a language is named among the metadata."""

UNKNOWN = "und"
"""The language of a text of which nobody can tell."""


@dataclass(frozen=True)
class Where:
    """What the reader of a card has in hand.

    `name`: ORG/NAME on the Hub (`hub`), or the URL of the folder (`url`); a reader of a `folder`
    stands in it. `branch`: of the Hub, where it is not main.
    """

    to: ShardFormat = "parquet"
    kind: Literal["folder", "hub", "url"] = "folder"
    name: str = "."
    branch: str | None = None


@dataclass(frozen=True)
class Column:
    """A column of the data; `type` is for people."""

    name: str
    type: str


@dataclass(frozen=True)
class CardFacts:
    """What the data files themselves say.

    `features`: as `datasets` writes them into a card. `split_bytes`: split to bytes in memory,
    about; `file_bytes`: of all files of data. `languages`: rows by language, of `looked_at` rows
    evenly spread; `characters`: median length of each side in these; `chosen_longer`: share of
    these with the longer chosen completion, where lengths differ.
    """

    columns: tuple[Column, ...]
    features: Sequence[Any]
    split_bytes: Mapping[str, int]
    file_bytes: int
    files: int
    looked_at: int = 0
    languages: Mapping[str, int] = field(default_factory=dict)
    characters: Mapping[str, int] = field(default_factory=dict)
    chosen_longer: float | None = None

    def main_languages(self) -> list[str]:
        """Languages with at least `LEAST_LANGUAGE` of the rows, the most frequent first."""
        least = LEAST_LANGUAGE * self.looked_at
        return [name for name, rows in self.languages.items() if rows >= least and name != UNKNOWN]


@dataclass(frozen=True)
class CardValues:
    """All that a card is made of.

    `rules`: rule code to what it finds, in a sentence. `defaults`: the config where nobody changed
    anything. `audit`: the report, where it is at hand; the manifest has its main figures.
    """

    manifest: Manifest
    facts: CardFacts
    where: Where
    rules: Mapping[str, str]
    defaults: Mapping[str, Any]
    audit: AuditReport | None = None

    @property
    def title(self) -> str:
        """Heading of the card."""
        return str(self.manifest.config.get("title") or "Preference pairs")

    @property
    def filled_splits(self) -> dict[str, int]:
        """Split to rows, of those that have any."""
        return {split: rows for split, rows in self.manifest.counts.splits.items() if rows}

    @property
    def first_split(self) -> str:
        """The split that examples show."""
        return next(iter(self.filled_splits), "train")

    @property
    def parts(self) -> frozenset[str]:
        """Folders that lie beside the card."""
        return frozenset(entry.path.partition("/")[0] for entry in self.manifest.files)

    def setting(self, *path: str) -> Any:
        """A value of the config that made the data; None where it has none of that name."""
        value: Any = self.manifest.config
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value
