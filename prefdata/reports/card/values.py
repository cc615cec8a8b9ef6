"""The input of a dataset card: values only, no file access."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from prefdata.config.section import ShardFormat
from prefdata.results.audit import AuditReport
from prefdata.results.manifest import Manifest

LEAST_LANGUAGE = 0.01
"""Share of rows from which a language is listed in the metadata."""

UNKNOWN = "und"
"""Language code of texts whose language is undetermined."""


@dataclass(frozen=True)
class Where:
    """Where the dataset of a card is stored, which decides how it is loaded.

    `to`: format of the shards. `name`: ORG/NAME on the Hub (`hub`) or the URL of the folder
    (`url`); code for a `folder` uses the current directory. `branch`: on the Hub, if not main.
    """

    to: ShardFormat = "parquet"
    kind: Literal["folder", "hub", "url"] = "folder"
    name: str = "."
    branch: str | None = None


@dataclass(frozen=True)
class Column:
    """A column of the data; `type` is a description for people."""

    name: str
    type: str


@dataclass(frozen=True)
class CardFacts:
    """What is computed from the data files.

    `features`: as `datasets` writes them into a card. `split_bytes`: split to approximate bytes in
    memory. `file_bytes`: total size of the data files. `looked_at`: rows examined, evenly spread.
    Of these rows, `languages`: language to rows; `characters`: side to median length;
    `chosen_longer`: share whose chosen completion is longer, among those whose lengths differ.
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
    """All values that a card is generated from.

    `rules`: rule code to a sentence on what it finds. `defaults`: the default config. `audit`: the
    report of the audit, if available; the manifest holds its main figures.
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
        """Split to rows, without empty splits."""
        return {split: rows for split, rows in self.manifest.counts.splits.items() if rows}

    @property
    def first_split(self) -> str:
        """The split used in code examples."""
        return next(iter(self.filled_splits), "train")

    @property
    def parts(self) -> frozenset[str]:
        """The folders of the dataset, beside the card."""
        return frozenset(entry.path.partition("/")[0] for entry in self.manifest.files)

    def setting(self, *path: str) -> Any:
        """The value of the build config at a path of keys; None if there is no such key."""
        value: Any = self.manifest.config
        for name in path:
            value = value.get(name) if isinstance(value, Mapping) else None
        return value
