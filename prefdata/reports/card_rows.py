"""Where the rows went, where they came from, and how the data were made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prefdata.reports.card_audit import LIKELY
from prefdata.reports.card_markdown import (
    counted,
    escaped,
    fenced,
    listed,
    paragraphs,
    table,
    yaml_of,
)
from prefdata.reports.card_values import CardValues

_PARTS = {
    "data": "the dataset",
    "ledger": "one line for every row that was read: what became of it, and why (Parquet)",
    "dropped": "the dropped rows in full, with the reason (Parquet)",
    "quarantine": "rows that could not be read, as they stood (JSON Lines)",
    "report": "the audit of the labels: `index.html` for people, `report.json` for machines",
    "review": "what people decided of single rows",
    "reward-model": "a reward model that was trained on these data",
}
_POLICIES = {
    "drop-all": "all of them",
    "keep-majority": "all but the label that most rows have",
    "keep-margin": "all but the label with the larger margin",
    "keep-first": "all but the first",
}
_NOT_SHOWN = ("cache", "cache_bytes")
"""Settings of a machine, which the data do not depend on."""


def rows(values: CardValues) -> str:
    """Where the rows went."""
    counts = values.manifest.counts
    dropped = sum(counts.dropped.values())
    sum_of = (
        f"**{counts.read:,} read = {counts.kept:,} kept + {dropped:,} dropped + "
        f"{counts.quarantined:,} quarantined.**"
    )
    if counts.quarantined:
        sum_of += " Quarantined rows could not be read as a preference pair."
    return paragraphs(
        "## Where the rows went",
        sum_of,
        table(("dropped because of", "rows", "what that is"), _reasons(values, counts.dropped)),
        table(("kept, but flagged", "rows", "what that is"), _reasons(values, counts.flagged)),
        "A row that is flagged for several reasons counts under each." if counts.flagged else "",
        *_compared(values),
    )


def sources(values: CardValues) -> str:
    """The files that were read, and which side each of them prefers."""
    lines = (
        (
            escaped(source.name),
            f"`{source.dialect}`" if source.dialect else "",
            escaped(source.polarity),
            f"{source.read:,}",
            f"{source.quarantined:,}",
        )
        for source in values.manifest.sources
    )
    head = ("file", "dialect", "which side is chosen", "rows read", "quarantined")
    return paragraphs("## Sources", table(head, lines, numbers=2))


def made(values: CardValues) -> str:
    """How the data were made, what lies beside them, and how to check both."""
    manifest = values.manifest
    versions = ", ".join(f"{name} {version}" for name, version in manifest.versions.items())
    changed = changes(manifest.config, values.defaults)
    return paragraphs(
        "## How it was made",
        f"By {escaped(versions)}; fingerprint of sources, config and code `{manifest.fingerprint}`."
        + _models(values),
        "The config, where it differs from the defaults:" if changed else "With the defaults:",
        fenced(yaml_of(changed), "yaml") if changed else "",
        "The same files, config and versions give the same bytes again:",
        fenced(_command(values, is_changed=bool(changed)), "sh"),
        "What is here:",
        table(("", ""), _here(values)),
        _left_out(values),
        "`prefdata verify` on this folder, or on a downloaded copy of it, checks every file against "
        "`manifest.json`, and that no row is unaccounted for.",
    )


def changes(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a config that are not those of the defaults.

    >>> changes({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 1, "b": {"c": 0, "d": 3}})
    {'b': {'c': 2}}
    """
    found: dict[str, Any] = {}
    for key, value in config.items():
        default = defaults.get(key)
        if isinstance(value, Mapping) and isinstance(default, Mapping):
            if within := changes(value, default):
                found[key] = within
        elif value != default and key not in _NOT_SHOWN:
            found[key] = value
    return found


def _reasons(values: CardValues, counts: Mapping[str, int]) -> Iterator[tuple[str, str, str]]:
    for code, number in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        yield f"`{code}`", f"{number:,}", escaped(values.rules.get(code, ""))


def _compared(values: CardValues) -> Iterator[str]:
    """What rows were compared with, and how."""
    near = values.setting("near", "action")
    if near in ("drop", "flag"):
        fate = "dropped" if near == "drop" else "flagged"
        yield (
            f"Near-duplicates (`near.on: {values.setting('near', 'on')}`): what has a Jaccard "
            f"similarity of {values.setting('near', 'threshold')} or more was {fate}, "
            f"`{values.setting('near', 'keep')}` stays."
        )
    policy = values.setting("labels", "conflict")
    if policy in _POLICIES:
        yield (
            "Of rows whose labels contradict each other, exactly or nearly, "
            f"{_POLICIES[policy]} were dropped (`labels.conflict: {policy}`)."
        )
    names = [
        f"{escaped(entry.name)} ({counted(entry.rows, 'prompt')})"
        for entry in values.manifest.evaluation
    ]
    if names:
        yield (
            f"Prompts were compared with {listed(names)}: a share of "
            f"{values.setting('against', 'overlap')} of an evaluation prompt's n-grams is too much."
        )


def _models(values: CardValues) -> str:
    said = ""
    if encoder := values.manifest.encoder:
        said += f" Embeddings by {escaped(encoder.name)} (`{encoder.fingerprint}`)."
    if model := values.manifest.reward_model:
        said += f" Rows were judged by the reward model {escaped(model.name)} "
        said += f"(`{model.fingerprint}`)."
    return said


def _command(values: CardValues, *, is_changed: bool) -> str:
    config = " --config build.yaml" if is_changed else ""
    named = "" if values.setting("sources") else " SOURCES..."
    note = "  # build.yaml: the config above" if is_changed else ""
    return f"prefdata build{named}{config} --out OUT{note}"


def _here(values: CardValues) -> Iterator[tuple[str, str]]:
    for part, meaning in _PARTS.items():
        if part in values.parts:
            yield f"`{part}/`", meaning
    yield "`manifest.json`", "counts, config, versions, and a checksum of every file"


def _left_out(values: CardValues) -> str:
    left = values.manifest.left_out
    if not left:
        return ""
    return f"Not published with it: {listed([f'`{part}/`' for part in left])}."


def likely_kept(values: CardValues) -> int:
    """Rows whose label is likely flipped and that are in the data all the same."""
    entry = values.manifest.audit
    if entry is None or not entry.is_judged:
        return 0
    return max(entry.likely_flipped - values.manifest.counts.dropped.get(LIKELY, 0), 0)
