"""Features of a schema as `datasets` writes them into the YAML of a card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from prefdata.io.features import features_of


def yaml_features(schema: pa.Schema) -> list[dict[str, Any]]:
    """One entry for every column; `datasets` reads them back as the features of the files."""
    return _fields(features_of(schema))


def _fields(features: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"name": name, **_feature(feature)} for name, feature in features.items()]


def _feature(feature: Any) -> dict[str, Any]:
    """What is said of a feature in the form that JSON has: lists, structs, single values."""
    if isinstance(feature, list):
        within = feature[0]
        if isinstance(within, dict) and "_type" not in within:
            return {"list": _fields(within)}
        inner = _feature(within)
        return {"list": inner.get("dtype", inner)}
    if "_type" not in feature:
        return {"struct": _fields(feature)}
    return {"dtype": "json" if feature["_type"] == "Json" else feature["dtype"]}
