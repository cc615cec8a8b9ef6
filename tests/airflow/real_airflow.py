"""Airflow as the tests use it: its command line, its scheduler, its REST interface."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

T = TypeVar("T")

PATIENCE = float(os.environ.get("PREFDATA_TESTS_PATIENCE", "1"))
"""How many times as long a test waits: more on a machine that is busy."""

TOKEN = "hf_ofTheTests"
"""Of the Hub on loopback."""

TOKEN_OF_CONNECTION = "hf_ofTheConnection"
"""The only one that may write to `vault` there; in a connection of Airflow, and nowhere else."""


def until(found: Callable[[], T | None], *, seconds: float = 90, what: str = "it") -> T:
    """What `found` finds, as soon as it is more than nothing."""
    deadline = time.monotonic() + seconds * PATIENCE
    while time.monotonic() < deadline:
        value = found()
        if value:
            return value
        time.sleep(0.2)
    raise AssertionError(f"{what} did not happen within {seconds:g} s")


@dataclass(frozen=True)
class Airflow:
    """Its Python, its home, and the environment that its processes start with."""

    python: Path
    home: Path
    env: dict[str, str]

    def run(
        self, *arguments: str, timeout: float = 120, **more: str
    ) -> subprocess.CompletedProcess[str]:
        """`airflow ARGUMENTS`, to its end."""
        return self._run("-m", "airflow", *arguments, timeout=timeout, more=more)

    def script(self, code: str, *arguments: str) -> str:
        """What a script prints in Airflow's Python."""
        ran = self._run("-c", code, *arguments, timeout=120, more={})
        assert ran.returncode == 0, ran.stderr
        return ran.stdout

    def _run(
        self, *arguments: str, timeout: float, more: dict[str, str]
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(self.python), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=self.env | more,
            cwd=self.home,
        )


@dataclass
class Rest:
    """The REST interface of a running Airflow."""

    url: str
    token: str = field(default="", repr=False)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What the server answers to a request with a JSON body."""
        request = Request(
            f"{self.url}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def log_in(self) -> bool:
        """Whether the server is there, and has given a token."""
        with suppress(URLError, HTTPError, ConnectionError, TimeoutError):
            self.token = self.call("GET", "/auth/token")["access_token"]
        return bool(self.token)

    def start(self, dag: str, conf: dict[str, Any] | None = None) -> str:
        """Starts a run of a DAG, as soon as it is known; the id of the run."""

        def known() -> bool:
            with suppress(HTTPError):
                self.call("PATCH", f"/api/v2/dags/{dag}", {"is_paused": False})
                return True
            return False

        until(known, what=f"parsing {dag}")
        asked = {"logical_date": None, "conf": conf or {}}
        run: str = self.call("POST", f"/api/v2/dags/{dag}/dagRuns", asked)["dag_run_id"]
        return run

    def tasks(self, dag: str, run: str) -> dict[str, dict[str, Any]]:
        """Task instances by name; of mapped ones `name[index]`."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances?limit=100"
        return {
            one["task_id"] + ("" if one["map_index"] < 0 else f"[{one['map_index']}]"): one
            for one in self.call("GET", path)["task_instances"]
        }

    def ended(self, dag: str, run: str, *, seconds: float = 150) -> dict[str, dict[str, Any]]:
        """Task instances when the run has ended."""

        def is_over() -> bool:
            state = self.call("GET", f"/api/v2/dags/{dag}/dagRuns/{run}")["state"]
            return state in ("success", "failed")

        until(is_over, seconds=seconds, what=f"the end of {dag}")
        return self.tasks(dag, run)

    def state(self, dag: str, run: str, task: str) -> str | None:
        return self.tasks(dag, run)[task]["state"]

    def xcom(self, dag: str, run: str, task: str, index: int = -1) -> Any:
        """What a task handed on."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/xcomEntries/return_value"
        return self.call("GET", f"{path}?map_index={index}")["value"]

    def log(self, dag: str, run: str, task: str, attempt: int = 1) -> str:
        """All that is in the log of one attempt."""
        path = f"/api/v2/dags/{dag}/dagRuns/{run}/taskInstances/{task}/logs/{attempt}"
        return json.dumps(self.call("GET", f"{path}?full_content=true"), ensure_ascii=False)

    def failures(self, tasks: Mapping[str, Mapping[str, Any]]) -> str:
        """The end of the log of each task that failed, for the message of a test."""
        failed = [
            one for one in tasks.values() if one["state"] == "failed" and one["map_index"] < 0
        ]
        return "\n".join(
            self.log(one["dag_id"], one["dag_run_id"], one["task_id"], one["try_number"])[-3000:]
            for one in failed
        )


@contextmanager
def standalone_of(airflow: Airflow) -> Iterator[Rest]:
    """`airflow standalone`, in a session of its own, ended as a whole."""
    with (airflow.home / "standalone.log").open("wb") as log:
        server = subprocess.Popen(
            [str(airflow.python), "-m", "airflow", "standalone"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=airflow.env,
            cwd=airflow.home,
            start_new_session=True,
        )
    try:
        rest = Rest(airflow.env["AIRFLOW__API__BASE_URL"])
        until(rest.log_in, seconds=120, what="the start of Airflow")
        yield rest
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.wait(timeout=15)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait(timeout=15)


def processes_with(text: str) -> list[int]:
    """Processes that have this in their command line, and have not ended."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if text.encode() in place.read_bytes():
                found.append(int(place.parent.name))
    return sorted(found)


def stat_of(pid: int) -> list[str]:
    """State, parent, group, session ... of a process; a dead one has none."""
    with suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return [] if fields[0] in "ZX" else fields
    return []


def session_of(leader: int) -> set[int]:
    """All processes in the session of this one."""
    every = (int(place.name) for place in Path("/proc").glob("[0-9]*"))
    return {pid for pid in every if (stat := stat_of(pid)) and int(stat[3]) == leader}
