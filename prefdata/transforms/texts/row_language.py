"""The language of each row of a batch."""

from __future__ import annotations

import pyarrow as pa

from prefdata.records.text_columns import text_columns
from prefdata.transforms.texts.language import UNDETERMINED, language_of

_TOLD_BY = 300
"""Characters of each completion used for language detection, whose time grows with them."""


def row_languages(batch: pa.RecordBatch) -> pa.StringArray:
    """The language of both completions of each row of a batch of `RECORD_SCHEMA`, each cut to the
    same length, so that it does not depend on the label; that of the prompt if theirs cannot be
    determined."""
    texts = text_columns(batch)
    columns = (texts[name].to_pylist() for name in ("prompt", "chosen", "rejected"))
    return pa.array([_language(*row) for row in zip(*columns, strict=True)], pa.string())


def _language(prompt: str | None, chosen: str | None, rejected: str | None) -> str:
    completions = ((side or "")[:_TOLD_BY] for side in (chosen, rejected))
    language = language_of("\n".join(completions))
    return language_of(prompt) if language == UNDETERMINED and prompt else language
