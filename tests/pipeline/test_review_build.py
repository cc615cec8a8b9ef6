"""What a person decided of rows, in a build."""

from __future__ import annotations

import csv
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from decisions import Sheet, config
from runs import run_on
from sound_pairs import Write, pair

from prefdata.engines.local import LocalEngine
from prefdata.errors import DataError, RunError, SourceError
from prefdata.io.files.ledger import scan_ledger
from prefdata.label_audit.people.review_rows import review_rows
from prefdata.pipeline.build import build
from prefdata.pipeline.convert import convert
from prefdata.pipeline.explain import explain
from prefdata.pipeline.stages import label_steps as labels
from prefdata.pipeline.stages.dataset import dataset_of
from prefdata.pipeline.verify import verify
from prefdata.records.columns import records_of
from prefdata.steps.audit.write_review import write_review

SAMPLES = Path(__file__).parents[2] / "sample_data"


def written(out: Path) -> dict[int, tuple[str, str]]:
    """Source row to chosen and rejected, as a trainer reads them."""
    from datasets import load_from_disk

    rows = [row for split in load_from_disk(str(out / "data")).values() for row in split]
    return {
        row["source_row"]: (row["chosen"][0]["content"], row["rejected"][0]["content"])
        for row in rows
    }


def files_of(out: Path) -> dict[str, str]:
    found = (path for path in sorted(out.rglob("*")) if path.is_file())
    return {str(p.relative_to(out)): sha256(p.read_bytes()).hexdigest() for p in found}


SWAPPED = ", so chosen and rejected are swapped"
SAID = {2: "keep", 4: "flip", 6: "drop", 8: "unsure"}


@pytest.mark.parametrize("to", ["arrow", "parquet"])
@pytest.mark.parametrize("flips", ["drop", "flip", "flag"])
def test_decisions_are_verdicts(
    flips: str, to: str, write: Write, sheet: Sheet, tmp_path: Path
) -> None:
    source = write("a.jsonl", [pair(n, margin=1.5) for n in range(40)])
    plain, out = tmp_path / "plain", tmp_path / "out"
    build([source], out=plain, config=config(None))
    manifest = build(
        [source], out=out, config=config(sheet(SAID), flips, shards={"to": to}), workers=1
    )
    expected = {
        2: ("keep", None, {"reviewed": "keep: review.csv, line 2: why 2"}),
        4: {
            "drop": ("drop", "reviewed-flip", {}),
            "flag": ("keep", None, {"reviewed-flip": "flip: review.csv, line 3: why 4"}),
            "flip": ("keep", None, {"label-flipped": f"flip{SWAPPED}: review.csv, line 3: why 4"}),
        }[flips],
        6: ("drop", "reviewed-drop", {}),
        8: ("keep", None, {"reviewed": "unsure: review.csv, line 5: why 8"}),
    }
    lines = {line["source_row"]: line for line in scan_ledger(out).collect().to_dicts()}
    said = {
        row: (x["verdict"], x["reason"], {f["reason"]: f["evidence"] for f in x["flags"]})
        for row, x in lines.items()
    }
    assert said == {row: ("keep", None, {}) for row in range(1, 41)} | expected
    before = {x["source_row"]: x["split"] for x in scan_ledger(plain).collect().to_dicts()}
    assert all(before[row] == x["split"] for row, x in lines.items() if x["split"])
    assert manifest.counts.balance() == 0
    assert manifest.remarks["review"] == (
        "4 decisions of review.csv; rows: drop 1, flip 1, keep 1, unsure 1"
    )
    assert verify(out).problems == ()


def test_a_turned_label_is_written_the_other_way_round_and_nothing_else_is(
    write: Write, sheet: Sheet, tmp_path: Path
) -> None:
    call = {"role": "assistant", "content": None, "tool_calls": [{"function": {"name": "add"}}]}
    rows = [pair(n, margin=n + 0.5, note=n) for n in range(20)]
    rows[3]["chosen"] = [call]
    rows[3]["rejected"] = [{"role": "assistant", "content": "no"}]
    source, decisions = write("a.jsonl", rows), sheet({4: "flip", 7: "flip"})
    out = tmp_path / "out"
    build([source], out=out, config=config(decisions, "flip"))
    assert verify(out).problems == ()

    with LocalEngine(1) as engine:
        raw = dataset_of(run_on([source], tmp_path / "raw", config(None), engine=engine))
        back = dataset_of(run_on([out], tmp_path / "back", config(None), engine=engine))
    known = back.pairs().frame["source_row"].to_list()
    read, again = (
        [
            record
            for shard in found.trail.shards
            for batch in found.trail.verdicts.active(shard)
            for record in records_of(batch)
        ]
        for found in (raw, back)
    )
    for place, record in zip(known, again, strict=True):
        other = read[place - 1]
        turned = (other.rejected, other.chosen)
        expected = turned if place in (4, 7) else (other.chosen, other.rejected)
        assert (record.chosen, record.rejected) == expected
        assert (record.prompt, record.margin, record.metadata) == (
            other.prompt,
            other.margin,
            other.metadata,
        )
    [shown] = explain(out, reason="label-flipped", limit=1).shown
    assert shown.line["source_row"] == 4
    convert([str(out)], out=tmp_path / "flat.jsonl", to="jsonl")
    flat = pl.read_ndjson(tmp_path / "flat.jsonl", infer_schema_length=None)
    assert len(flat) == 20


