"""What the audit says of rows, in a build: dropped, flagged, or with a probability."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from decisions import Sheet, config
from hand_judged import judged
from runs import run_on
from sound_pairs import Write, pair

from prefdata.config.load import config_of
from prefdata.engines.local import LocalEngine
from prefdata.io.files.shards import read_table
from prefdata.label_audit.claims.claims import Claimed
from prefdata.label_audit.claims.posterior import RowChances
from prefdata.label_audit.judge.judged import Judged
from prefdata.pipeline import build as build_module
from prefdata.pipeline.build import build
from prefdata.pipeline.convert import convert
from prefdata.pipeline.stages.dataset import dataset_of
from prefdata.pipeline.stages.label_steps import LabelledRows, flag_labels
from prefdata.pipeline.verify import verify
from prefdata.records.model import PreferenceRecord
from prefdata.results.audit import AnswerClaims, Claims, Share

Audited = Callable[[Judged, Claimed | None], None]
"""Takes what models say and what answers tell."""


@pytest.fixture
def audited(monkeypatch: pytest.MonkeyPatch) -> Audited:
    """Has builds audit their rows with a judgement made by hand, of the rows that are left."""

    def audited(found: Judged, claimed: Claimed | None) -> None:
        settle = build_module.settle_labels

        def with_audit(before: LabelledRows, answers: Any) -> tuple[LabelledRows, None]:
            rows, _ = settle(before, answers)
            numbers = pa.Table.from_batches(read_table(rows.split))["row"].to_numpy()
            assert len(numbers) == len(found.classes)
            audit: Any = SimpleNamespace(
                judged=found, claimed=claimed, rows=numbers, identity="by hand"
            )
            return flag_labels(rows, audit), None

        monkeypatch.setattr(build_module, "settle_labels", with_audit)

    return audited


NAMES: list[Any] = ["model-disagrees" if n < 10 else "model-agrees" for n in range(38)]
MARGINS = [-3.0 + n / 10 for n in range(10)] + [1.0 + n / 10 for n in range(28)]
FLIPS = [0.95 - n / 50 for n in range(38)]


def answers(*, may_drop: bool = False, likely: int = 10) -> Claimed:
    """What people tell of the rows: so many are likely flipped, by rank."""
    chances = np.array(FLIPS)
    chances[likely:] = 0.2
    told = AnswerClaims(
        parts=(),
        reading_error=0,
        rate=Share(value=0.2, low=0.1, high=0.3),
        wrong_at_top=(3, 7),
        may_drop=may_drop,
        unread=7,
    )
    claims = Claims(first=8, most=8, what_if=(), answers=told, says=())
    return Claimed(claims, RowChances(chances, chances - 0.1, chances + 0.04, 0.2))


NOBODY = Claimed(Claims(first=8, most=8, what_if=(), says=()), None)


@pytest.mark.parametrize("to", ["arrow", "parquet"])
def test_soft_labels_stand_in_a_column_and_a_person_knows_better(
    to: str,
    write: Write,
    sheet: Sheet,
    tmp_path: Path,
    audited: Audited,
) -> None:
    # rows 2 (keep) and 4 (turned) are a person's; 6 and 12 are dropped: 38 rows are left
    decisions = sheet({2: "keep", 4: "flip", 6: "drop", 12: "drop"})
    audited(judged(NAMES, MARGINS), answers())
    source, out = write("a.jsonl", [pair(n, margin=2.0) for n in range(40)]), tmp_path / "out"
    told = config(decisions, "flip", shards={"to": to}).model_dump()
    told["audit"] |= {"action": "soft-label", "top": 6}
    manifest = build([source], out=out, config=config_of(told))
    assert verify(out).problems == ()
    assert manifest.counts.flagged == {"label-flipped": 1, "likely-flipped": 6, "reviewed": 1}
    left = [row for row in range(1, 41) if row not in (6, 12)]
    likely = [n for n in range(10) if left[n] not in (2, 4)][:6]  # the likeliest are the first
    expected = dict.fromkeys(left, 1.0) | {left[n]: 1 - FLIPS[n] for n in likely}
    frames = [
        pl.from_arrow(pa.ipc.open_stream(file).read_all())
        if to == "arrow"
        else pl.read_parquet(file, columns=["source_row", "label_probability", "margin"])
        for file in sorted((out / "data").rglob(f"*.{to}"))
    ]
    found = pl.concat(f.select("source_row", "label_probability", "margin") for f in frames)
    assert dict(found.sort("source_row").drop("margin").iter_rows()) == pytest.approx(expected)
    assert set(found["margin"]) == {2.0}
    PreferenceRecord.model_validate(
        {"prompt": [], "chosen": [], "rejected": [], "label_probability": 0.2, "margin": 1,
         "metadata": "{}", "source": "a", "source_row": 1}
    )  # fmt: skip
    with LocalEngine(1) as engine:
        back = dataset_of(run_on([out], tmp_path / "back", config(None), engine=engine))
    assert sorted(back.pairs().frame["source_row"]) == left
    convert([str(out)], out=tmp_path / "flat.jsonl", to="jsonl")
    flat = pl.read_ndjson(tmp_path / "flat.jsonl", infer_schema_length=None)
    assert sorted(flat["label_probability"]) == pytest.approx(sorted(expected.values()))


@pytest.mark.parametrize("told", ["unjudged", "nobody", "promised", "not promised"])
@pytest.mark.parametrize("action", ["drop", "flag", "off", "soft-label"])
def test_what_the_audit_says_is_done(
    action: str, told: str, write: Write, tmp_path: Path, audited: Audited
) -> None:
    names: list[Any] = [*NAMES[:-1], "ambiguous"]
    claimed = {
        "unjudged": None,
        "nobody": NOBODY,
        "promised": answers(may_drop=True),
        "not promised": answers(),
    }[told]
    audited(judged(names, MARGINS, is_judged=claimed is not None), claimed)
    source, out = write("a.jsonl", [pair(n) for n in range(38)]), tmp_path / "out"
    asked = config(None).model_dump()
    asked["audit"]["action"] = action
    manifest = build([source], out=out, config=config_of(asked))
    assert verify(out).problems == ()
    done = claimed is not None and action != "off"
    counts = manifest.counts
    is_dropped = told == "promised" and action == "drop"
    assert counts.dropped == ({"suspected": 8} if is_dropped else {})
    against = "likely-flipped" if told.endswith("promised") else "model-disagrees"
    flagged = {"ambiguous": 1, against: 2 if is_dropped else 10} if done else {}
    assert counts.flagged == flagged
    assert ("not-judged" in manifest.remarks) == (claimed is None and action != "off")
    is_refused = told == "nobody" and action in ("drop", "soft-label")
    is_refused |= told == "not promised" and action == "drop"
    assert ("suspected" in manifest.remarks) == is_refused
    table = pa.ipc.open_stream(next((out / "data" / "train").glob("*.arrow"))).read_all()
    assert ("label_probability" in table.column_names) == (action == "soft-label")
    if action == "soft-label":
        changed = pc.less(table["label_probability"], 1.0)
        assert (pc.sum(changed).as_py() > 0) == told.endswith("promised")
