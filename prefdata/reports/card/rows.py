"""The sections of a card on row counts, on sources, and on how the dataset was made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from prefdata.reports.card.markdown import (
    coded,
    counted,
    escaped,
    fenced,
    listed,
    paragraphs,
    table,
    yaml_of,
)
from prefdata.reports.card.values import CardValues
from prefdata.results.layout import (
    DATA,
    DROPPED,
    JUDGEMENTS,
    LEDGER,
    QUARANTINE,
    REPORT,
    REPORT_JSON,
    REPORT_PAGE,
    REVIEW,
    REWARD_MODEL,
)
from prefdata.results.manifest import equation

_PARTS = {
    DATA: "the dataset",
    LEDGER: "one line for every row that was read: what became of it, and why (Parquet)",
    DROPPED: "the dropped rows in full, with the reason (Parquet; JSON Lines of those that make no "
    "pair)",
    JUDGEMENTS: "a line for every row that speaks in a pair: who judged, what was said (Parquet)",
    QUARANTINE: "rows that could not be read, as they stood (JSON Lines)",
    REPORT: f"the audit of the labels: `{REPORT_PAGE}` for people, `{REPORT_JSON}` for machines",
    REVIEW: "what people decided of single rows",
    REWARD_MODEL: "a reward model that was trained on these data",
}
_POLICIES = {
    "drop-all": "all of them",
    "keep-majority": "all but the label that most rows have",
    "keep-margin": "all but the label with the larger margin",
    "keep-first": "all but the first",
}
MOST_SOURCES = 100
"""Files listed at most; the manifest lists all of them."""

_NOT_SHOWN = ("cache", "cache_bytes")
"""Config keys that depend on the machine and do not change the data."""


def rows(values: CardValues) -> str:
    """The section on kept, dropped, quarantined and flagged rows."""
    counts = values.manifest.counts
    sum_of = f"**{equation(counts)}.**"
    if counts.quarantined:
        sum_of += " Of quarantined rows no preference pair could be made."
    return paragraphs(
        "## Where the rows went",
        sum_of,
        _reasons(values, "dropped for", counts.dropped),
        _reasons(values, "kept, but flagged for", counts.flagged),
        "A row that is flagged for several reasons counts under each." if counts.flagged else "",
        "\n".join(_compared(values)),
    )


def sources(values: CardValues) -> str:
    """The section on the files read, with the polarity of each dialect."""
    entries = values.manifest.sources
    kinds = sorted({(entry.dialect, entry.polarity) for entry in entries})
    dialects = [
        (escaped(dialect), escaped(polarity), *_files_and_rows(values, dialect, polarity))
        for dialect, polarity in kinds
    ]
    files = [
        (coded(entry.name), escaped(entry.dialect), f"{entry.read:,}", f"{entry.quarantined:,}")
        for entry in entries
    ]
    return paragraphs(
        "## Sources",
        table(("dialect", "which side is chosen", "files", "rows"), dialects, numbers={2, 3}),
        table(("file", "dialect", "rows", "quarantined"), files[:MOST_SOURCES], numbers={2, 3}),
        f"And {len(files) - MOST_SOURCES:,} more; `manifest.json` names them all."
        if files[MOST_SOURCES:]
        else "",
    )


def _files_and_rows(values: CardValues, dialect: str, polarity: str) -> tuple[str, str]:
    """Numbers of files and of rows with a dialect and polarity, as texts."""
    kind = (dialect, polarity)
    read = [
        entry.read for entry in values.manifest.sources if (entry.dialect, entry.polarity) == kind
    ]
    return f"{len(read):,}", f"{sum(read):,}"


def made(values: CardValues) -> str:
    """The section on versions, config and command, the other folders, and `prefdata verify`."""
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
        table(("here", "what it is"), _folders_and_files(values)),
        _left_out(values),
        "`prefdata verify` on this folder, or on a copy of it, checks every file against "
        "`manifest.json`, and that no row is unaccounted for.",
    )


def changes(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a config that differ from the defaults, nested as in the config.

    >>> changes({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 1, "b": {"c": 0, "d": 3}})
    {'b': {'c': 2}}
    """
    changed: dict[str, Any] = {}
    for key, value in config.items():
        default = defaults.get(key)
        if isinstance(value, Mapping) and isinstance(default, Mapping):
            if within := changes(value, default):
                changed[key] = within
        elif value != default and key not in _NOT_SHOWN:
            changed[key] = value
    return changed


def _reasons(values: CardValues, head: str, counts: Mapping[str, int]) -> str:
    lines = [
        (f"`{code}`", f"{number:,}", escaped(values.rules.get(code, "")))
        for code, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return table((head, "rows", "what that is"), lines, numbers={1})


def _compared(values: CardValues) -> Iterator[str]:
    """List items on near-duplicates, contradicting labels and evaluation sets."""
    near, on = values.setting("near", "action"), values.setting("near", "on")
    if near in ("drop", "flag"):
        alike = "prompt, chosen and rejected each have" if on == "pair" else f"{on}s have"
        yield (
            f"- Rows count as near-duplicates where their {alike} a Jaccard similarity of "
            f"{values.setting('near', 'threshold')} or more; one of them stays "
            f"(`near.keep: {values.setting('near', 'keep')}`)."
        )
    policy = values.setting("labels", "conflict")
    if policy in _POLICIES:
        yield (
            f"- Of rows whose labels contradict each other {_POLICIES[policy]} are dropped "
            f"(`labels.conflict: {policy}`)."
        )
    if compared := values.manifest.evaluation:
        named = [f"{coded(entry.name)} ({counted(entry.rows, 'row')})" for entry in compared]
        yield (
            f"- Prompts were compared with those of {listed(named[:MOST_SOURCES])}"
            + (f" and {len(named) - MOST_SOURCES:,} more files" if named[MOST_SOURCES:] else "")
            + f": a share of {values.setting('against', 'overlap')} of an evaluation prompt's "
            "n-grams is too much."
        )


def _models(values: CardValues) -> str:
    text = ""
    if encoder := values.manifest.encoder:
        text += f" Embeddings by {escaped(encoder.name)} (`{encoder.fingerprint}`)."
    if model := values.manifest.reward_model:
        text += f" Rows were judged by the reward model {escaped(model.name)} "
        text += f"(`{model.fingerprint}`)."
    return text


def _command(values: CardValues, *, is_changed: bool) -> str:
    config = " --config build.yaml" if is_changed else ""
    named = "" if values.setting("sources") else " SOURCES..."
    note = "  # build.yaml: the config above" if is_changed else ""
    lines = [f"prefdata build{named}{config} --out OUT{note}"]
    if values.manifest.audit is not None and not values.setting("audit", "run"):
        lines.append("prefdata audit OUT")
    return "\n".join(lines)


def _folders_and_files(values: CardValues) -> Iterator[tuple[str, str]]:
    for part, meaning in _PARTS.items():
        if part in values.parts:
            yield f"`{part}/`", meaning
    yield "`manifest.json`", "counts, config, versions, and a checksum of every file"


def _left_out(values: CardValues) -> str:
    left = values.manifest.left_out
    if not left:
        return ""
    return f"Not published with it: {listed([f'`{part}/`' for part in left])}."
