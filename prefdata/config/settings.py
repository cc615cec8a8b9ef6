"""A config as it is written into outputs: as plain values, without credentials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from prefdata.credentials import without_credentials


def settings_of(config: BaseModel, **options: Any) -> dict[str, Any]:
    """A config as a dict for outputs, without credentials. `options`: those of `model_dump`."""
    settings: dict[str, Any] = _cleaned(config.model_dump(mode="json", **options))
    return settings


def _cleaned(value: Any) -> Any:
    if isinstance(value, str):
        return without_credentials(value)
    if isinstance(value, Mapping):
        return {_cleaned(key): _cleaned(inner) for key, inner in value.items()}
    return [_cleaned(inner) for inner in value] if isinstance(value, list) else value
