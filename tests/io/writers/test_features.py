from __future__ import annotations

import pyarrow as pa
import pytest

from prefdata.config.section import RecordFormat
from prefdata.io.writers.features import features_of, with_features
from prefdata.transforms.convert.formats import format_schema

FORMATS: list[RecordFormat] = [
    "conversational",
    "standard",
    "implicit",
    "question",
    "llamafactory",
]


@pytest.mark.parametrize("record_format", FORMATS)
@pytest.mark.parametrize("has_extra", [False, True])
def test_datasets_sees_the_features_it_would_have_made(
    record_format: RecordFormat, *, has_extra: bool
) -> None:
    from datasets import Features

    schema = format_schema(record_format, has_extra=has_extra, margin=True)
    wanted = Features.from_arrow_schema(pa.schema(list(schema)))
    assert Features.from_dict(features_of(schema)).arrow_schema == wanted.arrow_schema
    assert Features.from_arrow_schema(with_features(schema)).arrow_schema == wanted.arrow_schema
    assert with_features(schema).equals(schema)
