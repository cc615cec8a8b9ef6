"""The dataset card: a README.md from which `load_dataset` knows what to read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from pathlib import PurePosixPath

import yaml

from prefdata.config.section import RecordFormat, ShardFormat
from prefdata.verdicts.model import Counts, FileEntry

_MARKDOWN = re.compile(r"([\\`*{}\[\]<>#+!|~&$]|(?<!\w)[_-]|[_-](?!\w))")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


def card(
    counts: Counts,
    files: Sequence[FileEntry],
    *,
    title: str,
    to: ShardFormat,
    record_format: RecordFormat,
    sources: Sequence[str] = (),
) -> str:
    """The text of the card of an output folder; the same arguments give the same text.

    `files` are those of the output folder; shards are found among them by their place under
    `data/`. A split without rows is told of, but left out of what `load_dataset` reads: it
    refuses such splits.
    """
    parts = [
        "---\n" + _front_matter(counts, title, to) + "---\n",
        f"# {_escaped(title)}\n",
        f"Preference pairs in the `{record_format}` format.\n",
        _loading(to),
        _table(("split", "rows"), counts.splits.items()),
        "## Where the rows went\n",
        _where_rows_went(counts),
        _table(("dropped because of", "rows"), sorted(counts.dropped.items())),
        _table(("kept, but flagged for", "rows"), sorted(counts.flagged.items())),
        _source_list(sources),
        _files_sentence(files),
    ]
    return "\n".join(part for part in parts if part)


def _front_matter(counts: Counts, title: str, to: ShardFormat) -> str:
    pattern = "data/{}/*.arrow" if to == "arrow" else "data/{}-*.parquet"
    data_files = [
        {"split": split, "path": pattern.format(split)}
        for split, rows in counts.splits.items()
        if rows
    ]
    matter: dict[str, object] = {
        "pretty_name": _UNPRINTABLE.sub(" ", title),
        "tags": ["preference", "reward-model", "prefdata"],
    }
    if data_files:
        matter["configs"] = [{"config_name": "default", "data_files": data_files}]
    return yaml.safe_dump(matter, allow_unicode=True, sort_keys=False)


def _loading(to: ShardFormat) -> str:
    lines = ["from datasets import load_dataset", "", "dataset = load_dataset(FOLDER)"]
    if to == "arrow":
        lines = [
            "from datasets import load_from_disk",
            "",
            'dataset = load_from_disk(f"{FOLDER}/data")  # memory-mapped, nothing is copied',
        ]
    return "\n".join(["```python", *lines, "```", ""])


def _where_rows_went(counts: Counts) -> str:
    dropped = sum(counts.dropped.values())
    return (
        f"{counts.read:,} read = {counts.kept:,} kept + {dropped:,} dropped "
        f"+ {counts.quarantined:,} quarantined. `ledger/` has the verdict on every row, "
        "`quarantine/` the rows that could not be read, `manifest.json` the rest.\n"
    )


def _files_sentence(files: Sequence[FileEntry]) -> str:
    under_data = (file for file in files if PurePosixPath(file.path).parts[0] == "data")
    shards = [file for file in under_data if file.rows is not None]
    size = sum(file.bytes for file in shards)
    return f"Shards in `data/`: {len(shards):,}, {size:,} bytes in all.\n" if shards else ""


def _source_list(sources: Sequence[str]) -> str:
    return "\n".join(
        ["## Sources\n", *(f"- {_escaped(name)}" for name in sources), ""] if sources else []
    )


def _table(head: tuple[str, str], rows: Iterable[tuple[str, int]]) -> str:
    lines = [f"| {_escaped(name)} | {count:,} |" for name, count in rows]
    if not lines:
        return ""
    return "\n".join([f"| {head[0]} | {head[1]} |", "|---|---:|", *lines, ""])


def _escaped(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", _UNPRINTABLE.sub(" ", text))
