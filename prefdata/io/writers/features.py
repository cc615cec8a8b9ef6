"""Arrow schemas as features of the library `datasets`, without importing it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from prefdata.records.columns import IMAGE

_DTYPES = {"double": "float64", "float": "float32"}
"""Arrow's to `datasets`' name of types, where they differ."""

_YAML_DTYPES = {"Json": "json", "Image": "image"}


def features_of(schema: pa.Schema) -> dict[str, object]:
    """The features of a schema in the JSON form of `datasets`.

    Lists are written as `[feature]`, which every version of `datasets` reads; the long form
    (`{"_type": "List"}`) needs version 4.
    """
    return {field.name: _feature(field.type) for field in schema}


def with_features(schema: pa.Schema) -> pa.Schema:
    """The schema with the metadata from which `datasets` reads the features of a file."""
    note = {"info": {"features": features_of(schema)}}
    return schema.with_metadata({"huggingface": json.dumps(note)})


def _feature(kind: pa.DataType) -> object:
    if isinstance(kind, pa.JsonType):
        return {"_type": "Json"}
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    if kind == IMAGE:
        return {"_type": "Image"}
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": _DTYPES.get(str(kind), str(kind)), "_type": "Value"}


def yaml_features(schema: pa.Schema) -> list[dict[str, Any]]:
    """One entry for every column, in the YAML form of `datasets` for dataset cards."""
    return _fields(features_of(schema))


def _fields(features: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, **_yaml_feature(feature)} for name, feature in features.items()]


def _yaml_feature(feature: Any) -> dict[str, Any]:
    """A feature in the YAML form, from its JSON form: a list, a struct or a single value."""
    if isinstance(feature, list):
        within = feature[0]
        if isinstance(within, dict) and "_type" not in within:
            return {"list": _fields(within)}
        inner = _yaml_feature(within)
        return {"list": inner.get("dtype", inner)}
    if "_type" not in feature:
        return {"struct": _fields(feature)}
    return {"dtype": _YAML_DTYPES.get(feature["_type"]) or feature["dtype"]}
