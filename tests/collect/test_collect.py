"""Collecting: every prompt and every request is accounted for, and nothing is asked twice."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from in_process import InProcess

import prefdata
from prefdata.errors import ConfigError, DataError, DialectError, OutputError
from prefdata.pipeline.collection.collect import collect, dry_collect
from prefdata.results.collection import CollectionManifest

CONFIG: dict[str, Any] = {"model": ["m"], "n": 3, "temperature": [0.5, 1.0]}
PROMPTS: list[dict[str, Any]] = [
    {"prompt": "What is the capital of France?"},
    {"prompt": [{"role": "user", "content": "Name three colours."}]},
    {"conversation": [{"from": "user", "value": "怎样养绿萝？"}, {"from": "gpt", "value": "浇水"}]},
    {"prompt": "What is the capital of France? "},
    {"prompt": "   "},
]  # fmt: skip


def written(path: Path, rows: list[Any]) -> Path:
    lines = (row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def lines_of(out: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (out / name).read_text("utf-8").splitlines()]


def content_of(out: Path) -> dict[str, bytes]:
    return {str(p.relative_to(out)): p.read_bytes() for p in out.rglob("*") if p.is_file()}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return written(tmp_path / "prompts.jsonl", [*PROMPTS, "no json"])


def test_everything_is_accounted_for_and_verified(source: Path, tmp_path: Path) -> None:
    out, asker = tmp_path / "out", InProcess()
    manifest = collect(source, out=out, config=CONFIG, asker=asker)
    counts = manifest.counts
    assert (counts.rows, counts.read, counts.asked, counts.quarantined) == (6, 6, 3, 2)
    assert counts.dropped == {"same-prompt": 1}
    assert (counts.wanted, counts.answered, counts.kept, counts.written) == (18, 18, 18, 3)
    assert counts.imbalances() == []
    assert [source.dialect for source in manifest.sources] == ["prompts"]
    assert {setting.name for setting in manifest.settings} == {"temperature=0.5", "temperature=1"}
    ledger = lines_of(out, "ledger/requests.jsonl")
    assert len(ledger) == 18
    assert [line["number"] for line in ledger[:6]] == [0, 1, 2, 0, 1, 2]
    assert [row["reason"] for row in lines_of(out, "quarantine/quarantine-00000.jsonl")] == [
        "empty-prompt", "invalid-json",
    ]  # fmt: skip
    assert prefdata.verify(out).problems == ()
    assert set(asker.asked.values()) == {1}


def test_completions_that_are_the_same_meet_and_are_counted(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    collect(source, out=out, config=CONFIG, asker=InProcess(spread=2))
    rows = lines_of(out, "data/completions-00000.jsonl")
    for row in rows:
        texts = [each["messages"][0]["content"] for each in row["completions"]]
        assert len(set(texts)) == len(texts) <= 2
        assert sum(each["times"] for each in row["completions"]) == 6
        for each in row["completions"]:
            assert sum(each["settings"].values()) == each["times"]
            assert each["finish_reason"] in ("stop", "length")
            assert each["parameters"]["max_tokens"] == 1024
        assert row["opinions"] == []
    assert rows[2]["prompt"] == [{"role": "user", "content": "怎样养绿萝？"}]


def test_the_same_answers_give_the_same_bytes_in_whatever_order(
    source: Path, tmp_path: Path
) -> None:
    for seed in (1, 2):
        collect(source, out=tmp_path / f"{seed}", config=CONFIG, asker=InProcess(seed))
    assert content_of(tmp_path / "1") == content_of(tmp_path / "2")


def test_a_run_that_is_stopped_goes_on_and_asks_for_nothing_twice(
    source: Path, tmp_path: Path
) -> None:
    out, answered = tmp_path / "out", 0
    whole = tmp_path / "whole"
    collect(source, out=whole, config=CONFIG, asker=InProcess())
    for after in (1, 4, 9):
        asker = InProcess(after, dies_after=after)
        with pytest.raises(KeyboardInterrupt):
            collect(source, out=out, config=CONFIG, asker=asker)
        answered += asker.asked.total()
        assert not out.exists()
    last = InProcess(5)
    collect(source, out=out, config=CONFIG, asker=last)
    assert answered + last.asked.total() == 18
    assert content_of(out) == content_of(whole)


def test_more_completions_ask_for_the_rest_and_a_setting_for_its_own(
    source: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    collect(source, out=out, config=CONFIG, asker=InProcess())
    more = InProcess()
    collect(source, out=out, config={**CONFIG, "n": 5}, asker=more, force=True)
    assert {number for _, number in more.asked} == {3, 4}
    assert more.asked.total() == 3 * 2 * 2
    warmer = InProcess()
    config = {**CONFIG, "temperature": [0.5, 1.5]}
    collect(source, out=out, config=config, asker=warmer, force=True)
    assert warmer.asked.total() == 3 * 3
    with pytest.raises(OutputError, match="exists already"):
        collect(source, out=out, config=CONFIG, asker=InProcess())


def test_failures_stand_in_the_ledger_with_what_was_said(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    counts = collect(source, out=out, config=CONFIG, asker=InProcess(refuses="France")).counts
    assert counts.failed == {"refused-by-filter": 6}
    assert counts.written == 2
    first = lines_of(out, "ledger/requests.jsonl")[0]
    assert (first["state"], first["reason"]) == ("failed", "refused-by-filter")
    assert first["said"] == "content management policy"
    assert prefdata.verify(out).problems == ()


def test_a_budget_leaves_the_rest_unasked(source: Path, tmp_path: Path) -> None:
    config = {**CONFIG, "completion_tokens": 20, "limits": {"max_tokens": 200}}
    counts = collect(source, out=tmp_path / "out", config=config, asker=InProcess()).counts
    assert set(counts.not_asked) == {"max-tokens"}
    assert 0 < counts.answered < 18
    assert counts.imbalances() == []
    assert prefdata.verify(tmp_path / "out").problems == ()


def test_rules_and_evaluation_sets_leave_out_prompts_and_completions(tmp_path: Path) -> None:
    evaluation = written(tmp_path / "eval.jsonl", [{"question": "Who wrote the opera Carmen?"}])
    source = written(
        tmp_path / "a.jsonl",
        [{"prompt": "Who wrote the opera Carmen?"}, {"prompt": "a\x07b"}, {"prompt": "Why not?"}],
    )
    config = {
        **CONFIG,
        "against": {"files": [str(evaluation)]},
        "rules": {"control-characters": "error"},
    }
    out = tmp_path / "out"
    manifest = collect(source, out=out, config=config, asker=InProcess())
    assert manifest.counts.dropped == {"contaminated": 1, "control-characters": 1}
    assert [each.name for each in manifest.evaluation] == ["eval.jsonl"]
    evidence = {r["reason"]: r["evidence"] for r in lines_of(out, "dropped/prompts.jsonl")}
    assert "eval.jsonl:1" in evidence["contaminated"]
    with pytest.raises(ConfigError, match="speaks of pairs"):
        collect(source, out=out, config={**CONFIG, "rules": {"tie": "off"}}, asker=InProcess())


def test_completions_that_a_rule_speaks_against_are_left_out(tmp_path: Path) -> None:
    source = written(tmp_path / "a.jsonl", [{"prompt": "Answer"}])
    out = tmp_path / "out"
    config = {**CONFIG, "rules": {"placeholder": "error", "prompt-in-completion": "off"}}

    class Silent(InProcess):
        def outcome(self, asked: Any, number: int) -> Any:
            said = super().outcome(asked, number)
            return said if number else type(said)("N/A", said.finish)

    counts = collect(source, out=out, config=config, asker=Silent()).counts
    assert counts.left_out == {"placeholder": 2}
    assert counts.kept == 4
    dropped = lines_of(out, "dropped/answers.jsonl")
    assert [row["completion"] for row in dropped] == ["N/A", "N/A"]
    assert prefdata.verify(out).problems == ()


@pytest.mark.parametrize(
    ("name", "text", "asked"),
    [
        ("a.txt", "First question?\n\nSecond one?\n", ["First question?", "Second one?"]),
        ("a.csv", "prompt,chosen,rejected\nQ,A,B\n", ["Q"]),
        ("a.jsonl", '{"instruction": "Add.", "input": "2 3", "output": "5"}\n', ["Add.\n2 3"]),
        ("b.jsonl", '{"turns": ["One?", "Two?"]}\n', ["One?"]),
        (
            "c.jsonl",
            '{"messages": [{"role": "user", "content": "Hi"}, {"role": "bot", "content": "Ho"}]}\n',
            ["Hi"],
        ),
        ("d.jsonl", '{"prompt": "Q", "a": "x", "b": "y", "label": 7}\n', ["Q"]),
        ("e.jsonl", '{"chosen": "\\n\\nHuman: Q\\n\\nAssistant: A", '
         '"rejected": "\\n\\nHuman: Q\\n\\nAssistant: B"}\n', ["Q"]),
    ],
)  # fmt: skip
def test_prompts_are_found_in_whatever_holds_them(
    name: str, text: str, asked: list[str], tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text)
    asker = InProcess()
    counts = collect(tmp_path / name, out=tmp_path / "out", config=CONFIG, asker=asker).counts
    assert sorted(set(asker.texts)) == sorted(asked)
    assert counts.rows == counts.asked == len(asked)


def test_a_system_message_and_a_map(tmp_path: Path) -> None:
    rows = [
        {"inner": {"q": "One?"}, "rules": "Be kind."},
        {"inner": {"q": "Two?"}},
    ]
    source = written(tmp_path / "a.jsonl", rows)
    out = tmp_path / "out"
    config = {
        **CONFIG,
        "system": "Be brief.",
        "read": {"map": {"prompt": "inner.q", "system": "rules"}},
    }
    collect(source, out=out, config=config, asker=InProcess())
    written_rows = lines_of(out, "data/completions-00000.jsonl")
    assert [row["prompt"][0]["content"] for row in written_rows] == ["Be kind.", "Be brief."]


def test_tools_are_sent_and_what_cannot_be_sent_is_not_asked(tmp_path: Path) -> None:
    tools = [{"type": "function", "function": {"name": "add", "parameters": {}}}]
    rows = [
        {"prompt": "Use it.", "tools": tools},
        {"prompt": "Look.", "image": "a.png"},
        {"prompt": "Read.", "documents": ["d"]},
    ]
    out = tmp_path / "out"
    counts = collect(
        written(tmp_path / "a.jsonl", rows), out=out, config=CONFIG, asker=InProcess()
    ).counts
    assert counts.dropped == {"unseen-media": 1, "unsent-context": 1}
    [row] = lines_of(out, "data/completions-00000.jsonl")
    assert row["tools"] == tools


def test_named_settings_stand_in_place_of_a_grid(source: Path, tmp_path: Path) -> None:
    config = {
        "model": ["m"],
        "settings": {"calm": {"temperature": 0.1, "n": 1}, "wild": {"model": "w", "top_p": 0.9}},
    }
    manifest = collect(source, out=tmp_path / "out", config=config, asker=InProcess())
    assert [(s.name, s.model, s.n) for s in manifest.settings] == [
        ("calm", "m", 1),
        ("wild", "w", 4),
    ]
    assert manifest.counts.wanted == 3 * 5


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({}, "no model is named"),
        ({"model": ["m"], "settings": {"a": {}, "b": {}}}, "is asked for twice"),
        ({"model": ["m"], "temperature": [1], "settings": {"a": {}}}, "belongs into them"),
        ({"model": ["m"], "parameters": {"stop": "x"}}, "has a key of its own"),
        ({"model": ["m"], "n": 0}, "greater than or equal to 1"),
    ],
)
def test_what_a_config_cannot_say(
    config: dict[str, Any], said: str, source: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match=said):
        collect(source, out=tmp_path / "out", config=config, asker=InProcess())


def test_sources_without_prompts_are_refused(tmp_path: Path) -> None:
    source = written(tmp_path / "a.jsonl", [{"height": 3}])
    with pytest.raises(DialectError, match="no prompt is found"):
        collect(source, out=tmp_path / "out", config=CONFIG, asker=InProcess())
    empty = written(tmp_path / "b.jsonl", [{"prompt": ""}, {"prompt": None, "question": " "}])
    with pytest.raises(DialectError, match="nothing stands in prompt or question"):
        collect(empty, out=tmp_path / "out", config=CONFIG, asker=InProcess())
    pairs = [{"prompt": p, "chosen": "a", "rejected": "b"} for p in (3, " ")]
    spoiled = written(tmp_path / "c.jsonl", pairs)
    with pytest.raises(DataError, match=r"The first: c\.jsonl:1 wrong-type: prompt is the number"):
        collect(spoiled, out=tmp_path / "out", config=CONFIG, asker=InProcess())
    assert not (tmp_path / "out").exists()


def test_a_dry_run_tells_what_is_missing_and_writes_nothing(source: Path, tmp_path: Path) -> None:
    config = {
        **CONFIG,
        "server": {"base_url": "http://127.0.0.1:1/v1"},
        "completion_tokens": 100,
        "limits": {"prices": {"m": {"prompt": 0, "completion": 1000}}},
    }
    before = sorted(tmp_path.iterdir())
    assert dry_collect(source, out=tmp_path / "no" / "out", config=config).missing == 18
    told = dry_collect(source, out=tmp_path / "out", config=config)
    assert (told.missing, told.requests, told.completion_tokens) == (18, 6, 1800)
    assert told.cost == pytest.approx(1.8)
    assert sorted(tmp_path.iterdir()) == before
    collect(source, out=tmp_path / "out", config=config, asker=InProcess())
    again = dry_collect(source, out=tmp_path / "out", config={**config, "n": 4})
    assert (again.missing, again.counts.answered) == (6, 18)


def test_the_manifest_reads_back(source: Path, tmp_path: Path) -> None:
    manifest = collect(source, out=tmp_path / "out", config=CONFIG, asker=InProcess())
    text = (tmp_path / "out" / "manifest.json").read_text("utf-8")
    assert CollectionManifest.model_validate_json(text) == manifest
