from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from runs import run_on

from prefdata.config.audit import AuditReportConfig
from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.engines.local import LocalEngine
from prefdata.io.files.ledger import read_counts, scan_ledger
from prefdata.pipeline.build import build
from prefdata.pipeline.stages.dataset import Dataset, dataset_of
from prefdata.pipeline.stages.write_audit import accounts_of
from prefdata.records.columns import records_of
from prefdata.results.audit import RowExample
from prefdata.rules.registry import ALL_RULES
from prefdata.steps.report.facts import ReportFacts, facts_of, lengths
from prefdata.steps.report.issues import ALIKE
from prefdata.steps.report.shown_texts import texts_of

SAMPLES = [f"sample_data/{name}" for name in ("alike", "faults")]
CONFIG = config_of(
    {
        "against": {"files": ["sample_data/eval/questions.jsonl"]},
        "split": {"test": 0.2},
        "labels": {"conflict": "flag"},
    }
)
SHOWN = AuditReportConfig(examples=2, characters=100)


def dataset(
    place: Path, sources: Iterable[object], config: BuildConfig = CONFIG, workers: int = 1
) -> Dataset:
    place.mkdir()
    with LocalEngine(workers) as engine:
        return dataset_of(run_on(sources, place, config, engine=engine))


def facts(data: Dataset, config: AuditReportConfig = SHOWN) -> ReportFacts:
    return facts_of(accounts_of(data), data.trail.shards, data.trail.verdicts, data.pairs(), config)


@dataclass(frozen=True)
class Samples:
    """The sample data as raw sources, and as the output folder of a build."""

    out: Path
    raw: Dataset
    built: Dataset


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Samples:
    folder = tmp_path_factory.mktemp("samples")
    build(SAMPLES, out=folder / "out", config=CONFIG)
    raw = dataset(folder / "raw", SAMPLES)
    return Samples(folder / "out", raw, dataset(folder / "built", [folder / "out"]))


def test_a_run_and_its_output_folder_say_the_same(samples: Samples) -> None:
    assert facts(samples.raw) == facts(samples.built)


def test_counts_are_those_of_the_ledger_and_balance_by_source(samples: Samples) -> None:
    found = facts(samples.raw)
    assert found.counts == read_counts(samples.out) == samples.raw.counts
    ledger = scan_ledger(samples.out).collect()
    assert [flow.name for flow in found.sources] == list(samples.raw.trail.names)
    for flow in found.sources:
        assert flow.counts.balance() == 0
        lines = ledger.filter(source=flow.name)
        assert flow.counts.read == len(lines)
        dropped = lines.filter(verdict="drop").group_by("reason").len()
        assert flow.counts.dropped == dict(dropped.iter_rows())
        assert sum(flow.counts.splits.values()) == flow.counts.kept


def test_issues_are_the_verdicts_of_the_ledger(samples: Samples) -> None:
    found = facts(samples.built)
    counts = found.counts
    assert {i.code: i.rows for i in found.issues if i.verdict == "drop"} == counts.dropped
    assert {i.code: i.rows for i in found.issues if i.verdict == "flag"} == counts.flagged
    in_quarantine = [i.rows for i in found.issues if i.verdict == "quarantine"]
    assert sum(in_quarantine) == counts.quarantined
    meanings = {rule.code: (rule.summary, rule.fix) for rule in ALL_RULES}
    assert all((i.says, i.to_do) == meanings[i.code] for i in found.issues)
    verdicts = [issue.verdict for issue in found.issues]
    assert verdicts == sorted(verdicts, key=["quarantine", "drop", "flag"].index)


def test_examples_are_the_first_rows_of_an_issue(samples: Samples) -> None:
    ledger = scan_ledger(samples.out).collect()
    for issue in facts(samples.raw).issues:
        if issue.verdict == "flag":
            of_kept = ledger.filter(verdict="keep")
            named = of_kept["flags"].list.eval(pl.element().struct["reason"] == issue.code)
            lines = of_kept.filter(named.list.any())
            said = [
                next(flag["evidence"] for flag in flags if flag["reason"] == issue.code)
                for flags in lines["flags"].to_list()
            ]
        else:
            lines = ledger.filter(verdict=issue.verdict, reason=issue.code)
            said = lines["evidence"].to_list()
        shown = [(e.place.row, e.place.source, e.place.source_row) for e in issue.examples]
        assert shown == lines.select("row", "source", "source_row").rows()[:2]
        assert [e.evidence for e in issue.examples] == [text or "" for text in said[:2]]
        assert len(shown) == min(issue.rows, 2)
        assert all((e.raw is None) == (issue.verdict != "quarantine") for e in issue.examples)
        assert all((e.texts is None) == (issue.verdict == "quarantine") for e in issue.examples)


