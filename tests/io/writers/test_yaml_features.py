from __future__ import annotations

import pyarrow as pa
import pytest

from prefdata.io.writers.features import features_of, yaml_features
from prefdata.transforms.convert.formats import format_schema

TURN = pa.struct([("role", pa.string()), ("parts", pa.list_(pa.json_()))])


@pytest.mark.parametrize(
    "schema",
    [
        *(
            format_schema("conversational", has_extra=e, margin=m, tools=e, label_probability=m)
            for e in (False, True)
            for m in (False, True)
        ),
        format_schema("llamafactory", has_extra=False, margin=True),
        pa.schema(
            [
                ("a", TURN),
                ("b", pa.list_(pa.list_(pa.int32()))),
                ("c", pa.json_()),
                ("d", pa.bool_()),
            ]
        ),
    ],
)
def test_datasets_reads_back_the_features_of_the_files(schema: pa.Schema) -> None:
    from datasets import Features

    expected = Features.from_dict(features_of(schema))
    assert yaml_features(schema) == expected._to_yaml_list()
    assert Features._from_yaml_list(yaml_features(schema)) == expected
