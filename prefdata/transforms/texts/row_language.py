"""The language of each row of a batch."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from prefdata.records.text_columns import text_columns
from prefdata.transforms.texts.language import UNDETERMINED
from prefdata.transforms.texts.languages import languages_of

TOLD_BY = 300
"""Characters of each completion used for language detection, whose time grows with them."""


def row_languages(batch: pa.RecordBatch) -> pa.StringArray:
    """The language of both completions of each row of a batch of `RECORD_SCHEMA`, each cut to the
    same length, so that it does not depend on the label; that of the prompt if theirs cannot be
    determined."""
    texts = text_columns(batch)
    sides = (pc.fill_null(texts[side], "") for side in ("chosen", "rejected"))
    beginnings = (pc.utf8_slice_codeunits(side, 0, TOLD_BY) for side in sides)
    languages = languages_of(pc.binary_join_element_wise(*beginnings, "\n"))
    by_prompt = pc.and_(pc.equal(languages, UNDETERMINED), pc.is_valid(texts["prompt"]))
    prompts = languages_of(texts["prompt"].filter(by_prompt))
    return pc.replace_with_mask(languages, by_prompt, prompts)
