"""The ledger, which has a line for every pair and every row without one: its rows and schemas."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
import pyarrow as pa
from pydantic import Field

from prefdata.records.columns import MESSAGES
from prefdata.records.model import WrittenMessage
from prefdata.results.closed import Closed

LEDGER_FORMAT = "prefdata-ledger/2"
"""The version of the columns, in the metadata of every file under the key `prefdata-format`."""

PAIRS = "pairs"
"""The step that makes pairs: it drops rows that make none."""

DUPLICATES = ("duplicate-pair", "near-duplicate", "semantic-duplicate")
"""Reasons whose `other` row represents the row."""

OPPOSITES = ("label-conflict", "near-conflict")
"""Reasons whose `other` row has the same completions with the opposite label."""

RowNumber = Annotated[int, Field(ge=0)]


class Measured(Closed):
    """What the evidence of a verdict measured, as numbers; null where it did not."""

    similarity: float | None = Field(description="Similarity to the other row or text, -1 to 1.")
    difference: float | None = Field(
        description="Similarity to the own prompt less that to another (off-topic)."
    )
    overlap: float | None = Field(description="Share of n-grams that an evaluation text holds.")
    threshold: float | None = Field(description="The limit that the number was compared with.")
    copies: int | None = Field(description="How many copies there are, the first included.")
    eval_source: str | None = Field(description="The evaluation or example file.")
    eval_row: int | None = Field(description="Line or position in it, from 1.")
    p_flip: float | None = Field(description="Probability that the label is wrong.")
    reward_margin: float | None = Field(description="A model's chosen - rejected reward.")
    agreement: float | None = Field(description="Share of the votes that are for the label.")
    tokens_chosen: int | None = Field(description="Tokens of prompt and chosen completion.")
    tokens_rejected: int | None = Field(description="Tokens of prompt and rejected completion.")
    rows: list[RowNumber] | None = Field(
        description="All rows that the evidence names, where there may be several."
    )


class Flag(Closed):
    """A verdict besides the one that dropped the row."""

    reason: str = Field(description="A code of `prefdata rules`.")
    evidence: str | None = Field(description="What it rests on, for a person to read.")
    other: RowNumber | None = Field(description="Number of the second row that it is about.")
    measured: Measured | None


class LedgerRow(Closed):
    """One line of the ledger. Version: prefdata-ledger/2."""

    row: RowNumber = Field(description="Number of the row in the run, from 0, in source order.")
    source: str = Field(description="Name of the source.")
    source_row: int = Field(
        ge=1, description="Line (JSON Lines, CSV) or position in the source, from 1."
    )
    fingerprint: str | None = Field(
        description="Identity of prompt, chosen and rejected; null where there is no record."
    )
    pair: str | None = Field(
        description="Identity of prompt and both completions, whichever is chosen: the same in two "
        "rows with opposite labels."
    )
    verdict: Literal["keep", "drop", "quarantine"]
    step: str | None = Field(description="The step that dropped the row; null for kept rows.")
    reason: str | None = Field(description="A code of `prefdata rules`; null for kept rows.")
    evidence: str | None = Field(description="What it rests on, for a person to read.")
    other: RowNumber | None = Field(
        description="Number of the second row that the verdict is about."
    )
    measured: Measured | None = Field(description="The evidence as numbers; null without any.")
    flags: list[Flag] = Field(description="All else that was said of the row.")
    split: Literal["train", "validation", "test"] | None = Field(description="Of a kept row.")
    file: str | None = Field(description="Where a kept row went, from the output folder.")
    group: RowNumber | None = Field(
        description="Leakage group: first kept row of those with the same or a similar prompt, or "
        "the first of all if none is kept. Null where there is no record."
    )
    cluster: RowNumber | None = Field(
        description="First row of those that are connected by copies, near-duplicates or opposite "
        "labels; the row itself if there is no other. Null where there is no record."
    )
    language: str | None = Field(
        description="ISO 639-1 code of the language of the completions; und where it cannot be "
        "told. Null where there is no record."
    )
    margin: float | None = Field(description="As the source states it, null where it states none.")


class DroppedRow(Closed):
    """A record that a step dropped, in full. Version: prefdata-ledger/2."""

    row: RowNumber = Field(description="As in the ledger, like all up to `measured`.")
    source: str
    source_row: int = Field(ge=1)
    fingerprint: str
    verdict: Literal["drop"]
    step: str
    reason: str
    evidence: str | None
    other: RowNumber | None
    measured: Measured | None
    prompt: list[WrittenMessage] = Field(description="`extra`: JSON of all further fields.")
    chosen: list[WrittenMessage]
    rejected: list[WrittenMessage]
    margin: float | None
    tools: str | None = Field(description="JSON of the tools that the row offers.")
    metadata: str = Field(description="JSON of all that the row carried besides.")


class RowWithoutRecord(Closed):
    """A line of `quarantine/` or of `dropped/unpaired-*.jsonl`. Version: prefdata-ledger/2."""

    source: str
    row: RowNumber = Field(description="As in the ledger.")
    source_row: int = Field(ge=1)
    verdict: Literal["quarantine", "drop"] = Field(
        description="drop: judgements that make no pair."
    )
    reason: str
    evidence: str
    raw: str | None = Field(default=None, description="The row as it stood.")
    raw_base64: str | None = Field(default=None, description="The same where it is not UTF-8.")


_MEASURED = pa.struct(
    [
        *((name, pa.float64()) for name in ("similarity", "difference", "overlap", "threshold")),
        ("copies", pa.int64()),
        ("eval_source", pa.string()),
        ("eval_row", pa.int64()),
        *((name, pa.float64()) for name in ("p_flip", "reward_margin", "agreement")),
        ("tokens_chosen", pa.int64()),
        ("tokens_rejected", pa.int64()),
        ("rows", pa.list_(pa.int64())),
    ]
)

_VERDICT = (
    ("reason", pa.string()),
    ("evidence", pa.string()),
    ("other", pa.int64()),
    ("measured", _MEASURED),
)

LEDGER_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("source", pa.string()),
        ("source_row", pa.int64()),
        ("fingerprint", pa.string()),
        ("pair", pa.string()),
        ("verdict", pa.string()),
        ("step", pa.string()),
        *_VERDICT,
        ("flags", pa.list_(pa.struct(_VERDICT))),
        ("split", pa.string()),
        ("file", pa.string()),
        ("group", pa.int64()),
        ("cluster", pa.int64()),
        ("language", pa.string()),
        ("margin", pa.float64()),
    ],
    metadata={"prefdata-format": LEDGER_FORMAT},
)
"""The columns of `LedgerRow`."""

DROPPED_SCHEMA = pa.schema(
    [
        *(LEDGER_SCHEMA.field(name) for name in ("row", "source", "source_row", "fingerprint")),
        *(("verdict", pa.string()), ("step", pa.string()), *_VERDICT),
        *((side, MESSAGES) for side in ("prompt", "chosen", "rejected")),
        ("margin", pa.float64()),
        ("tools", pa.string()),
        ("metadata", pa.string()),
    ],
    metadata={"prefdata-format": LEDGER_FORMAT},
)
"""The columns of `DroppedRow`."""

JUDGEMENTS_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("source", pa.string()),
        ("source_row", pa.int64()),
        ("judge", pa.string()),
        ("said", pa.string()),
    ]
)
"""A line for every row that speaks in a pair that was made from judgements. `row`: number of the
pair, as in the ledger. `said`: what the row says of the chosen and the rejected completion, as
JSON."""

_NEAR = {"similarity": "similarity", "threshold": "threshold"}
MEASURES: Mapping[str, Mapping[str, str]] = {
    "exact.copy": {"copies": "copies"},
    "near.pair": _NEAR,
    "near.completion": _NEAR,
    "near.prompt": _NEAR,
    "near.opposite": _NEAR,
    "evaluation.place": {"source": "eval_source", "source_row": "eval_row"},
    "evaluation.overlaps": {"share": "overlap", "threshold": "threshold"},
    "threshold": {"threshold": "threshold"},
    "semantic.contrast": {"similarity": "similarity"},
    "semantic.topic": {"difference": "difference"},
    "semantic.outlier": {"mean": "similarity"},
    "semantic.lone-outlier": {"mean": "similarity"},
    "semantic.resembles": {"similarity": "similarity"},
    "semantic.unlike": {"similarity": "similarity"},
    "semantic.duplicate": {"similarity": "similarity"},
    **{
        key: {"measured": "reward_margin", "threshold": "threshold"}
        for key in ("reward.below", "reward.against-below", "reward.against-above")
    },
    "judged.flip": {"flip": "p_flip"},
    "judged.margin": {"margin": "reward_margin"},
    "judges.disagree": {"agreement": "agreement", "least": "threshold"},
    "tokens.too-long": {
        "chosen": "tokens_chosen",
        "rejected": "tokens_rejected",
        "allowed": "threshold",
    },
}
"""Code of a sentence to the measure that each of its values is."""

_ROWS: Mapping[str, tuple[str, ...]] = {
    "row": ("row",),
    "groups.link": ("row",),
    "near.contradicted": ("row", "other", "speaker"),
}
"""Code of a sentence to its values that are numbers of rows."""

_AROUND = frozenset(
    ("clauses", "groups.bridge", "groups.leak", "cycle.circle", "evaluation.equals")
)
"""Codes of sentences that hold others, and measure nothing themselves."""

MEASURING = tuple(sorted({*MEASURES, *_ROWS, *_AROUND}))
"""Codes of sentences of which something was measured, or may have been."""


def measured(sentence: str) -> dict[str, Any] | None:
    """The values of `Measured` in a sentence, given as JSON of its code and values; None for none.

    >>> text = '{"code":"exact.copy","values":{"copies":3,"first":0}}'
    >>> {name: value for name, value in measured(text).items() if value is not None}
    {'copies': 3}
    """
    values: dict[str, Any] = {}
    rows: list[int] = []
    for code, inner in _sentences(msgspec.json.decode(sentence)):
        for name, measure in MEASURES.get(code, {}).items():
            if inner.get(name) is not None:
                values.setdefault(measure, inner[name])
        rows += [inner[name] for name in _ROWS.get(code, ())]
    if rows:
        values["rows"] = rows
    return dict.fromkeys(Measured.model_fields) | values if values else None


def _sentences(value: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(code, values) of a decoded sentence and of those among its values, the outer ones first."""
    if isinstance(value, dict):
        yield value["code"], value["values"]
        for inner in value["values"].values():
            yield from _sentences(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _sentences(inner)
