"""`audit`, of preference files and of the folder of a build, to a report that balances."""

from __future__ import annotations

import json
import random
import re
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from judged_pairs import TURNED, pairs, quick
from scored_models import save_backbone
from sound_pairs import Write

from prefdata.config.load import config_of
from prefdata.engines.local import LocalEngine
from prefdata.errors import OutputError, UsageError
from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline import audit as audit_module
from prefdata.pipeline.audit import audit
from prefdata.pipeline.build import build
from prefdata.pipeline.verify import read_manifest, verify
from prefdata.results.audit import AuditReport

TROUBLE: list[Any] = ["{broken", {"prompt": "Same?", "chosen": "Both.", "rejected": "Both."}]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))


@pytest.fixture
def raw(write: Write) -> Path:
    return write("raw.jsonl", [*TROUBLE, *pairs(240, TURNED)])


def test_wrong_labels_come_out_on_top(raw: Path, tmp_path: Path) -> None:
    found = audit([raw], out=tmp_path / "audit", config=quick())
    assert found.labels is not None
    assert found.labels.is_judged
    assert found.labels.power.is_enough
    first = {each.place.source_row - len(TROUBLE) - 1 for each in found.labels.suspects[:10]}
    assert len(first & TURNED) >= 9
    assert [each.rank for each in found.labels.suspects[:10]] == list(range(1, 11))
    written = AuditReport.model_validate_json((tmp_path / "audit/report.json").read_bytes())
    assert written == found


def test_every_row_is_in_the_table(raw: Path, tmp_path: Path) -> None:
    found = audit([raw], out=tmp_path / "audit", config=quick())
    table = pl.read_parquet(tmp_path / "audit/rows.parquet")
    counts = found.counts
    assert counts.read == 242 == len(table)
    assert counts.balance() == 0
    verdicts = dict(table.group_by("verdict").len().iter_rows())
    assert verdicts == {
        "keep": counts.kept,
        "drop": sum(counts.dropped.values()),
        "quarantine": 1,
    }
    assert table["audited"].sum() == counts.kept
    audited = table.filter(audited=True)
    assert sorted(audited["rank"]) == list(range(1, counts.kept + 1))
    assert audited["p_label"].is_between(0, 1).all()
    assert table.filter(~pl.col("audited"))["p_label"].is_null().all()


def test_without_answers_nothing_says_that_a_label_is_wrong(raw: Path, tmp_path: Path) -> None:
    """Neither the report, the table, the page nor the ledger of a build, whatever is asked."""
    out = tmp_path / "out"
    manifest = build([raw], out=out, config=quick(run=True, action="drop", top=20))
    found = AuditReport.model_validate_json((out / "report/report.json").read_bytes())
    labels = found.labels
    assert labels is not None
    assert labels.claims is not None
    assert (labels.claims.answers, found.reviewed) == (None, None)
    assert "cannot tell" in labels.claims.says[0]
    assert len(labels.suspects) >= 10
    for suspect in labels.suspects:
        assert (suspect.p_flip, suspect.p_low, suspect.p_high) == (None, None, None)
        assert suspect.label != "likely-flipped"
    assert "likely-flipped" not in labels.classes
    table = pl.read_parquet(out / "report/rows.parquet")
    for column in ("p_flip", "p_low", "p_high"):
        assert table[column].is_null().all()
    assert set(table["class"].drop_nulls()) <= set(labels.classes)
    assert manifest.audit is not None
    assert (manifest.audit.likely_flipped, manifest.audit.wrong) == (None, None)
    said = json.dumps(scan_ledger(out).collect().to_dicts())
    assert "model-disagrees" in said
    for text in (said, (out / "report/report.json").read_text()):
        assert "likely-flipped" not in text
        assert "according to people's answers" not in text
    page = (out / "report/index.html").read_text()
    assert '"label":"likely-flipped"' not in page
    assert not re.search(r'"p_flip":\s*[0-9.]', page)
    assert re.search(r'"p_label":\s*[0-9.]', page)  # it is what the page holds


def test_labels_without_meaning_are_not_judged(write: Write, tmp_path: Path) -> None:
    coin = random.Random(5)
    turned = frozenset(row for row in range(240) if coin.random() < 0.5)
    raw = write("coin.jsonl", pairs(240, turned))
    found = audit([raw], out=tmp_path / "audit", config=quick())
    assert found.labels is not None
    assert not found.labels.is_judged
    assert found.labels.why_not is not None
    assert not found.labels.suspects
    assert pl.read_parquet(tmp_path / "audit/rows.parquet")["rank"].is_null().all()


