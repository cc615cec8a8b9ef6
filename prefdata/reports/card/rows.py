"""Where the rows went, where they came from, and how the data were made."""

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
    LEDGER,
    QUARANTINE,
    REPORT,
    REPORT_JSON,
    REPORT_PAGE,
    REVIEW,
    REWARD_MODEL,
)

_PARTS = {
    DATA: "the dataset",
    LEDGER: "one line for every row that was read: what became of it, and why (Parquet)",
    DROPPED: "the dropped rows in full, with the reason (Parquet)",
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
"""Files that are named one by one; of more the manifest has the list."""

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
    """The files that were read, and which side each of their dialects prefers."""
    found = values.manifest.sources
    kinds = sorted({(each.dialect, each.polarity) for each in found})
    dialects = [
        (escaped(dialect), escaped(polarity), *_sums(values, dialect, polarity))
        for dialect, polarity in kinds
    ]
    files = [
        (coded(each.name), escaped(each.dialect), f"{each.read:,}", f"{each.quarantined:,}")
        for each in found
    ]
    return paragraphs(
        "## Sources",
        table(("dialect", "which side is chosen", "files", "rows"), dialects, numbers={2, 3}),
        table(("file", "dialect", "rows", "quarantined"), files[:MOST_SOURCES], numbers={2, 3}),
        f"And {len(files) - MOST_SOURCES:,} more; `manifest.json` names them all."
        if files[MOST_SOURCES:]
        else "",
    )


def _sums(values: CardValues, dialect: str, polarity: str) -> tuple[str, str]:
    """Files and rows of a dialect."""
    kind = (dialect, polarity)
    read = [each.read for each in values.manifest.sources if (each.dialect, each.polarity) == kind]
    return f"{len(read):,}", f"{sum(read):,}"


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
        table(("here", "what it is"), _here(values)),
        _left_out(values),
        "`prefdata verify` on this folder, or on a copy of it, checks every file against "
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


def _reasons(values: CardValues, head: str, counts: Mapping[str, int]) -> str:
    lines = [
        (f"`{code}`", f"{number:,}", escaped(values.rules.get(code, "")))
        for code, number in sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    ]
    return table((head, "rows", "what that is"), lines, numbers={1})


def _compared(values: CardValues) -> Iterator[str]:
    """What rows were compared with, and how, as a list."""
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
        named = [f"{coded(each.name)} ({counted(each.rows, 'row')})" for each in compared]
        yield (
            f"- Prompts were compared with those of {listed(named[:MOST_SOURCES])}"
            + (f" and {len(named) - MOST_SOURCES:,} more files" if named[MOST_SOURCES:] else "")
            + f": a share of {values.setting('against', 'overlap')} of an evaluation prompt's "
            "n-grams is too much."
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
    lines = [f"prefdata build{named}{config} --out OUT{note}"]
    if values.manifest.audit is not None and not values.setting("audit", "run"):
        lines.append("prefdata audit OUT")
    return "\n".join(lines)


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
