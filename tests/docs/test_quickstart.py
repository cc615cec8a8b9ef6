"""The commented config: it loads, shows every key, and leaves defaults as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel

from prefdata.config.load import load_config, yaml_values
from prefdata.config.model import BuildConfig

ROOT = Path(__file__).parents[2]
FILE = ROOT / "pipelines" / "quickstart.yaml"

MEANT = {"sources", "title", "check.rules", "against.files", "split.test"}
"""Keys that differ from the default on purpose; the comments beside them say so."""


def flat(values: BaseModel) -> dict[str, Any]:
    return {
        f"{name}.{key}": value
        for name, section in values
        if isinstance(section, BaseModel)
        for key, value in section
    } | {name: value for name, value in values if not isinstance(value, BaseModel)}


def test_it_loads_and_says_every_key_there_is() -> None:
    load_config(FILE)
    written = yaml_values(FILE.read_text(encoding="utf-8"))
    said = {
        f"{name}.{key}" for name, part in written.items() if isinstance(part, dict) for key in part
    }
    said |= {name for name, part in written.items() if not isinstance(part, dict)}
    assert said == flat(BuildConfig()).keys()


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
