from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hub_clients import TOKENS, WRITER, Client, client_environment
from hub_commit import Limits
from hub_outputs import BASE, Recipe, build
from hub_push import Push, pushing
from hub_pusher import Pusher, pusher_of
from loopback_hub import LoopbackHub


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LoopbackHub]:
    """A Hub of its own for every test, with short pages."""
    with LoopbackHub(tmp_path / "hub", TOKENS, limits=Limits(page=5)) as running:
        yield running


@pytest.fixture
def client(hub: LoopbackHub, tmp_path: Path) -> Client:
    """Runs a script with the real clients; what it leaves in `out` comes back."""

    def run(script: str, token: str | None = WRITER, **given: object) -> Any:
        text = (
            "import json, sys\n"
            "globals().update(json.loads(sys.argv[1]))\n"
            "out = {}\n" + textwrap.dedent(script) + "\nprint('\\n' + json.dumps(out))\n"
        )
        done = subprocess.run(
            [sys.executable, "-c", text, json.dumps({"tmp": str(tmp_path), **given})],
            env=client_environment(hub.url, tmp_path / "home", token),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, f"{done.stderr[-3000:]}\n" + "\n".join(hub.log.lines)
        return json.loads(done.stdout.rsplit("\n", 2)[-2])

    return run


@pytest.fixture(scope="session")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Recipe], Path]:
    """The output folder of a recipe; built once, not to be changed."""
    made: dict[int, Path] = {}

    def output(recipe: Recipe) -> Path:
        if id(recipe) not in made:
            made[id(recipe)] = build(tmp_path_factory.mktemp("built") / "run", recipe)
        return made[id(recipe)]

    return output


@pytest.fixture
def out(outputs: Callable[[Recipe], Path], tmp_path: Path) -> Callable[..., Path]:
    """A copy of an output folder that a test may change; the same name gives the same place."""

    def copy(recipe: Recipe = BASE, name: str = "out") -> Path:
        place = tmp_path / "local" / name
        if place.exists():
            shutil.rmtree(place)
        return Path(shutil.copytree(outputs(recipe), place))

    return copy


@pytest.fixture(scope="session")
def base_on_disk(
    outputs: Callable[[Recipe], Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """The folder of a Hub to which one push was made: of BASE, as ada/pairs."""
    root = tmp_path_factory.mktemp("published")
    place = shutil.copytree(outputs(BASE), root / "local" / "out")
    with LoopbackHub(root / "hub", TOKENS) as running:
        pushing(running, root / "home")(place, "ada/pairs")
    return root / "hub"


@pytest.fixture
def base_there(hub: LoopbackHub, base_on_disk: Path) -> str:
    """The commit of ada/pairs, to which BASE was pushed before."""
    shutil.copytree(base_on_disk, hub.store.root, dirs_exist_ok=True)
    hub.store.load()
    return hub.store.get("ada/pairs").commit("main").id


@pytest.fixture
def push(hub: LoopbackHub, tmp_path: Path) -> Iterator[Push]:
    running = pushing(hub, tmp_path / "home")
    yield running
    hub.faults.clear()
    running.close()


@pytest.fixture
def pusher(hub: LoopbackHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pusher]:
    with pusher_of(hub, tmp_path, monkeypatch) as made:
        yield made
