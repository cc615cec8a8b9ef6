"""Every command in every hostile environment: a promised exit code, a sentence, nothing half-made.

`make test-hostile` runs all of them (some minutes); `make test` a few.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from hostile_worlds import WORLDS, World

from prefdata import verify
from prefdata.cli.main import COMMANDS

NOBODY = ("--base-url", "http://127.0.0.1:9/v1")
NGRAMS = ("--encoder", "ngrams", "--workers", "1")
ARGUMENTS: dict[str, tuple[str, ...]] = {
    "inspect": ("SOURCE",),
    "agreement": ("SOURCE", "--json"),
    "judge": ("SOURCE", "--out", "OUT", "--model", "m", *NOBODY, "--dry-run"),
    "collect": ("SOURCE", "--out", "OUT", "--model", "m", *NOBODY, "--dry-run"),
    "annotate": ("SOURCE", "--project", "OUT", "--export", "-"),
    "validate": ("SOURCE", "--json"),
    "build": ("SOURCE", "--out", "OUT"),
    "dedupe": ("SOURCE", "--out", "OUT", "--workers", "2"),
    "embed-filter": ("SOURCE", "--out", "OUT", *NGRAMS),
    "train": ("SOURCE", "--out", "OUT", "--folds", "2", "--members", "1", *NGRAMS),
    "score": ("SOURCE", "--out", "OUT", "--model", "model"),
    "audit": ("SOURCE", "--out", "OUT", "--folds", "2", "--repeats", "1", *NGRAMS),
    "gate": ("dataset",),
    "verify": ("dataset",),
    "diff": ("dataset", "dataset", "--json"),
    "explain": ("dataset", "--row", "0", "--json"),
    "card": ("dataset",),
    "push": ("dataset", "OUT_FOLDER"),
    "convert": ("SOURCE", "--out", "OUT", "--to", "arrow"),
    "rules": (),
    "schema": ("record",),
}
"""A command line for each command. `SOURCE`, `OUT`: where the world has them."""

USUAL = dict.fromkeys(COMMANDS, 0) | {"gate": 1, "agreement": 1}
PROMISED = {0, 1, 2}
MARKS = {"train": "metrics.json", "score": "scores.json", "audit": "report.json"}
QUICK = {
    *(("ascii-output", name) for name in ("inspect", "explain")),
    *(("iso-locale", name) for name in ("inspect",)),
    *(("name-no-text", name) for name in ("inspect", "convert")),
    *(("stdout-full", name) for name in ("rules", "verify")),
    ("streams-closed", "push"), ("folder-removed", "build"), ("little-memory", "inspect"),
    ("out-in-proc", "build"), ("out-read-only", "convert"), ("out-no-text", "build"),
}  # fmt: skip
A_SENTENCE = re.compile(r"Error: \S.{10,}[.!)]$", re.DOTALL)


def run(arguments: list[str], place: Path, world: World) -> subprocess.CompletedProcess[bytes]:
    command = world.around([sys.executable, "-m", "prefdata", *arguments])
    env = {**os.environ, "TMPDIR": str(place / "tmp"), "PREFDATA_CACHE": str(place / "cache")}
    env |= {"HF_HUB_OFFLINE": "1", "PYTHONPATH": os.pathsep.join(sys.path), **world.env}
    stdout, stderr = world.stdout or place / ".stdout", world.stderr or place / ".stderr"
    with stdout.open("wb") as out, stderr.open("wb") as err:
        done = subprocess.run(command, cwd=place, env=env, stdout=out, stderr=err)
    told = [b"" if path.is_char_device() else path.read_bytes() for path in (stdout, stderr)]
    return subprocess.CompletedProcess(command, done.returncode, *told)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source, with Chinese and emoji, and the dataset built of it."""
    place = tmp_path_factory.mktemp("prepared")
    rows = (
        {
            "prompt": f"问题 {n} 😀: what is {n} plus {n * n}?",
            "chosen": f"答 🎉 It is {n + n * n}, since {n} and {n * n} are added.",
            "rejected": f"谁知道 {n}" + " really" * (n % 5),
        }
        for n in range(24)
    )
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    (place / "a.jsonl").write_text(text, encoding="utf-8")
    (place / "tmp").mkdir()
    assert run(["build", "a.jsonl", "--out", "dataset"], place, World()).returncode == 0
    return place


@pytest.fixture(scope="session")
def model(prepared: Path) -> Path:
    arguments = ["train", "a.jsonl", "--out", "model", "--folds", "2", "--members", "1", *NGRAMS]
    assert run(arguments, prepared, World()).returncode == 0
    return prepared / "model"


def cases() -> list[object]:
    return [
        pytest.param(world, name, marks=() if (world, name) in QUICK else pytest.mark.slow)
        for world in WORLDS
        for name in COMMANDS
    ]


def test_every_command_has_a_command_line_here() -> None:
    assert ARGUMENTS.keys() == COMMANDS.keys()


@pytest.mark.skipif(sys.platform != "linux", reason="limits, mounts and /proc of Linux")
@pytest.mark.parametrize(("world", "command"), cases())
def test_a_command_in_a_hostile_world(
    world: str, command: str, prepared: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    here = WORLDS[world]
    if reason := here.why_not():
        pytest.skip(reason)
    if command == "score":
        shutil.copytree(request.getfixturevalue("model"), tmp_path / "model")
    shutil.copytree(prepared / "dataset", tmp_path / "dataset")
    shutil.copy(prepared / "a.jsonl", tmp_path / here.source)
    for name in ("tmp", "ro", "cache"):
        (tmp_path / name).mkdir()
    before = {*names_in(tmp_path), ".stdout", ".stderr"}
    folder = here.out if here.out.startswith("/") else f"./{here.out}"
    places = {"SOURCE": here.source, "OUT": here.out, "OUT_FOLDER": folder}
    done = run([command, *(places.get(each, each) for each in ARGUMENTS[command])], tmp_path, here)
    told = done.stderr.decode("utf-8", "replace")
    assert "Traceback" not in told
    assert "Traceback" not in done.stdout.decode("utf-8", "replace")
    assert "leaked" not in told
    if here.harmless:
        assert done.returncode == USUAL[command], told
    else:
        assert done.returncode in PROMISED, told
        if done.returncode != USUAL[command] and not here.is_mute:
            assert A_SENTENCE.search(told.strip()), told
    check_out(tmp_path / here.out, command)
    name = Path(here.out).name
    workspaces = {f".{name}.prefdata", ".dataset.prefdata", ".dataset.prefdata-push"}
    workspaces |= {f".{name}.unfinished", f".{name}.unfinished-journal"}
    allowed = before | {name} | (workspaces if done.returncode else set())
    assert names_in(tmp_path) <= allowed
    assert names_in(tmp_path / "tmp") == set()


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def check_out(out: Path, command: str) -> None:
    """The output is absent or whole."""
    if not out.exists() or command not in ARGUMENTS or "OUT" not in ARGUMENTS[command]:
        return
    if command in ("build", "dedupe", "embed-filter"):
        assert verify(out).problems == ()
    elif command == "annotate":
        with closing(sqlite3.connect(out)) as campaign:
            assert campaign.execute("SELECT count(*) FROM item").fetchone() == (24,)
            assert campaign.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    elif command in MARKS:
        assert json.loads((out / MARKS[command]).read_bytes())
    else:
        assert (out / "train" / "state.json").exists() or (out / "dataset_dict.json").exists()
