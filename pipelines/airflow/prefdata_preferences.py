"""### Preference data, from raw files to a published dataset

`list_sources` → `validate` (a task for each source) → `build` → `audit` → `gate` → `push`;
where the target is a folder, `changes` says after `build` what differs from what is published.

| setting of the deployment | |
|---|---|
| `PREFDATA_PYTHON` | the Python that runs prefdata; without it that of Airflow |
| `PREFDATA_SOURCES` | files, folders, globs or URLs, with commas between them |
| `PREFDATA_SOURCE_ROOT` | folder or URL that holds them all: outputs name them below it |
| `PREFDATA_OUT` | folder where datasets are built; every worker sees the same one |
| `PREFDATA_TARGET` | where to publish: ORG/NAME on the Hub, a URL, a folder |
| `PREFDATA_CONFIG` | build config in YAML, if there is one |
| `PREFDATA_LICENSE` | licence of the dataset, as the Hub names it |
| `PREFDATA_SCHEDULE` | when it runs, such as `@daily`; without it when it is started |
| `PREFDATA_HUB_CONN` | connection with the token of the Hub; without it `HF_TOKEN` of the workers |
| `PREFDATA_DEFERRABLE` | `1`: build and audit take no worker slot; docs/airflow.md says where |

They are read from the environment of scheduler and workers. What may differ from run to run is
asked for when a run is started. The target may not: other DAGs rely on the asset.

**Again and again.** The dataset is built in one place, `PREFDATA_OUT/preferences`, and not in a
folder for each run: its manifest says what it was made of, so that a retry, a cleared task or a
run on unchanged sources finds it there and makes nothing anew; a build that was killed goes on;
and no cleared task of an old run can publish old data over new. Old versions are commits of the
target. `max_active_runs=1` keeps runs from waiting for one another's lock.

**What stops a run.** A source in which more than `max_error_ratio` of the rows are in error: rows
in error are dropped by the build, each with its reason, so a few of them are no reason to stop,
but a source that is broken as a whole is. Copies of rows do not count. `max_ratios` sets limits for
single rules. Then the gate: what the audit says of the labels, and the limits that a run may set.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG, Param, task

from prefdata.airflow import (
    AuditOperator,
    BuildOperator,
    DiffOperator,
    GateOperator,
    PushOperator,
    ValidateOperator,
)

SOURCES = os.environ.get("PREFDATA_SOURCES", "sample_data/clean").split(",")
ROOT = Path(os.environ.get("PREFDATA_OUT", Path.home() / "prefdata")).absolute()
OUT = str(ROOT / "preferences")
TARGET = os.environ.get("PREFDATA_TARGET") or str(ROOT / "published")
IS_FOLDER = Path(TARGET).is_absolute()
SOURCE_ROOT = os.environ.get("PREFDATA_SOURCE_ROOT") or None
HUB_CONN = os.environ.get("PREFDATA_HUB_CONN") or None
DEFERRABLE = os.environ.get("PREFDATA_DEFERRABLE") == "1"


def limit(title: str, says: str) -> Param:
    """A ratio that the gate asks for; null leaves it to the command."""
    return Param(
        None, type=["null", "number"], minimum=0, maximum=1, title=title, description=says,
        section="Gate",
    )  # fmt: skip


def allowed(title: str) -> Param:
    """What the gate lets through if it is true."""
    return Param(default=False, type="boolean", title=title, section="Gate")


def rendered(name: str) -> str:
    """The template of a parameter; an empty text, which leaves the key out, where it is null."""
    return "{{ '' if params." + name + " is none else params." + name + " }}"


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
            description="Findings at error level for each row; 0 allows none, 1 any number. "
            "Copies of rows do not count.",
        ),
        "max_ratios": Param(
            {}, type="object", title="Errors allowed by rule",
            additionalProperties={"type": "number", "minimum": 0, "maximum": 1},
            description='Codes of `prefdata rules`, such as {"invalid-json": 0.001, '
            '"duplicate-pair": 0.3}; each counts for its own limit only.',
        ),
        "flipped": limit(
            "Wrong labels at most", "Share of wrong labels, by people who read some (0.05)."
        ),
        "accuracy": limit(
            "Accuracy at least", "On pairs held out, at the lower end of its interval."
        ),
        "auroc": limit(
            "AUROC at least", "On planted flips, at the lower end of its interval."
        ),
        "kept": limit("Rows kept at least", "Share of the rows read that are kept (0.5)."),
        "allow_unjudged": allowed("Publish labels that the audit could not judge"),
        "allow_unaudited": allowed("Publish data without an audit"),
        "max_went": Param(
            1, type="number", minimum=0, maximum=1, title="Rows that may be gone",
            description="Share of the published rows that may be missing now, where the target is "
            "a folder; 1 only reports them.", section="Gate",
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
        max_ratios="{{ params.max_ratios | tojson }}",
        source_root=SOURCE_ROOT,
        workers=1,  # sources are looked at side by side
        max_active_tis_per_dagrun=4,
        map_index_template="{{ task.sources }}",
        execution_timeout=timedelta(hours=2),
    ).expand(sources=sources)

    build = BuildOperator(
        task_id="build",
        sources=sources,
        source_root=SOURCE_ROOT,
        config=CONFIG,
        out=OUT,
        deferrable=DEFERRABLE,
        execution_timeout=timedelta(hours=12),
    )

    audit = AuditOperator(
        task_id="audit",
        sources=OUT,  # its report goes into the dataset, in one step
        config=CONFIG,
        deferrable=DEFERRABLE,
        execution_timeout=timedelta(hours=12),
    )

    gate = GateOperator(
        task_id="gate",
        out=OUT,
        config={
            name: rendered(name)
            for name in (
                "flipped", "accuracy", "auroc", "kept", "allow_unjudged", "allow_unaudited",
            )
        },
        execution_timeout=timedelta(minutes=10),
    )  # fmt: skip

    push = PushOperator(
        task_id="push",
        out=OUT,
        target=TARGET,
        conn_id=HUB_CONN,
        config={
            "license": "{{ params.license or '' }}",
            "private": "{{ params.private }}",
            "tag": "{{ params.tag or '' }}",
            "parts": ["ledger"] if IS_FOLDER else [],  # the next run compares with it
        },
        execution_timeout=timedelta(hours=6),
    )

    validate >> build >> audit >> gate >> push

    if IS_FOLDER:
        changes = DiffOperator(
            task_id="changes",
            before=TARGET,
            after=OUT,
            max_went="{{ params.max_went }}",
            execution_timeout=timedelta(hours=1),
        )
        build >> changes >> gate