def test_alike_rows_stand_side_by_side(samples: Samples) -> None:
    found = facts(samples.raw)
    ledger = scan_ledger(samples.out).collect()
    counts = found.counts
    assert found.alike_rows == {
        kind: rows
        for kind in ALIKE
        if (rows := counts.dropped.get(kind, 0) + counts.flagged.get(kind, 0))
    }
    assert {pair.kind for pair in found.alike} == set(found.alike_rows)
    named = {(row, other) for row, other in ledger.select("row", "other").iter_rows()}
    for row, flags in ledger.select("row", "flags").iter_rows():
        named |= {(row, flag["other"]) for flag in flags}
    pairs = [(pair.left.place.row, pair.right.place.row) for pair in found.alike]
    assert set(pairs) <= named
    for kind in found.alike_rows:
        of_kind = [pair for pair in found.alike if pair.kind == kind]
        both = {frozenset((pair.left.place.row, pair.right.place.row)) for pair in of_kind}
        assert 1 <= len(of_kind) == len(both) <= 2  # two rows that name each other are one pair
    for pair in found.alike:
        if pair.kind == "duplicate-pair":
            assert pair.left.texts == pair.right.texts
        if pair.kind == "label-conflict":
            assert pair.left.texts is not None
            assert pair.right.texts is not None
            assert pair.left.texts.chosen == pair.right.texts.rejected


def test_lengths_are_those_of_all_kept_rows(samples: Samples) -> None:
    found = facts(samples.built)
    batches = [b for s in samples.raw.trail.shards for b in samples.raw.trail.verdicts.active(s)]
    records = [record for batch in batches for record in records_of(batch)]
    of_prompts = [sum(len(m.content or "") for m in record.prompt) for record in records]
    prompt, chosen, rejected = found.lengths
    assert (prompt.name, chosen.name, rejected.name) == ("prompt", "chosen", "rejected")
    assert prompt.edges == chosen.edges == rejected.edges
    for low, high, count in zip(prompt.edges[:-1], prompt.edges[1:], prompt.counts, strict=True):
        assert count == sum(low <= length < high for length in of_prompts)
    assert {sum(h.counts) for h in found.lengths} == {found.counts.kept}
    assert sum(share.rows for share in found.languages) == found.counts.kept
    rows = [share.rows for share in found.languages]
    assert rows == sorted(rows, reverse=True)


def test_workers_change_nothing(samples: Samples, tmp_path: Path) -> None:
    assert facts(dataset(tmp_path / "two", SAMPLES, workers=2)) == facts(samples.raw)


def test_shards_change_nothing(tmp_path: Path) -> None:
    rows = [
        {
            "prompt": f"What is {n % 90}? " * 40,
            "chosen": f"It is {n % 90}.",
            "rejected": "No." * (n % 3),
        }
        for n in range(400)
    ]
    source = tmp_path / "a.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    small = config_of({"read": {"segment_bytes": 65_536}})
    one = dataset(tmp_path / "one", [source], BuildConfig())
    many = dataset(tmp_path / "many", [source], small)
    assert len(one.trail.shards) < len(many.trail.shards)
    assert facts(one) == facts(many)
    texts = texts_of(one.trail.shards, [399, 7, 200, 7], 1000)
    assert {row: text.prompt.text for row, text in texts.items()} == {
        row: rows[row]["prompt"] for row in (7, 200, 399)
    }
    for shard in many.trail.shards[1:]:
        shard.records.unlink()
    assert texts_of(many.trail.shards, [7], 1000) == {7: texts[7]}  # no other shard is looked at


def test_a_turned_label_is_shown_as_it_was_read(tmp_path: Path) -> None:
    rows = [{"prompt": f"What is {n}?", "chosen": f"{n}.", "rejected": "No."} for n in range(9)]
    source, sheet = tmp_path / "a.jsonl", tmp_path / "review.csv"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    sheet.write_text("source,source_row,decision\na.jsonl,5,flip\na.jsonl,7,keep\n")
    review = {"decisions": str(sheet), "flips": "flip"}
    build([source], out=tmp_path / "out", config=config_of({"audit": {"review": review}}))
    found = facts(dataset(tmp_path / "built", [tmp_path / "out"], BuildConfig()))
    shown = {issue.code: issue.examples[0].texts for issue in found.issues}
    for code, row in (("label-flipped", rows[4]), ("reviewed", rows[6])):
        texts = shown[code]
        assert texts is not None
        assert (texts.chosen.text, texts.rejected.text) == (row["chosen"], row["rejected"])


