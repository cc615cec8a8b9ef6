"""The YAML metadata of a card: its Hub categories, and the files that `load_dataset` reads."""

from __future__ import annotations

from collections.abc import Sequence

from prefdata.config.section import CARD_TAGS
from prefdata.reports.card.markdown import printable
from prefdata.reports.card.values import CardValues
from prefdata.results.layout import DATA

TASKS = ("text-generation", "reinforcement-learning")
"""Task categories of the Hub for models that are trained on preference data."""

_PATTERNS = {"arrow": f"{DATA}/{{}}/*.arrow", "parquet": f"{DATA}/{{}}-*.parquet"}
_POWERS = ("1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T")


def front_matter(values: CardValues, tags: Sequence[str] = ()) -> dict[str, object]:
    """The metadata as keys and values, without the licence. `tags`: additional to `CARD_TAGS`.

    Splits without rows are left out of `configs`, since `load_dataset` refuses them.
    """
    matter: dict[str, object] = {"pretty_name": printable(values.title)}
    if languages := values.facts.main_languages():
        matter["language"] = languages
    matter["size_categories"] = [size_category(values.manifest.counts.kept)]
    matter["task_categories"] = list(TASKS)
    matter["tags"] = list(dict.fromkeys([*CARD_TAGS, *map(printable, tags)]))
    if values.filled_splits:
        matter["dataset_info"] = _dataset_info(values)
        pattern = _PATTERNS[values.where.to]
        data_files = [
            {"split": split, "path": pattern.format(split)} for split in values.filled_splits
        ]
        matter["configs"] = [{"config_name": "default", "data_files": data_files}]
    return matter


def size_category(rows: int) -> str:
    """The size category of the Hub for a number of rows.

    >>> size_category(999), size_category(1000), size_category(2_500_000), size_category(10**12)
    ('n<1K', '1K<n<10K', '1M<n<10M', 'n>1T')
    """
    below = next((n for n in range(len(_POWERS)) if rows < 10 ** (n + 3)), len(_POWERS))
    if below == 0:
        return f"n<{_POWERS[0]}"
    if below == len(_POWERS):
        return f"n>{_POWERS[-1]}"
    return f"{_POWERS[below - 1]}<n<{_POWERS[below]}"


def _dataset_info(values: CardValues) -> dict[str, object]:
    sizes = values.facts.split_bytes
    splits = [
        {"name": split, "num_bytes": sizes.get(split, 0), "num_examples": rows}
        for split, rows in values.filled_splits.items()
    ]
    return {
        "features": list(values.facts.features),
        "splits": splits,
        "download_size": values.facts.file_bytes,
        "dataset_size": sum(sizes.get(split, 0) for split in values.filled_splits),
    }
