"""The commented config: it loads, shows every key, and leaves defaults as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from prefdata.config.load import load_config
from prefdata.config.model import BuildConfig
from prefdata.config.yaml_text import yaml_values

ROOT = Path(__file__).parents[2]
FILE = ROOT / "pipelines" / "quickstart.yaml"

MEANT = {"sources", "title", "check.rules", "against.files", "split.test", "audit.run"}
"""Keys that differ from the default on purpose; the comments beside them say so."""


def flat(values: BaseModel, before: str = "") -> dict[str, Any]:
    keys: dict[str, Any] = {}
    for name, value in values:
        if isinstance(value, BaseModel):
            keys |= flat(value, f"{before}{name}.")
        else:
            keys[before + name] = value
    return keys


def written_keys(values: dict[str, Any], model: BaseModel, before: str = "") -> list[str]:
    keys = []
    for name, value in values.items():
        section = getattr(model, name)
        if isinstance(section, BaseModel):
            keys += written_keys(value, section, f"{before}{name}.")
        else:
            keys.append(before + name)
    return keys


def test_it_loads_and_says_every_key_there_is_in_the_order_of_the_model() -> None:
    load_config(FILE)
    written = yaml_values(FILE.read_text(encoding="utf-8"))
    assert written_keys(written, BuildConfig()) == list(flat(BuildConfig()))


def test_what_it_calls_defaults_are_the_defaults() -> None:
    config, default = flat(load_config(FILE)), flat(BuildConfig())
    assert {key for key in default if config[key] != default[key]} == MEANT


def test_every_key_has_its_reason_beside_it() -> None:
    lines = FILE.read_text(encoding="utf-8").splitlines()
    keys = [line for line in lines if line.startswith("  ") and not line.strip().startswith("-")]
    assert [line for line in keys if "  # " not in line] == []


def test_its_sources_are_there() -> None:
    config = load_config(FILE)
    assert all((ROOT / source).is_dir() for source in (*config.sources, *config.against.files))
