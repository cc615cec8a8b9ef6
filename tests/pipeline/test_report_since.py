"""The report of an audit says what changed since an earlier build."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from click.testing import CliRunner
from judged_pairs import pairs, quick
from sound_pairs import Write

from prefdata.cli.main import cli
from prefdata.config.model import BuildConfig
from prefdata.errors import IntegrityError, UsageError
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.diff import diff
from prefdata.pipeline.run.manifest import read_manifest
from prefdata.pipeline.verify import verify
from prefdata.results.audit import AuditReport
from prefdata.results.changes import Changes

FEW = 4
"""Pairs, too few for models: the report is there, and is quick."""


def told(since: Path | None = None, **more: Any) -> BuildConfig:
    report = {"examples": 2} | ({} if since is None else {"since": str(since)})
    return quick(run=True, report=report, **more)


def report_of(out: Path) -> AuditReport:
    return AuditReport.model_validate_json((out / "report/report.json").read_bytes())


def changes_in(out: Path) -> Changes:
    found = report_of(out).changes
    assert found is not None
    return found


def files_of(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


@pytest.fixture
def before(write: Write, tmp_path: Path) -> Path:
    build([write("raw.jsonl", pairs(FEW))], out=tmp_path / "monday", config=told())
    assert report_of(tmp_path / "monday").changes is None
    return tmp_path / "monday"


@pytest.fixture
def raw(before: Path, write: Write) -> Path:
    """The source of `before`, with a row more, one fewer, and one that is not read."""
    return write("raw.jsonl", ["{broken", *pairs(FEW + 1)[1:]])


def test_the_report_says_what_diff_says(before: Path, raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "tuesday"
    build([raw], out=out, config=told(before))
    found, wanted = changes_in(out), diff(before, out, examples=2)
    assert (found.came, found.went, found.changed, found.same) == (2, 1, 0, FEW - 1)
    assert (found.before.path, found.after.path) == ("monday", "tuesday")
    ends = {"before": wanted.before, "after": wanted.after}
    assert found.model_copy(update=ends) == wanted
    assert [setting.name for setting in found.settings] == ["sources.raw.jsonl"]
    assert not verify(out).problems
    for name, content in files_of(out).items():
        assert str(tmp_path).encode() not in content, name
    assert "Changes since an earlier build" in (out / "report/index.html").read_text()


def test_a_build_is_compared_with_the_one_that_it_replaces(before: Path, raw: Path) -> None:
    config = told(before)
    build([raw], out=before, config=config, force=True)
    assert (changes_in(before).came, changes_in(before).went) == (2, 1)
    files = files_of(before)
    build([raw], out=before, config=config, update=True)
    assert files_of(before) == files, "nothing has changed, and the report stays"
    build([raw], out=before, config=config, force=True)
    assert changes_in(before).is_same


def test_an_update_notices_another_earlier_build(
    before: Path, raw: Path, write: Write, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    out = tmp_path / "tuesday"
    build([raw], out=out, config=told(before))
    caplog.set_level("INFO", "prefdata")
    build([raw], out=out, config=told(before), update=True)
    assert caplog.messages[-1].startswith("unchanged")
    build([write("other.jsonl", pairs(FEW + 3))], out=before, config=told(), force=True)
    caplog.clear()
    build([raw], out=out, config=told(before), update=True)
    assert caplog.messages[0].startswith("changed: audit.report.since")
    assert changes_in(out).before.fingerprint == read_manifest(before).fingerprint


def test_an_audit_of_a_build_compares_it(before: Path, raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "tuesday"
    build([raw], out=out, config=told())
    found = audit([str(out)], config=told(before)).changes
    assert found == changes_in(out)
    assert found is not None
    assert (found.came, found.went, found.after.path) == (2, 1, "tuesday")
    elsewhere = audit([str(out)], out=tmp_path / "audit", config=told(before)).changes
    assert elsewhere == found
    assert audit([str(out)], config=told()).changes is None


def test_what_was_not_built_is_not_compared(before: Path, raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"audit\.report\.since: .* was not built"):
        audit([raw], out=tmp_path / "audit", config=told(before))
    assert not (tmp_path / "audit").exists()


@pytest.mark.parametrize(
    ("spoiled", "says"),
    [
        ("no output", "is not a finished output of prefdata"),
        ("no ledger", "has no ledger"),
        ("an older ledger", "older version of prefdata"),
    ],
)
def test_an_earlier_build_that_cannot_be_compared_is_refused_at_once(
    spoiled: str, says: str, before: Path, raw: Path, tmp_path: Path
) -> None:
    out = tmp_path / "tuesday"
    build([raw], out=out, config=told())
    files = files_of(out)
    if spoiled == "no output":
        (before / "manifest.json").unlink()
    elif spoiled == "no ledger":
        shutil.rmtree(before / "ledger")
    else:
        (file,) = (before / "ledger").glob("*.parquet")
        pl.read_parquet(file).drop("pair").write_parquet(file)
    steps: list[str] = []

    def seen(step: str, *_: int) -> None:
        steps.append(step)

    with pytest.raises(IntegrityError, match=says):
        build([raw], out=out, config=told(before), force=True, report=seen)
    with pytest.raises(IntegrityError, match=says):
        audit([str(out)], config=told(before), report=seen)
    assert not steps
    assert files_of(out) == files


def test_the_commands_take_it(before: Path, raw: Path, tmp_path: Path) -> None:
    def run(*words: object) -> Any:
        return CliRunner().invoke(cli, [*map(str, words), "--quiet"], standalone_mode=False)

    out = tmp_path / "tuesday"
    idle = run("build", raw, "--out", out, "--since", before)
    assert "--since needs --audit" in str(idle.exception)
    made = run("build", raw, "--out", out, "--audit", "--since", before)
    assert made.exception is None
    assert changes_in(out).came == 2
    audited = run("audit", out, "--since", out)
    assert audited.exception is None
    assert changes_in(out).is_same
