"""What Airflow sees of the package when it parses DAGs and looks for providers."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest
from real_airflow import Airflow

LOADED = """
import json, sys, time
import airflow.sdk, airflow.sdk.exceptions
from airflow.sdk import Asset, BaseHook, BaseOperator
before, start = set(sys.modules), time.process_time()
import prefdata.airflow
for name in prefdata.airflow.__all__:
    getattr(prefdata.airflow, name)
seconds = time.process_time() - start
print(json.dumps({"seconds": seconds, "modules": sorted(set(sys.modules) - before)}))
"""

PARSED = """
import json, logging, sys, time, warnings
logging.disable(logging.CRITICAL)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    from airflow.dag_processing.dagbag import DagBag
    before = len(caught)
    start = time.process_time()
    bag = DagBag(sys.argv[1])
    seconds = time.process_time() - start
print(json.dumps({
    "errors": bag.import_errors,
    "warnings": [f"{w.filename}: {w.message}" for w in caught[before:]],
    "seconds": seconds,
    "heavy": [m for m in ("torch", "polars", "datasets", "numpy", "prefdata.pipeline",
                          "prefdata.config", "prefdata.cli") if m in sys.modules],
    "dags": {dag.dag_id: {
        "tags": sorted(dag.tags), "catchup": dag.catchup, "runs": dag.max_active_runs,
        "doc": bool(dag.doc_md),
        "after": {task.task_id: sorted(task.upstream_task_ids) for task in dag.tasks},
        "outlets": {task.task_id: [asset.uri for asset in task.outlets] for task in dag.tasks},
    } for dag in bag.dags.values()},
}))
"""

VALID = """
import json
from pathlib import Path
import airflow, jsonschema
from prefdata.airflow.provider import get_provider_info
schema = json.loads((Path(airflow.__file__).parent / "provider_info.schema.json").read_text())
jsonschema.validate(get_provider_info(), schema)
from importlib import import_module
for each in get_provider_info()["operators"]:
    for module in each["python-modules"]:
        import_module(module)
"""


FORMER = """
from prefdata.airflow import BuildOperator
try:
    BuildOperator(task_id="build", sources="a", out="o", test=0.1)
except TypeError as error:
    print(error)
"""


def has_airflow() -> bool:
    try:  # the folder of these tests is called airflow, too
        return importlib.util.find_spec("airflow.sdk") is not None
    except ModuleNotFoundError:
        return False


@pytest.mark.skipif(has_airflow(), reason="Airflow is installed here")
def test_without_airflow_it_says_what_to_install() -> None:
    code = "import prefdata.airflow as a; print(len(a.__all__)); a.BuildOperator"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert ran.stdout.strip() == "14"
    assert "MissingExtraError: prefdata.airflow.BuildOperator needs Airflow" in ran.stderr
    assert "prefdata[airflow]" in ran.stderr


@pytest.mark.slow
def test_importing_the_operators_loads_nothing_else(airflow: Airflow) -> None:
    found = json.loads(airflow.script(LOADED))
    others = {name.partition(".")[0] for name in found["modules"]} - sys.stdlib_module_names
    assert others == {"prefdata"}
    ours = {name for name in found["modules"] if name.startswith("prefdata.")}
    light = {"prefdata.errors", "prefdata.credentials", "prefdata.option_names"}
    assert {name for name in ours if not name.startswith("prefdata.airflow")} <= light
    assert found["seconds"] < 0.2  # of a processor; some 0.01


@pytest.mark.slow
def test_the_dags_parse_quickly_and_without_a_word(airflow: Airflow) -> None:
    printed = airflow.script(PARSED, airflow.env["AIRFLOW__CORE__DAGS_FOLDER"])
    found = json.loads(printed.splitlines()[-1])  # Airflow logs to stdout, too
    assert (found["errors"], found["warnings"], found["heavy"]) == ({}, [], [])
    assert found["seconds"] < 3  # of a processor, for all DAGs here
    dag = found["dags"]["prefdata_preferences"]
    assert dag["after"] == {
        "list_sources": [],
        "validate": ["list_sources"],
        "build": ["list_sources", "validate"],
        "audit": ["build"],
        "gate": ["audit"],
        "push": ["gate"],
    }
    assert dag["outlets"]["push"] == ["hf://datasets/org/preferences"]
    assert (dag["catchup"], dag["runs"], dag["doc"]) == (False, 1, True)
    assert "prefdata" in dag["tags"]


@pytest.mark.slow
def test_a_key_of_the_config_as_a_field_fails_when_the_dag_is_parsed(airflow: Airflow) -> None:
    said = airflow.script(FORMER).splitlines()[-1]
    assert said == 'BuildOperator: test is a key of the config: config={"split": {"test": ...}}'


@pytest.mark.slow
def test_airflow_lists_the_provider(airflow: Airflow) -> None:
    airflow.script(VALID)
    listed = airflow.run("providers", "list", "--output", "json")
    assert "prefdata" in {one["package_name"] for one in json.loads(listed.stdout)}
    assert "prefdata" not in listed.stderr  # where it would complain
