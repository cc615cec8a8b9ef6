"""DAGs whose tasks go wrong, each in its own way; the tests of the scheduler run them."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from pathlib import Path

from airflow.sdk import DAG

from prefdata.airflow import (
    AuditOperator,
    BuildOperator,
    CollectOperator,
    DedupeOperator,
    DiffOperator,
    EmbedFilterOperator,
    GateOperator,
    JudgeOperator,
    PushOperator,
    TrainOperator,
    ValidateOperator,
)

ROOT = Path(os.environ["PREFDATA_TRIALS"])
SOURCES = os.environ["PREFDATA_SOURCES"]
FEW = f"{SOURCES}/clean/trl_explicit_standard.jsonl"
PIPE = str(ROOT / "never.jsonl")  # a named pipe: whoever reads it waits


def trial(name: str) -> DAG:
    return DAG(dag_id=f"trial_{name}", schedule=None, catchup=False)


def out(name: str) -> str:
    return str(ROOT / name)


AT_ONCE = {"retries": 2, "retry_delay": timedelta(seconds=1)}

with trial("wrong"):
    BuildOperator(
        task_id="usage", sources=FEW, out=out("wrong"), config={"splitt": {"test": 0.1}}, **AT_ONCE
    )
    BuildOperator(task_id="data", sources="/no/such.jsonl", out=out("wrong"), **AT_ONCE)
    BuildOperator(
        task_id="python", sources=FEW, out=out("wrong"), python="/no/such/python", **AT_ONCE
    )
    BuildOperator(  # Airflow's own has prefdata, and not what prefdata needs
        task_id="package", sources=FEW, out=out("wrong"), python=sys.executable, **AT_ONCE
    )
    ValidateOperator(
        task_id="too_many", sources=f"{SOURCES}/alike", max_ratios={"duplicate-pair": 0}, **AT_ONCE
    )
    ValidateOperator(task_id="copies", sources=f"{SOURCES}/alike", workers="1", **AT_ONCE)
    ValidateOperator(
        task_id="fields", sources=f"{SOURCES}/../unknown.jsonl", workers="1", **AT_ONCE
    )

with trial("gate"):
    (
        BuildOperator(task_id="build", sources=FEW, out=out("unaudited"))
        >> GateOperator(task_id="gate", out=out("unaudited"), **AT_ONCE)
        >> PushOperator(task_id="push", out=out("unaudited"), target=out("published"))
    )

with trial("changes"):
    one, other = out("changes_one"), out("changes_other")
    first = DiffOperator(task_id="first", before=one, after=other, **AT_ONCE)
    few = BuildOperator(task_id="few", sources=FEW, out=one, config={"split.test": 0})
    more = BuildOperator(
        task_id="more", sources=f"{SOURCES}/clean", out=other, config={"split.test": 0.3}
    )
    told = DiffOperator(
        task_id="told", before=one, after=other, report=out("changes.parquet"), **AT_ONCE
    )
    limited = DiffOperator(
        task_id="limited", before=other, after=one, max_went="0.5", max_changed=0, **AT_ONCE
    )
    first >> few >> more >> [told, limited]

with trial("locked"):
    BuildOperator(task_id="build", sources=FEW, out=out("locked"), **AT_ONCE)

with trial("killed"):
    command, task = (
        BuildOperator(
            task_id=who,
            sources=SOURCES,
            out=out(f"killed_{who}"),
            config={"audit.run": True},
            grace=5,
            **AT_ONCE,
        )
        for who in ("command", "task")
    )
    command >> task

with trial("stopped"):
    BuildOperator(task_id="build", sources=PIPE, out=out("stopped"), retries=1,
                  retry_delay=timedelta(seconds=1))  # fmt: skip

with trial("timed_out"):
    BuildOperator(
        task_id="build", sources=PIPE, out=out("timed_out"), execution_timeout=timedelta(seconds=5)
    )

with trial("deferred"):
    deferred = {"sources": SOURCES, "deferrable": True, "grace": 5, **AT_ONCE}
    (
        BuildOperator(
            task_id="build", out=out("deferred"), config={"title": "已推迟"},
            env={"HF_TOKEN": "hf_secretOfATrial"}, **deferred,
        )
        >> AuditOperator(
            task_id="audit", sources=out("deferred"), deferrable=True,
            config={"audit": {"views": ["ngrams"], "repeats": 1, "folds": 2}},
        )
        >> BuildOperator(
            task_id="wrong", out=out("deferred_wrong"), config={"splitt": 1}, **deferred
        )
    )  # fmt: skip

with trial("deferred_killed"):
    BuildOperator(
        task_id="build", sources=PIPE, out=out("deferred_killed"), deferrable=True, **AT_ONCE
    )

with trial("deferred_late"):
    BuildOperator(
        task_id="build", sources=PIPE, out=out("deferred_late"), deferrable=True, grace=2,
        execution_timeout=timedelta(seconds=20),  # to start it takes some, on a busy machine
    )  # fmt: skip

with trial("vault"):
    (
        BuildOperator(task_id="build", sources=FEW, out=out("for_vault"))
        >> PushOperator(
            task_id="push", out=out("for_vault"), target="vault/preferences", conn_id="vault",
            config={"license": "mit"},
        )
    )  # fmt: skip

with trial("others"):
    (
        DedupeOperator(
            task_id="dedupe",
            sources=f"{SOURCES}/alike",
            out=out("deduped"),
            config={
                "title": "{{ dag.dag_id }} “是” 🙂",
                "near": {"threshold": 0.5, "keep": "source"},
                "near.prefer": ["*/groups.jsonl"],
                "split.test": "{{ '' }}",
            },
            env={"HF_TOKEN": "hf_secretOfATrial"},
            arguments=["--near", "0.7"],
        )
        >> EmbedFilterOperator(
            task_id="embed_filter", sources=out("deduped"), out=out("filtered"), only="similar",
            config={"encoder": {"name": "ngrams"}},
        )
        >> TrainOperator(
            task_id="train", sources=out("filtered"), out=out("model"),
            config={"encoder": {"name": "ngrams"}},
            arguments=["--members", "1"],
        )
        >> PushOperator(
            task_id="push", out=out("filtered"), target=out("published_model"),
            config={"reward_model": out("model"), "parts": ["ledger", "dropped"]},
        )
        >> PushOperator.partial(task_id="mirror", out=out("filtered"), **AT_ONCE).expand(
            target=[out("mirror_a"), out("mirror_b")]
        )
    )  # fmt: skip

SERVER = {"base_url": os.environ["PREFDATA_MODELS"]}

with trial("asked"):
    (
        CollectOperator(
            task_id="collect", sources=FEW, out=out("collected"),
            config={"model": ["m"], "n": 2, "server": SERVER, "limits.backoff_seconds": 0.05},
            env={"OPENAI_API_KEY": "key-secretOfATrial"},
        )
        >> JudgeOperator(
            task_id="judge", sources=out("collected"), out=out("judged"), force="{{ true }}",
            config={"model": "m", "server": SERVER, "limits": {"backoff_seconds": 0.05}},
        )
        >> BuildOperator(task_id="build", sources=out("judged"), out=out("from_judged"))
    )  # fmt: skip