def test_lengths_are_of_known_pairs_alone(samples: Samples) -> None:
    data = samples.raw
    some = data.pairs().of(data.pairs().rows[::3])
    assert {sum(h.counts) for h in lengths(data.trail.shards, data.trail.verdicts, some)} == {
        len(some)
    }


@pytest.mark.parametrize("folder", ["dropped", "quarantine"])
def test_without_the_texts_the_places_stay(samples: Samples, folder: str) -> None:
    whole = facts(samples.built)
    place, away = samples.out / folder, samples.out.parent / folder
    place.rename(away)
    try:
        bare = facts(samples.built)
    finally:
        away.rename(place)
    assert bare.counts == whole.counts
    assert [(i.code, [e.place for e in i.examples]) for i in bare.issues] == [
        (i.code, [e.place for e in i.examples]) for i in whole.issues
    ]
    verdict = {"dropped": "drop"}.get(folder, folder)
    gone = [e for i in bare.issues if i.verdict == verdict for e in i.examples]
    assert gone
    assert all(e.texts is None and e.raw is None for e in gone)


HOSTILE = {
    "script": "<script>alert(1)</script>",
    "image": '"><img src=x onerror=alert(1)>',
    "formula": '=HYPERLINK("http://x","y")',
    "template": "{{7*7}} ${7*7} {% raw %} </template>",
    "bidi": "abc \u202e\u2066 dcb",
    "null": "a\x00b\x1b[31m",
    "emoji": "👩\u200d👩\u200d👧",
    "breaks": " \u2028\r\n\t ",
    "zero": "",
}


def test_hostile_texts_are_shown_as_they_are(tmp_path: Path) -> None:
    source = tmp_path / "=cmd|'<b>.jsonl"
    rows: list[Any] = [
        {"prompt": f"{name}: {text}", "chosen": text + "!", "rejected": text + "!"}
        for name, text in HOSTILE.items()
    ]
    lines = [json.dumps(row) for row in rows] + [f'{{"prompt": {HOSTILE["script"]}']
    source.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
    config = AuditReportConfig(examples=100)
    build([source], out=tmp_path / "out")
    read = [facts(dataset(tmp_path / "raw", [source], BuildConfig()), config)]
    read.append(facts(dataset(tmp_path / "built", [tmp_path / "out"], BuildConfig()), config))
    assert read[0] == read[1]
    issues = {issue.code: issue for issue in read[0].issues}
    for row, example in zip(rows, issues["identical-sides"].examples, strict=False):
        assert example.texts is not None
        assert example.texts.prompt.text == row["prompt"]
        assert example.texts.chosen.text == row["chosen"]
    raw = issues["invalid-json"].examples[0].raw
    assert raw is not None
    assert raw.text == lines[-1]


def test_a_long_text_says_that_it_is_cut(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    long = "é" * 5000
    rows = [
        {"prompt": "Say é.", "chosen": long, "rejected": long},
        {"prompt": long, "chosen": 1, "rejected": "no"},
    ]
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    found = facts(dataset(tmp_path / "raw", [source], BuildConfig()))
    examples: dict[str, RowExample] = {issue.code: issue.examples[0] for issue in found.issues}
    texts, raw = examples["identical-sides"].texts, examples["wrong-type"].raw
    assert texts is not None
    assert raw is not None
    assert not texts.prompt.is_cut
    assert (texts.chosen.text, texts.chosen.characters) == (long[:100], 5000)
    assert texts.chosen.is_cut
    assert (len(raw.text), raw.is_cut) == (100, True)


@pytest.mark.parametrize("content", ["", "{broken\n"])
def test_data_without_pairs_have_facts(tmp_path: Path, content: str) -> None:
    source = tmp_path / "a.jsonl"
    good = '{"prompt": "Why?", "chosen": "Because.", "rejected": "Because."}\n'
    source.write_text(good * bool(content) + content, encoding="utf-8")
    found = facts(dataset(tmp_path / "raw", [source], BuildConfig()))
    assert found.counts.balance() == found.counts.kept == 0
    assert found.languages == ()
    assert [h.counts for h in found.lengths] == [(0,)] * 3
