"""A dry run where the target cannot be asked: it shows what is here, soon, and says so."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from raw_server import LOGIN_PAGE, answer, nobody_there, raw_server
from sound_pairs import pair

from prefdata.config.load import config_of
from prefdata.config.push import PushConfig
from prefdata.errors import OfflineError, RefusedError, UnavailableError
from prefdata.io.targets import retry
from prefdata.pipeline.build import build
from prefdata.pipeline.push import push
from prefdata.results.publication import Publication


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    import json

    root = tmp_path_factory.mktemp("built")
    (root / "a.jsonl").write_text("\n".join(json.dumps(pair(n)) for n in range(12)))
    config = config_of({"shards": {"to": "parquet"}})
    build([root / "a.jsonl"], out=root / "out", config=config, workers=1)
    return root / "out"


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr(retry, "UNREACHABLE_SECONDS", 0.3)
    monkeypatch.setattr(retry, "LEAST_SILENCE_SECONDS", 0.3)
    return monkeypatch


def dry(out: Path, **config: float) -> Publication:
    return push(out, "ada/pairs", dry_run=True, config=PushConfig(license="mit", **config))  # type: ignore[arg-type]


def check(shown: Publication, out: Path, why: str) -> None:
    assert not shown.is_compared and shown.is_dry_run and shown.commit is None
    sizes = {file.path: file.bytes for file in shown.files}
    assert sizes.keys() >= {"README.md", "manifest.json", "manifest.json.sha256"}
    for shard in (out / "data").glob("*.parquet"):
        assert sizes[f"data/{shard.name}"] == shard.stat().st_size
    assert {file.fate for file in shown.files} == {"unknown"}
    assert shown.bytes_sent == sum(sizes.values())
    assert "was not compared" in shown.remarks[0] and why in shown.remarks[0]


def test_where_nobody_is_there_it_shows_what_is_here(built: Path, hub: pytest.MonkeyPatch) -> None:
    hub.setattr("huggingface_hub.constants.ENDPOINT", nobody_there())
    began = time.monotonic()
    check(dry(built), built, "it refuses the connection")
    assert time.monotonic() - began < 10


def test_where_the_hub_says_nothing_patience_bounds_it(
    built: Path, hub: pytest.MonkeyPatch
) -> None:
    began = time.monotonic()
    with raw_server() as address:
        hub.setattr("huggingface_hub.constants.ENDPOINT", address)
        check(dry(built, patience=1.0), built, "said nothing for 1 s")
    assert time.monotonic() - began < 10


def test_where_the_environment_says_offline_nobody_is_asked(
    built: Path, hub: pytest.MonkeyPatch
) -> None:
    hub.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    check(dry(built), built, "HF_HUB_OFFLINE is set")
    with pytest.raises(OfflineError, match="Unset it"):
        push(built, "ada/pairs")


def test_what_is_no_hub_is_no_reason_to_show_anything(built: Path, hub: pytest.MonkeyPatch) -> None:
    with raw_server(answer(LOGIN_PAGE, "text/html")) as address:
        hub.setattr("huggingface_hub.constants.ENDPOINT", address)
        with pytest.raises(RefusedError, match="sent 'text/html'"):
            dry(built)


def test_a_push_itself_ends_as_soon(built: Path, hub: pytest.MonkeyPatch) -> None:
    hub.setattr("huggingface_hub.constants.ENDPOINT", nobody_there())
    with pytest.raises(UnavailableError, match="Check the network"):
        push(built, "ada/pairs")