def test_a_folder_that_was_built_names_its_audit(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "dataset"
    before = build([raw], out=out, config=quick())
    found = audit([out], config=quick())
    after = read_manifest(out)
    assert not verify(out).problems
    assert after.audit is not None
    assert after.audit.fingerprint == found.fingerprint
    assert after.counts == before.counts == found.counts
    kept = [file for file in after.files if not file.path.startswith("report/")]
    assert tuple(kept) == before.files
    table = pl.read_parquet(out / "report/rows.parquet")
    assert table["row"].to_list() == list(range(before.counts.read))
    again = audit([out], config=quick())  # replaces itself
    assert again == found
    assert not verify(out).problems


def test_a_folder_that_was_built_keeps_the_title_and_the_settings_of_its_build(
    raw: Path, tmp_path: Path
) -> None:
    out, near = tmp_path / "out", {"near": {"threshold": 0.9}}
    build([raw], out=out, config={"title": "River names", "sources": ["raw.jsonl"], **near})
    asked = {"audit": {"seed": 7, "views": ["ngrams"]}, "encoder": {"batch_tokens": 512}}
    found = audit([out], config=asked)
    assert found.title == "River names"
    manifest = read_manifest(out)
    for name in ("title", "sources", "near", "split"):
        assert found.config[name] == manifest.config[name]
    assert found.config["near"]["threshold"] == 0.9
    assert found.config["audit"]["seed"] == 7
    assert found.config["encoder"]["batch_tokens"] == 512
    assert manifest.audit is not None
    assert manifest.audit.fingerprint == found.fingerprint
    assert audit([out], config={"title": "Rivers again", **asked}).title == "Rivers again"


def test_a_build_without_a_title_is_called_by_its_sources_in_both_reports(
    raw: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    build([raw], out=out, config={"audit": {"run": True, "views": ["ngrams"]}})
    within = AuditReport.model_validate_json((out / "report/report.json").read_bytes())
    assert (
        audit([out], config={"audit": {"views": ["ngrams"]}}).title == within.title == "raw.jsonl"
    )


def test_raw_files_need_a_place(raw: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="out says where"):
        audit([raw], config=quick())
    audit([raw], out=tmp_path / "audit", config=quick(), page=False)
    assert not (tmp_path / "audit/index.html").exists()
    with pytest.raises(OutputError, match="force=True"):
        audit([raw], out=tmp_path / "audit", config=quick())


def test_too_few_rows_are_told_and_still_accounted_for(write: Write, tmp_path: Path) -> None:
    raw = write("few.jsonl", pairs(3))
    found = audit([raw], out=tmp_path / "audit", config=quick())
    assert found.labels is None
    assert "not-audited" in found.remarks
    assert found.counts.kept == 3
    assert len(pl.read_parquet(tmp_path / "audit/rows.parquet")) == 3


def test_the_same_bytes_by_any_number_of_workers(raw: Path, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "two"]
    for workers, folder in enumerate(folders, start=1):
        audit([raw], out=folder, config=quick(), workers=workers)
    names = {path.name for path in folders[0].iterdir()}
    assert names == {path.name for path in folders[1].iterdir()}
    for name in names:
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes(), name


def test_workers_have_ended_when_models_are_trained(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    rest = LocalEngine.rest

    def rested(engine: LocalEngine) -> None:
        told.append("rest")
        rest(engine)

    monkeypatch.setattr(LocalEngine, "rest", rested)
    audit(
        [raw],
        out=tmp_path / "audit",
        config=quick(),
        workers=2,
        report=lambda step, *_: told.append(step),
    )
    assert told.index("ngrams") < told.index("rest") == told.index("judge") - 1


def test_a_killed_audit_does_not_judge_again(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = audit([raw], out=tmp_path / "whole", config=quick())

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit_module, "write_audit", killed)
    with pytest.raises(KeyboardInterrupt):
        audit([raw], out=tmp_path / "audit", config=quick())
    monkeypatch.undo()
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("prefdata.pipeline.stages.audit_labels.judge", killed)
    assert audit([raw], out=tmp_path / "audit", config=quick()) == whole


def test_a_language_model_is_one_more_view(write: Write, tmp_path: Path) -> None:
    model = save_backbone(tmp_path / "tiny-qwen3", "Qwen3", seed=5)
    raw = write("raw.jsonl", pairs(60))
    settings = quick(folds=2, repeats=1, views=["controls", "backbone"], report={"suspects": 3})
    settings = config_of(
        {
            **settings.model_dump(mode="json", exclude_unset=True),
            "reward": {
                "backbone": {"name": str(model), "device": "cpu"},
                "optimiser": {"pairs": 8, "learning_rate": 1e-3},
            },
        }
    )
    found = audit([raw], out=tmp_path / "audit", config=settings)
    assert found.labels is not None
    assert [view.name for view in found.labels.views][:3] == ["all", "controls", "backbone"]
    table = pl.read_parquet(tmp_path / "audit/rows.parquet")
    assert table["reward_margin_backbone"].abs().min() > 0
    assert json.loads((tmp_path / "audit/report.json").read_text())["format"]
    shutil.rmtree(tmp_path / "audit")
