"""### Preference data, from raw files to a published dataset

`list_sources` → `validate` (a task for each source) → `build` → `audit` → `gate` → `push`

| setting of the deployment | |
|---|---|
| `PREFDATA_PYTHON` | the Python that runs prefdata; without it that of Airflow |
| `PREFDATA_SOURCES` | files, folders, globs or URLs, with commas between them |
| `PREFDATA_OUT` | folder where datasets are built; every worker sees the same one |
| `PREFDATA_TARGET` | where to publish: ORG/NAME on the Hub, a URL, a folder |
| `PREFDATA_CONFIG` | build config in YAML, if there is one |
| `PREFDATA_LICENSE` | licence of the dataset, as the Hub names it |
| `PREFDATA_SCHEDULE` | when it runs, such as `@daily`; without it when it is started |

They are read from the environment of scheduler and workers, as is `HF_TOKEN`. What may differ from
run to run is asked for when a run is started. The target may not: other DAGs rely on the asset.

**Again and again.** The dataset is built in one place, `PREFDATA_OUT/preferences`, and not in a
folder for each run: its manifest says what it was made of, so that a retry, a cleared task or a
run on unchanged sources finds it there and makes nothing anew; a build that was killed goes on;
and no cleared task of an old run can publish old data over new. Old versions are commits of the
target. `max_active_runs=1` keeps runs from waiting for one another's lock.

**What stops a run.** A source in which more than `max_error_ratio` of the rows are in error: rows
in error are dropped by the build, each with its reason, so a few of them are no reason to stop,
but a source that is broken as a whole is. Then the gate: what the audit says of the labels.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Param, task

from prefdata.airflow import (
    AuditOperator,
    BuildOperator,
    GateOperator,
    PushOperator,
    ValidateOperator,
)

SOURCES = os.environ.get("PREFDATA_SOURCES", "sample_data/clean").split(",")
ROOT = Path(os.environ.get("PREFDATA_OUT", Path.home() / "prefdata")).absolute()
OUT = str(ROOT / "preferences")
TARGET = os.environ.get("PREFDATA_TARGET") or str(ROOT / "published")

with DAG(
    dag_id="prefdata_preferences",
    schedule=os.environ.get("PREFDATA_SCHEDULE") or None,
    catchup=False,
    max_active_runs=1,
    tags=["prefdata", "preference data"],
    doc_md=__doc__,
    params={
        "sources": Param(
            SOURCES, type="array", items={"type": "string"}, minItems=1, title="Sources",
            description="Files, folders, globs or URLs, as the workers see them.",
        ),
        "config": Param(
            os.environ.get("PREFDATA_CONFIG"), type=["null", "string"], title="Build config",
            description="Path of a YAML file, as the workers see it.",
        ),
        "max_error_ratio": Param(
            0.05, type="number", minimum=0, maximum=1, title="Errors allowed in a source",
            description="Findings at error level for each row; 0 allows none, 1 any number.",
        ),
        "license": Param(
            os.environ.get("PREFDATA_LICENSE"), type=["null", "string"], title="Licence",
        ),
        "private": Param(default=False, type="boolean", title="Private repository"),
        "tag": Param(None, type=["null", "string"], title="Tag for what is published"),
    },
    default_args={
        # Only what may pass is tried again: operators fail for good where data or call are wrong.
        "retries": 3,
        "retry_delay": timedelta(seconds=30),
        "retry_exponential_backoff": 2.0,
        "max_retry_delay": timedelta(minutes=30),
    },
) as dag:  # fmt: skip
    CONFIG = "{{ params.config or '' }}"

    @task(execution_timeout=timedelta(minutes=5))
    def list_sources(params: dict[str, list[str]]) -> list[str]:
        """What each task of `validate` looks at."""
        from airflow.sdk.exceptions import AirflowFailException

        from prefdata.airflow.sources import divided

        try:
            return divided(params["sources"])
        except ValueError as error:
            raise AirflowFailException(str(error)) from error

    sources = list_sources()

    validate = ValidateOperator.partial(
        task_id="validate",
        config=CONFIG,
        max_error_ratio="{{ params.max_error_ratio }}",
        workers=1,  # sources are looked at side by side
        max_active_tis_per_dagrun=4,
        map_index_template="{{ task.sources }}",
        execution_timeout=timedelta(hours=2),
    ).expand(sources=sources)

    build = BuildOperator(
        task_id="build",
        sources=sources,
        config=CONFIG,
        out=OUT,
        execution_timeout=timedelta(hours=12),
    )

    audit = AuditOperator(
        task_id="audit",
        sources=OUT,  # its report goes into the dataset, in one step
        config=CONFIG,
        execution_timeout=timedelta(hours=12),
    )

    gate = GateOperator(task_id="gate", out=OUT, execution_timeout=timedelta(minutes=10))

    push = PushOperator(
        task_id="push",
        out=OUT,
        target=TARGET,
        config={
            "license": "{{ params.license or '' }}",
            "private": "{{ params.private }}",
            "tag": "{{ params.tag or '' }}",
        },
        execution_timeout=timedelta(hours=6),
    )

    validate >> build >> audit >> gate >> push
