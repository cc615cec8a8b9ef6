"""`prefdata push` as a process of its own, and what is on the Hub after it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
from hub_clients import TOKENS, WRITER, client_environment
from hub_store import Repository
from loopback_hub import LoopbackHub

from prefdata.pipeline.verify import verify

OURS = {"README.md", "manifest.json", "manifest.json.sha256"}
Rows = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Pushed:
    """How a push ended."""

    code: int
    stdout: str
    stderr: str

    @property
    def result(self) -> dict[str, Any]:
        """What `--json` printed."""
        made: dict[str, Any] = json.loads(self.stdout)
        return made

    def fates(self, fate: str) -> set[str]:
        return {file["path"] for file in self.result["files"] if file["fate"] == fate}

    @property
    def sent(self) -> set[str]:
        return self.fates("new") | self.fates("changed")


@dataclass
class Push:
    """Runs pushes with one environment; whatever they print or leave, no token is in it."""

    environment: Mapping[str, str]
    tokens: Sequence[str]
    running: list[subprocess.Popen[str]] = field(default_factory=list)

    def start(self, out: Path, target: str, *options: str, **changed: str) -> subprocess.Popen[str]:
        """`changed`: variables of the environment; an empty one is not set."""
        command = ["push", str(out), target, "--json", *options]
        return self._popen([sys.executable, "-m", "prefdata", *command], changed)

    def script(self, text: str, **given: object) -> subprocess.Popen[str]:
        """Python in such a process; `given` are names that it finds."""
        begin = "import json, sys\nglobals().update(json.loads(sys.argv[1]))\n"
        return self._popen([sys.executable, "-c", begin + text, json.dumps(given)], {})

    def _popen(self, command: Sequence[str], changed: Mapping[str, str]) -> subprocess.Popen[str]:
        variables = {**self.environment, **changed}
        self.running.append(
            subprocess.Popen(
                command,
                env={name: value for name, value in variables.items() if value},
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return self.running[-1]

    def finish(self, running: subprocess.Popen[str]) -> Pushed:
        stdout, stderr = running.communicate(timeout=90)
        for token in self.tokens:
            assert token not in stdout + stderr, "a token was printed"
        return Pushed(running.returncode, stdout, stderr)

    def __call__(self, out: Path, target: str, *options: str) -> Pushed:
        """A push that succeeds."""
        done = self.ends(out, target, *options)
        assert done.code == 0, done.stderr
        return done

    def ends(self, out: Path, target: str, *options: str, **changed: str) -> Pushed:
        """A push that ends in some way."""
        done = self.finish(self.start(out, target, *options, **changed))
        for file in out.parent.rglob("*"):
            content = file.read_bytes() if file.is_file() else b""
            assert not any(token.encode() in content for token in self.tokens), file
        return done

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
            process.communicate()


def rows_of(out: Path) -> Rows:
    """Rows of an output folder by split, as its own reader gives them."""
    if (out / "data" / "dataset_dict.json").exists():
        from datasets import load_from_disk

        return {name: list(rows) for name, rows in load_from_disk(str(out / "data")).items()}
    paths = sorted((out / "data").glob("*.parquet"))
    return _by_split({path.name: path.read_bytes() for path in paths})


def rows_on(repository: Repository, revision: str = "main") -> Rows:
    """Rows in a repository, by split."""
    files = repository.files(revision)
    return _by_split({path[5:]: files[path] for path in sorted(files) if path.startswith("data/")})


def _by_split(shards: Mapping[str, bytes]) -> Rows:
    rows: Rows = {}
    for name, content in shards.items():
        assert name.endswith(".parquet"), name
        rows.setdefault(name.partition("-")[0], []).extend(
            pl.read_parquet(io.BytesIO(content)).to_dicts()
        )
    return rows


def check(hub: LoopbackHub, name: str, out: Path, scratch: Path, revision: str = "main") -> None:
    """A repository holds the rows of `out`, and a download of it is sound; no token is in it."""
    repository = hub.store.get(name)
    assert rows_on(repository, revision) == rows_of(out)
    download(repository, scratch, revision)
    assert verify(scratch).problems == ()
    token_names = [token.encode() for token in hub.hub.tokens]
    everything = b"".join(repository.files(revision).values())
    assert not any(token in everything for token in token_names)


def download(repository: Repository, folder: Path, revision: str = "main") -> Path:
    for path, content in repository.files(revision).items():
        if not path.startswith(".git"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    return folder


def pushing(hub: LoopbackHub, home: Path) -> Push:
    root = str(Path(__file__).parents[2])
    environment = {**client_environment(hub.url, home, WRITER), "PYTHONPATH": root}
    return Push(environment, list(TOKENS))