def test_a_killed_build_goes_on_to_the_same_bytes(
    write: Write, sheet: Sheet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write("a.jsonl", [pair(n) for n in range(30)])
    told, out = config(sheet(SAID), "flip"), tmp_path / "out"
    build([source], out=tmp_path / "whole", config=told)

    def ending(*_: object) -> None:
        raise RunError("the end")

    for step in ("decided_rows", "leave_split"):
        with monkeypatch.context() as patched, pytest.raises(RunError, match="the end"):
            patched.setattr(labels, step, ending)
            build([source], out=out, config=told)
    build([source], out=out, config=told, workers=2)
    assert files_of(out) == files_of(tmp_path / "whole")


def test_an_output_becomes_a_source_and_a_sheet_still_fits(write: Write, tmp_path: Path) -> None:
    """The whole way: build, draw a sheet, fill it in, build again from the rows in other order."""
    rows = [pair(n) for n in range(30)]
    out = tmp_path / "out"
    build([write("a.jsonl", rows)], out=out, config=config(None))
    with LocalEngine(1) as engine:
        data = dataset_of(run_on([out], tmp_path / "work", config(None), engine=engine))
    pairs = data.pairs().rows
    drawn = review_rows(None, len(pairs), 10, seed=5)
    write_review(data.trail.shards, data.trail.names, pairs, drawn, 5, tmp_path)

    path = tmp_path / "review.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {row["source_row"] for row in lines} == {
        str(data.pairs().frame["source_row"][int(n)]) for n in drawn.places
    }
    for row in lines:  # somebody who thinks that a number is better than none
        row["better"] = "A" if row["completion_a"].startswith("It is") else "b"
    lines[0]["better"] = "B" if lines[0]["better"] == "A" else "A"
    with path.open("w", encoding="gb18030", newline="") as file:
        writer = csv.DictWriter(file, [*lines[0], ""], delimiter=";")
        writer.writeheader()
        writer.writerows(lines)

    again = tmp_path / "again"
    source = write("moved/b.jsonl", [*reversed(rows), pair(99)])
    manifest = build([source], out=again, config=config(path, "flip"))
    assert manifest.remarks["review"] == "10 decisions of review.csv; rows: flip 1, keep 9"
    wrong = 30 - int(lines[0]["source_row"]) + 1
    found = written(again)
    assert {row for row, (chosen, _) in found.items() if not chosen.startswith("It is")} == {wrong}

    third = tmp_path / "third"  # the turned row is now as the person wanted it
    manifest = build([again / "data"], out=third, config=config(path, "flip"))
    assert manifest.remarks["review"] == "10 decisions of review.csv; rows: keep 10"
    [line] = [
        line
        for line in scan_ledger(third).collect().to_dicts()
        for flag in line["flags"]
        if "chosen and rejected are swapped" in (flag["evidence"] or "")
    ]
    assert line["verdict"] == "keep"


def test_decisions_about_rows_that_are_gone_are_counted(
    write: Write, sheet: Sheet, tmp_path: Path
) -> None:
    rows = [pair(n) for n in range(10)] + [pair(3)]
    decisions = sheet({11: "drop", 12: "keep", 2: "keep"})
    manifest = build([write("a.jsonl", rows)], out=tmp_path / "out", config=config(decisions))
    assert manifest.counts.dropped == {"duplicate-pair": 1}
    assert manifest.remarks["review"] == (
        "3 decisions of review.csv; rows: keep 1; on rows that are not in the data, or that "
        "another step has dropped: 2 (line 2, 3)"
    )


