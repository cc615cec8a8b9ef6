"""A campaign of the rows that an audit asks people about."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

from prefdata.errors import SourceError
from prefdata.records.record import ASSISTANT, USER
from prefdata.results.annotation import NewItem
from prefdata.results.layout import REPORT, REVIEW_JSONL

_decode = msgspec.json.Decoder(dict[str, object]).decode


def review_items(out: Path) -> Iterator[NewItem]:
    """The rows of the review sheet of an audited folder, those to ask about first.

    Nothing in an item tells which side was chosen: the key of its row does, unreadably. Raises
    SourceError if there is no review sheet.
    """
    sheet = out / REPORT / REVIEW_JSONL
    if not sheet.is_file():
        raise SourceError(
            f"{out}: has no review sheet ({REPORT}/{REVIEW_JSONL}). `prefdata audit {out}` or "
            "`prefdata build ... --audit` makes one."
        )
    with sheet.open("rb") as file:
        for line, content in enumerate(file, start=1):
            row = {name: str(value) for name, value in _decode(content).items()}
            yield NewItem(
                prompt=[{"role": USER, "content": row["prompt"]}],
                completions=[
                    {"messages": [{"role": ASSISTANT, "content": row[name]}]}
                    for name in ("completion_a", "completion_b")
                ],
                key=row["key"],
                source=row["source"],
                line=line,
            )
