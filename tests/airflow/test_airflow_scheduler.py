"""All of Airflow at work: the DAG of pipelines/, and tasks that fail, are killed, and come back."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from chinese_source import write_chinese
from filelock import FileLock
from real_airflow import (
    TOKEN_OF_CONNECTION,
    Airflow,
    Rest,
    processes_with,
    session_of,
    stat_of,
    until,
)

from tests.asking.fault_server import FaultProcess

pytestmark = pytest.mark.slow

DAG = "prefdata_preferences"


@pytest.fixture(autouse=True)
def no_leftovers(airflow: Airflow) -> Iterator[None]:
    """No test leaves a process of prefdata, nor a temporary file of an operator."""
    yield
    until(lambda: not running(airflow), seconds=20, what="the end of all commands")
    assert [*Path(airflow.env["TMPDIR"]).glob("*prefdata*")] == []


def running(airflow: Airflow) -> list[int]:
    return processes_with(f"--out={airflow.home}")


def command_for(out: Path, besides: int = 0) -> int:
    """The process that works on `out`, once there is one (other than `besides`)."""

    def found() -> int | None:
        both = [pid for pid in processes_with(f"--out={out}") if stat_of(pid)]
        commands = [pid for pid in both if int(stat_of(pid)[1]) in both and pid != besides]
        return commands[0] if commands else None

    return until(found, what=f"work on {out.name}")


def all_of(command: int) -> set[int]:
    """The command, its workers, and its guard."""
    return session_of(command) | {int(stat_of(command)[1])}


def gone(pids: set[int]) -> bool:
    return not any(map(stat_of, pids))


def steps_in(out: Path) -> dict[str, int]:
    """What a build has finished so far: folder and inode."""
    place = out.with_name(f".{out.name}.prefdata")
    return {path.name: path.stat().st_ino for path in place.glob("*-*") if path.is_dir()}


def files_of(out: Path) -> dict[str, str]:
    manifest = json.loads((out / "manifest.json").read_text())
    return {file["path"]: file["sha256"] for file in manifest["files"]}


def test_the_dag_runs_to_the_published_dataset(rest: Rest, airflow: Airflow) -> None:
    first = rest.start(DAG)
    tasks = rest.ended(DAG, first, seconds=200)
    assert {name: task["state"] for name, task in tasks.items()} == dict.fromkeys(
        ["list_sources", "validate[0]", "validate[1]", "validate[2]", "build", "audit", "gate",
         "push"],
        "success",
    ), rest.failures(tasks)  # fmt: skip
    assert [Path(tasks[f"validate[{n}]"]["rendered_map_index"]).name for n in range(3)] == [
        "alike", "clean", "meaning",
    ]  # fmt: skip
    push = rest.xcom(DAG, first, "push")
    built = rest.xcom(DAG, first, "build")
    assert built["out"] == str(airflow.home / "out/preferences")
    assert (push["fingerprint"], push["kept"]) == (built["fingerprint"], built["kept"])
    assert built["read"] == built["kept"] + sum(built["dropped"].values()) + built["quarantined"]
    for task in ("build", "audit", "gate", "push"):
        assert len(json.dumps(rest.xcom(DAG, first, task))) < 2000
    events = rest.call("GET", "/api/v2/assets/events?limit=10")["asset_events"]
    event = next(one for one in events if one["uri"] == "hf://datasets/org/preferences")
    assert event["extra"]["commit"] == push["commit"]
    assert event["extra"]["fingerprint"] == built["fingerprint"]
    assert (event["source_task_id"], event["source_dag_id"]) == ("push", DAG)


def test_a_run_on_the_same_sources_publishes_nothing_new(rest: Rest) -> None:
    again = rest.start(DAG, {"max_error_ratio": 1, "tag": "v1"})
    tasks = rest.ended(DAG, again)
    assert {task["state"] for task in tasks.values()} == {"success"}, rest.failures(tasks)
    push = rest.xcom(DAG, again, "push")
    assert (push["commits"], push["bytes_sent"], push["tag"]) == (0, 0, "v1")


def test_what_is_wrong_is_not_tried_again(rest: Rest, sources: Path) -> None:
    (sources.parent / "unknown.jsonl").write_text('{"x": "a", "y": "b", "z": "c"}\n')
    run = rest.start("trial_wrong")
    tasks = rest.ended("trial_wrong", run)
    assert {name: (task["state"], task["try_number"]) for name, task in tasks.items()} == {
        "usage": ("failed", 1),
        "data": ("failed", 1),
        "python": ("failed", 1),
        "package": ("failed", 1),
        "too_many": ("failed", 1),
        "copies": ("success", 1),
        "fields": ("failed", 1),
    }
    logs = {name: rest.log("trial_wrong", run, name) for name in tasks}
    assert "did you mean split?" in logs["usage"]
    assert "/no/such.jsonl does not exist" in logs["data"]
    assert "There is no Python at /no/such/python" in logs["python"]
    assert "Install prefdata, with what it needs: " in logs["package"]
    assert "1 of 54 rows have duplicate-pair, more than max_ratios allows (0)" in logs["too_many"]
    assert rest.xcom("trial_wrong", run, "copies")["by_rule"] == {"duplicate-pair": 1}
    assert "read.map {prompt: FIELD, chosen: FIELD, rejected: FIELD}" in logs["fields"]
    assert "--map" not in logs["fields"]


def test_a_gate_that_fails_keeps_the_push_from_running(rest: Rest, airflow: Airflow) -> None:
    run = rest.start("trial_gate")
    tasks = rest.ended("trial_gate", run)
    assert {name: (task["state"], task["try_number"]) for name, task in tasks.items()} == {
        "build": ("success", 1),
        "gate": ("failed", 1),
        "push": ("upstream_failed", 0),
    }
    assert not (airflow.home / "trials/published").exists()
    assert "audit: " in rest.log("trial_gate", run, "gate")


def test_changes_are_told_and_too_many_of_them_fail(rest: Rest, airflow: Airflow) -> None:
    run = rest.start("trial_changes")
    tasks = rest.ended("trial_changes", run, seconds=200)
    assert {name: (task["state"], task["try_number"]) for name, task in tasks.items()} == {
        "first": ("success", 1),
        "few": ("success", 1),
        "more": ("success", 1),
        "told": ("success", 1),
        "limited": ("failed", 1),
    }, rest.failures(tasks)
    assert rest.xcom("trial_changes", run, "first") == {"is_first": True}
    few, more = (rest.xcom("trial_changes", run, name) for name in ("few", "more"))
    told = rest.xcom("trial_changes", run, "told")
    assert (told["rows_before"], told["went"]) == (few["read"], 0)
    assert told["came"] == more["read"] - few["read"]
    assert told["changes"]["split train test"] == told["changed"]
    report = pl.read_parquet(airflow.home / "trials/changes.parquet")
    assert report["kind"].eq("came").sum() == told["came"]
    log = rest.log("trial_changes", run, "limited")
    assert "rows of the earlier build are gone: more than max_went=0.5 allows." in log


def test_what_may_pass_is_tried_again(rest: Rest, airflow: Airflow) -> None:
    workspace = airflow.home / "trials/.locked.prefdata"
    workspace.mkdir(parents=True, exist_ok=True)
    with FileLock(workspace / "lock"):
        run = rest.start("trial_locked")
        until(
            lambda: rest.tasks("trial_locked", run)["build"]["try_number"] > 1 or None,
            what="another try",
        )
    task = rest.ended("trial_locked", run)["build"]
    assert task["state"] == "success"
    assert task["try_number"] > 1
    assert "exit code 75: try again later" in rest.log("trial_locked", run, "build")


def test_a_build_that_is_killed_goes_on_and_comes_to_the_same(rest: Rest, airflow: Airflow) -> None:
    """The command is killed in one task, the process of the task itself in the other."""
    run = rest.start("trial_killed")
    kept = {}
    for who in ("command", "task"):
        out = airflow.home / f"trials/killed_{who}"
        command = command_for(out)
        kept[who] = until(lambda out=out: len(s := steps_in(out)) > 2 and s, what="some steps")
        everyone = all_of(command)
        guard = int(stat_of(command)[1])
        os.kill(command if who == "command" else int(stat_of(guard)[1]), signal.SIGKILL)
        until(lambda gone_=everyone: gone(gone_), seconds=15, what="the end of its workers")
        assert not out.exists()
        assert kept[who].items() <= steps_in(out).items()
    tasks = rest.ended("trial_killed", run, seconds=200)
    assert {name: (task["state"], task["try_number"]) for name, task in tasks.items()} == {
        "command": ("success", 2),
        "task": ("success", 2),
    }
    assert "it was killed by signal 9: perhaps out of memory" in rest.log(
        "trial_killed", run, "command"
    )
    whole = airflow.home / "trials/unkilled"
    subprocess.run(
        [sys.executable, "-m", "prefdata", "build", airflow.env["PREFDATA_SOURCES"], "--audit",
         "--out", str(whole), "--quiet"],
        check=True,
        env=airflow.env,
    )  # fmt: skip
    for who in kept:
        assert files_of(airflow.home / f"trials/killed_{who}") == files_of(whole)


def test_a_task_that_is_cleared_or_marked_leaves_nothing(rest: Rest, airflow: Airflow) -> None:
    out = airflow.home / "trials/stopped"
    os.mkfifo(airflow.home / "trials/never.jsonl")
    run = rest.start("trial_stopped")
    first = command_for(out)
    everyone = all_of(first)
    rest.call(
        "POST",
        "/api/v2/dags/trial_stopped/clearTaskInstances",
        {"dry_run": False, "dag_run_id": run, "task_ids": ["build"], "only_failed": False},
    )
    until(lambda: gone(everyone), seconds=30, what="the end of what was cleared")
    second = command_for(out, besides=first)
    everyone = all_of(second)
    rest.call(
        "PATCH",
        f"/api/v2/dags/trial_stopped/dagRuns/{run}/taskInstances/build",
        {"new_state": "failed"},
    )
    until(lambda: gone(everyone), seconds=30, what="the end of what was marked")
    assert not out.exists()
    assert rest.ended("trial_stopped", run)["build"]["state"] == "failed"


def test_a_task_that_takes_too_long_leaves_nothing(rest: Rest, airflow: Airflow) -> None:
    out = airflow.home / "trials/timed_out"
    run = rest.start("trial_timed_out")
    everyone = all_of(command_for(out))
    task = rest.ended("trial_timed_out", run)["build"]
    assert task["state"] == "failed"
    assert gone(everyone)
    assert not out.exists()
    assert "AirflowTaskTimeout" in rest.log("trial_timed_out", run, "build")


def test_the_other_operators(rest: Rest, airflow: Airflow) -> None:
    run = rest.start("trial_others")
    tasks = rest.ended("trial_others", run)
    assert {task["state"] for task in tasks.values()} == {"success"}, rest.failures(tasks)
    deduped = airflow.home / "trials/deduped"
    config = json.loads((deduped / "manifest.json").read_text())["config"]
    assert (config["title"], config["near"]["threshold"], config["near"]["prefer"]) == (
        "trial_others “是” 🙂", 0.7, ["*/groups.jsonl"],
    )  # fmt: skip
    assert rest.xcom("trial_others", run, "train")["trained"] > 0
    for name in ("published_model", "mirror_a", "mirror_b"):
        assert (airflow.home / f"trials/{name}/manifest.json").exists()
    seen = json.dumps(tasks["dedupe"]) + rest.log("trial_others", run, "dedupe")
    assert "hf_secretOfATrial" not in seen


def test_what_was_asked_once_is_not_asked_again(
    rest: Rest, airflow: Airflow, models: FaultProcess
) -> None:
    run = rest.start("trial_asked")
    tasks = rest.ended("trial_asked", run)
    assert {task["state"] for task in tasks.values()} == {"success"}, rest.failures(tasks)
    collected, judged, built = (
        rest.xcom("trial_asked", run, name) for name in ("collect", "judge", "build")
    )
    assert collected["wanted"] == collected["answered"] + sum(collected["failed"].values()) > 0
    assert judged["wanted"] >= judged["kept"] > 0
    assert judged["says"]
    assert built["read"] > 0
    asked = models.told()["requests"]
    again = rest.start("trial_asked")
    tasks = rest.ended("trial_asked", again)
    assert {task["state"] for task in tasks.values()} == {"success"}, rest.failures(tasks)
    assert models.told()["requests"] == asked
    assert rest.xcom("trial_asked", again, "collect") == collected
    seen = json.dumps(tasks["collect"]) + rest.log("trial_asked", again, "collect")
    assert "key-secretOfATrial" not in seen


def test_a_connection_holds_the_token_and_nothing_shows_it(rest: Rest, airflow: Airflow) -> None:
    run = rest.start("trial_vault")
    tasks = rest.ended("trial_vault", run)
    assert {task["state"] for task in tasks.values()} == {"success"}, rest.failures(tasks)
    push = rest.xcom("trial_vault", run, "push")
    assert (push["target"], push["is_new"]) == ("vault/preferences", True)
    seen = json.dumps([tasks, push]) + rest.log("trial_vault", run, "push")
    assert TOKEN_OF_CONNECTION not in seen
    assert tasks["push"]["rendered_fields"]["conn_id"] == "vault"


def test_chinese_rows_with_copies_are_published(
    rest: Rest, airflow: Airflow, tmp_path: Path
) -> None:
    source = write_chinese(tmp_path / "问答.jsonl")
    asked = {"sources": [str(source)], "accuracy": 0.5, "kept": 0.8, "allow_unjudged": True}
    run = rest.start(DAG, {**asked, "max_ratios": {"duplicate-pair": 0.05}})
    tasks = rest.ended(DAG, run)
    assert tasks["validate[0]"]["state"] == "failed"  # a limit of its own, under 8.6 %
    run = rest.start(DAG, {**asked, "kept": 0.99})
    tasks = rest.ended(DAG, run, seconds=200)
    assert tasks["gate"]["state"] == "failed"
    assert "kept" in rest.log(DAG, run, "gate")
    run = rest.start(DAG, asked)
    tasks = rest.ended(DAG, run, seconds=200)
    assert {task["state"] for task in tasks.values()} == {"success"}, rest.failures(tasks)
    built, push = rest.xcom(DAG, run, "build"), rest.xcom(DAG, run, "push")
    assert built["read"] == 140
    assert built["dropped"] == {"duplicate-pair": 12}
    assert (push["kept"], push["fingerprint"]) == (128, built["fingerprint"])
    ledger = airflow.home / "out/preferences/ledger"
    names = {name for file in ledger.glob("*.parquet") for name in pl.read_parquet(file)["source"]}
    assert names == {"问答.jsonl"}


def folders_beside(out: Path) -> list[Path]:
    return [*out.parent.glob(f".{out.name}.task-*")]


def test_a_deferred_task_gives_its_slot_away_and_ends_as_any_other(
    rest: Rest, airflow: Airflow
) -> None:
    run = rest.start("trial_deferred")
    out = airflow.home / "trials/deferred"
    until(
        lambda: rest.state("trial_deferred", run, "build") == "deferred" or None,
        what="giving the slot away",
    )
    assert folders_beside(out)
    tasks = rest.ended("trial_deferred", run, seconds=200)
    assert {name: (task["state"], task["try_number"]) for name, task in tasks.items()} == {
        "build": ("success", 1),
        "audit": ("success", 1),
        "wrong": ("failed", 1),
    }, rest.failures(tasks)
    built = rest.xcom("trial_deferred", run, "build")
    assert built["out"] == str(out)
    assert built["read"] == built["kept"] + sum(built["dropped"].values()) + built["quarantined"]
    assert rest.xcom("trial_deferred", run, "audit")["pairs"] > 0
    assert json.loads((out / "manifest.json").read_text())["config"]["title"] == "已推迟"
    log = rest.log("trial_deferred", run, "build")
    assert "prefdata build: out " in log
    assert "hf_secretOfATrial" not in log + json.dumps(tasks["build"])
    assert "did you mean split?" in rest.log("trial_deferred", run, "wrong")
    for name in ("deferred", "deferred_wrong"):
        assert folders_beside(out.with_name(name)) == []


def test_a_deferred_task_that_is_killed_is_tried_again_and_marked_it_ends(
    rest: Rest, airflow: Airflow
) -> None:
    out = airflow.home / "trials/deferred_killed"
    run = rest.start("trial_deferred_killed")
    first = command_for(out)
    until(
        lambda: rest.state("trial_deferred_killed", run, "build") == "deferred" or None,
        what="giving the slot away",
    )
    everyone = all_of(first)
    os.kill(first, signal.SIGKILL)
    until(lambda: gone(everyone), seconds=20, what="the end of what was killed")
    second = command_for(out, besides=first)
    assert "perhaps out of memory" in rest.log("trial_deferred_killed", run, "build")
    until(
        lambda: rest.state("trial_deferred_killed", run, "build") == "deferred" or None,
        what="giving the slot away again",
    )
    # marked before the triggerer waits for it, nobody would tell the command, which ends later
    [waited] = [folder / "waited-for" for folder in folders_beside(out)]
    started = waited.stat().st_mtime
    until(lambda: waited.stat().st_mtime > started or None, what="waiting for the command")
    everyone = all_of(second)
    rest.call(
        "PATCH",
        f"/api/v2/dags/trial_deferred_killed/dagRuns/{run}/taskInstances/build",
        {"new_state": "failed"},
    )
    until(lambda: gone(everyone), seconds=60, what="the end of what was marked")
    assert not out.exists()


def test_a_deferred_task_that_takes_too_long_is_stopped(rest: Rest, airflow: Airflow) -> None:
    out = airflow.home / "trials/deferred_late"
    run = rest.start("trial_deferred_late")
    everyone = all_of(command_for(out))
    assert rest.ended("trial_deferred_late", run)["build"]["state"] == "failed"
    assert gone(everyone)
    assert "took longer than execution_timeout" in rest.log("trial_deferred_late", run, "build")
    assert folders_beside(out) == []


def test_openlineage_is_told_what_was_read_and_written(rest: Rest, airflow: Airflow) -> None:
    told = airflow.home / "lineage.jsonl"
    if "openlineage" not in airflow.run("providers", "list").stdout:
        pytest.skip("apache-airflow-providers-openlineage is not installed beside Airflow")
    run = rest.start("trial_gate")
    rest.ended("trial_gate", run)

    def built() -> dict[str, Any] | None:
        events = [json.loads(line) for line in told.read_text("utf-8").splitlines() if line]
        ended = (
            event for event in events
            if event["eventType"] == "COMPLETE" and event["job"]["name"] == "trial_gate.build"
        )  # fmt: skip
        return next(ended, None)

    event = until(built, what="word of the build")
    (read,), (written,) = event["inputs"], event["outputs"]
    assert (read["namespace"], Path(read["name"]).name) == ("file", "trl_explicit_standard.jsonl")
    assert (written["namespace"], written["name"]) == (
        "file", str(airflow.home / "trials/unaudited"),
    )  # fmt: skip
    kept = rest.xcom("trial_gate", run, "build")["kept"]
    assert written["outputFacets"]["outputStatistics"]["rowCount"] == kept
