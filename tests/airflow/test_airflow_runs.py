"""The DAG of pipelines/ from raw files to a Hub, without a scheduler: `airflow dags test`."""

from __future__ import annotations

import json
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
from real_airflow import TOKEN, Airflow

pytestmark = pytest.mark.slow


def test_the_dag_publishes_to_the_hub(airflow: Airflow, hub: str) -> None:
    out = airflow.home / "tested"
    ran = airflow.run(
        "dags", "test", "prefdata_preferences",
        timeout=200, PREFDATA_OUT=str(out), PREFDATA_TARGET="org/tested",
    )  # fmt: skip
    assert ran.returncode == 0, (ran.stdout + ran.stderr)[-4000:]
    assert "prefdata push: " in ran.stdout + ran.stderr
    assert TOKEN not in ran.stdout + ran.stderr
    manifest = json.loads((out / "preferences/manifest.json").read_text())
    request = Request(
        f"{hub}/datasets/org/tested/resolve/main/manifest.json",
        headers={"Authorization": f"Bearer {TOKEN}"},
    )
    with urlopen(request, timeout=20) as answer:
        published = json.loads(answer.read())
    assert published["fingerprint"] == manifest["fingerprint"]
    assert published["counts"] == manifest["counts"]
    assert [*Path(airflow.env["TMPDIR"]).iterdir()] == []