def test_a_representative_may_go(write: Write, sheet: Sheet, tmp_path: Path) -> None:
    kettle = "Why does a kettle sing when the water in it boils, and what makes the sound?"
    answer = "Because steam rushes out of it and makes the air in the spout shake, as in a flute"
    rows = [
        {"prompt": kettle, "chosen": f"{answer}{end}", "rejected": "It is sad and so it sings."}
        for end in (".", "!", " ")
    ]
    out = tmp_path / "out"
    counts = build(
        [write("a.jsonl", [*rows, pair(1)])], out=out, config=config(sheet({1: "drop"}))
    ).counts
    assert counts.dropped == {"near-duplicate": 2, "reviewed-drop": 1}
    assert verify(out).problems == ()


def test_a_group_is_named_by_a_row_that_is_left(write: Write, sheet: Sheet, tmp_path: Path) -> None:
    question = "Which of these bridges was built first, and who paid for it in the end?"
    rows = [
        {"prompt": question, "chosen": f"Number {n} was, {n} years ago.", "rejected": f"No {n * 7}"}
        for n in range(1, 5)
    ]
    out = tmp_path / "out"
    build(
        [write("a.jsonl", rows)], out=out, config=config(sheet({1: "drop"}), near={"action": "off"})
    )
    lines = scan_ledger(out).collect()
    assert lines["verdict"].to_list() == ["drop", "keep", "keep", "keep"]
    assert lines["group"].to_list() == [1, 1, 1, 1]
    assert verify(out).problems == ()


def test_a_sheet_that_is_wrong_stops_the_build_before_it_begins(
    write: Write, sheet: Sheet, tmp_path: Path
) -> None:
    source, out = write("a.jsonl", [pair(n) for n in range(5)]), tmp_path / "out"
    with pytest.raises(DataError, match=r"review\.csv, line 2: 'maybe' is no decision"):
        build([source], out=out, config=config(sheet({1: "maybe"})))
    with pytest.raises(SourceError, match="there is no review sheet"):
        build([source], out=out, config=config(tmp_path / "none.csv"))
    assert not list(tmp_path.glob(".out.prefdata/ingest-*"))


@pytest.mark.parametrize("folder", ["clean", "alike"])
def test_the_sample_data_with_decisions_balance(folder: str, tmp_path: Path) -> None:
    plain = build([SAMPLES / folder], out=tmp_path / "plain", config=config(None))
    with LocalEngine(1) as engine:
        data = dataset_of(
            run_on([tmp_path / "plain"], tmp_path / "work", config(None), engine=engine)
        )
    pairs = data.pairs().rows
    write_review(
        data.trail.shards,
        data.trail.names,
        pairs,
        review_rows(None, len(pairs), 1000, 0),
        0,
        tmp_path,
    )
    path = tmp_path / "review.csv"
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = list(csv.DictReader(file))
    assert len(lines) == plain.counts.kept
    answers = np.random.default_rng(1).choice(["A", "B", "tie", "drop", ""], len(lines))
    for line, answer in zip(lines, answers.tolist(), strict=True):
        line["better"] = answer
    with path.open("w", encoding="utf-16", newline="") as file:
        writer = csv.DictWriter(file, list(lines[0]), delimiter="\t")
        writer.writeheader()
        writer.writerows(lines)
    told = config(path, "flip")
    manifest = build([SAMPLES / folder], out=tmp_path / "out", config=told)
    counts = manifest.counts
    assert counts.balance() == 0
    assert counts.dropped.get("reviewed-drop", 0) == int((answers == "drop").sum())
    kept = sum(counts.flagged.get(code, 0) for code in ("reviewed", "label-flipped"))
    assert kept == int(np.isin(answers, ["A", "B", "tie"]).sum())
    assert verify(tmp_path / "out").problems == ()
    for explanation in explain(tmp_path / "out", reason="label-flipped", limit=1000).shown:
        assert explanation.text is not None


def test_a_sheet_is_kept_with_what_rests_on_it(write: Write, sheet: Sheet, tmp_path: Path) -> None:
    """Also where the folder that it was filled in is replaced."""
    source, out = write("a.jsonl", [pair(n) for n in range(10)]), tmp_path / "out"
    build([source], out=out, config=config(sheet({1: "drop"})))
    inside = out / "review" / "decisions.csv"
    inside.write_bytes(content := sheet({2: "drop"}).read_bytes())
    manifest = build([source], out=out, config=config(inside), force=True)
    assert manifest.counts.dropped == {"reviewed-drop": 1}
    assert (out / "review" / "decisions.csv").read_bytes() == content
    assert verify(out).problems == ()
    assert build([out], out=tmp_path / "again").counts.read == 9  # it is no data
