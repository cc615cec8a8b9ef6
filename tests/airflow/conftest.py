"""A real Airflow with SQLite, in a home of its own, and a Hub on loopback to publish to.

PREFDATA_AIRFLOW_PYTHON names a Python with what requirements.txt beside this file lists, and with
prefdata (without what prefdata needs): `make test-airflow` makes one. Commands run in the Python
of the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from real_airflow import TOKEN, TOKEN_OF_CONNECTION, Airflow, Rest, standalone_of

from tests.asking.fault_server import FaultProcess

AIRFLOW_PYTHON = os.environ.get("PREFDATA_AIRFLOW_PYTHON", "")
ROOT = Path(__file__).parents[2]
DAGS = (
    ROOT / "pipelines/airflow/prefdata_preferences.py",
    Path(__file__).parent / "dags/trials.py",
)


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three sources, enough rows together for the audit to judge."""
    folder = tmp_path_factory.mktemp("raw")
    for name in ("alike", "clean", "meaning"):
        shutil.copytree(ROOT / "sample_data" / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Hub where the owner of TOKEN may write to `org`."""
    server = subprocess.Popen(
        [sys.executable, str(ROOT / "tests/hub/loopback_hub.py"),
         "--root", str(tmp_path_factory.mktemp("hub")), "--token", f"{TOKEN}=tester:write:org",
         "--token", f"{TOKEN_OF_CONNECTION}=keeper:write:vault"],
        stdout=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert server.stdout is not None
    yield server.stdout.readline().strip()
    server.terminate()
    server.wait(timeout=20)
    server.stdout.close()


@pytest.fixture(scope="session")
def models() -> Iterator[FaultProcess]:
    """A server of models, of whose attempts a tenth fail at first."""
    with FaultProcess("--faults", "0.1") as server:
        yield server


@pytest.fixture(scope="session")
def airflow(
    tmp_path_factory: pytest.TempPathFactory, sources: Path, hub: str, models: FaultProcess
) -> Airflow:
    """Airflow with its tables made, and the DAG of pipelines/ and those of the tests before it."""
    if not AIRFLOW_PYTHON:
        pytest.skip("PREFDATA_AIRFLOW_PYTHON does not name a Python that has Airflow")
    python, home = Path(AIRFLOW_PYTHON).absolute(), tmp_path_factory.mktemp("airflow")
    for folder in ("dags", "tmp", "trials"):
        (home / folder).mkdir()
    for dag in DAGS:
        shutil.copy(dag, home / "dags")
    port = free_port()
    env = {name: value for name, value in os.environ.items() if "AIRFLOW" not in name}
    env |= {
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "TMPDIR": str(home / "tmp"),
        "SCARF_ANALYTICS": "false",
        "OMP_NUM_THREADS": "1",
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        # on a busy machine a commit takes longer than SQLite waits: the scheduler would end
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home / 'airflow.db'}?timeout=120",
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "3",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API__HOST": "127.0.0.1",
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": f"http://127.0.0.1:{port}",
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "1",
        "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "1",
        "PREFDATA_PYTHON": sys.executable,
        "PREFDATA_CACHE": str(home / "cache"),
        "PREFDATA_SOURCES": str(sources),
        "PREFDATA_OUT": str(home / "out"),
        "PREFDATA_TARGET": "org/preferences",
        "PREFDATA_LICENSE": "apache-2.0",
        "PREFDATA_TRIALS": str(home / "trials"),
        "PREFDATA_MODELS": models.url,
        "AIRFLOW__OPENLINEAGE__TRANSPORT": json.dumps(
            {"type": "file", "log_file_path": str(home / "lineage.jsonl"), "append": True}
        ),
        "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "1",
        "AIRFLOW_CONN_VAULT": json.dumps(
            {"conn_type": "prefdata_hub", "password": TOKEN_OF_CONNECTION, "host": hub}
        ),
        "HF_ENDPOINT": hub,
        "HF_TOKEN": TOKEN,
        "HF_HOME": str(home / "hf"),
        "HF_HUB_DISABLE_XET": "1",
        "no_proxy": "127.0.0.1",
    }
    made = Airflow(python, home, env)
    migrated = made.run("db", "migrate")
    assert migrated.returncode == 0, migrated.stderr
    return made


@pytest.fixture(scope="session")
def rest(airflow: Airflow) -> Iterator[Rest]:
    """All of Airflow, with its scheduler at work, and its REST interface."""
    with standalone_of(airflow) as rest:
        yield rest
