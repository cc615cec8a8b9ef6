"""The semantic filters, through whole builds."""

from __future__ import annotations

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from meaning_rows import EVALUATION, MEANING, SPAM, Places, config, of, places, talk
from sound_pairs import Write

from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.errors import ModelError, RunError, SourceError
from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline.build import build
from prefdata.pipeline.embed_filter import embed_filter
from prefdata.pipeline.stages import semantic_filters as step
from prefdata.pipeline.verify import verify

ALL: dict[str, Any] = {
    "contrast": {"action": "drop"},
    "topic": {"action": "drop"},
    "outliers": {"action": "flag", "threshold": "10%", "neighbours": 3},
    "against": {"action": "drop"},
    "like": {"drop": (str(SPAM),), "drop_threshold": 0.55},
    "similar": {"action": "drop", "threshold": 0.86},
}
PLANTED: dict[str, Places] = {
    "no-contrast": of("contrast", [1, 2]),
    "off-topic": of("topic", [1, 2, 3, 4]),
    "semantic-overlap": of("leaked", [1, 2]),
    "like-examples": of("spam", [1, 2]),
    "semantic-duplicate": of("said_again", [2, 5]),
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PREFDATA_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def beside_evaluation(config: BuildConfig) -> BuildConfig:
    return overridden(config, {"against.files": (str(EVALUATION),)})


def config_with(**meaning: Any) -> BuildConfig:
    """As `config`, with the evaluation set where a filter needs it."""
    if "against" not in meaning:
        return config(**meaning)
    others = {name: part for name, part in meaning.items() if name != "against"}
    changes = {f"semantic.against.{name}": value for name, value in meaning["against"].items()}
    return overridden(beside_evaluation(config(**others)), changes)


def files_of(out: Path) -> dict[str, str]:
    return {
        path.relative_to(out).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.rglob("*"))
        if path.is_file()
    }


def test_what_is_planted_goes_and_nothing_else_does(tmp_path: Path) -> None:
    out = tmp_path / "out"
    manifest = embed_filter([MEANING], out=out, config=config_with(**ALL))
    assert {reason: places(out, reason) for reason in PLANTED} == PLANTED
    counts = manifest.counts
    assert counts.dropped == {reason: len(rows) for reason, rows in PLANTED.items()}
    assert (counts.read, counts.balance(), list(counts.splits)) == (27, 0, ["train"])
    assert counts.flagged == {"outlier": 1}  # a tenth of the 17 that were left by then
    assert verify(out).problems == ()
    assert manifest.encoder is not None
    assert manifest.encoder.name == "multilingual"
    assert [Path(entry.name).name for entry in manifest.examples] == ["spam.jsonl"]


@pytest.mark.parametrize(
    ("section", "reason"),
    [*zip(("contrast", "topic", "against", "like", "similar"), PLANTED, strict=True)],
)
def test_each_filter_alone_finds_its_own(section: str, reason: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    alone = config_with(**{section: ALL[section] | {"action": "flag"}})
    manifest = embed_filter([MEANING], out=out, config=alone)
    assert manifest.counts.flagged == {reason: len(PLANTED[reason])}
    assert (manifest.counts.dropped, places(out, reason)) == ({}, PLANTED[reason])
    assert verify(out).problems == ()


def test_what_is_unlike_all_examples_goes(tmp_path: Path) -> None:
    examples = tmp_path / "stains.txt"
    examples.write_text("How do I remove a stain from cloth?\n怎么洗掉衣服上的污渍？\n", "utf-8")
    like = {"keep": [str(examples)], "keep_threshold": "60%"}
    manifest = embed_filter([MEANING], out=tmp_path / "out", config=config(like=like))
    assert manifest.counts.dropped == {"unlike-examples": 16}  # 60% of 27, and not one more
    assert not places(tmp_path / "out", "unlike-examples") & of("said_again", [1, 2, 4, 5])


def test_the_usual_filters_are_on_where_none_is_named(tmp_path: Path) -> None:
    manifest = embed_filter([MEANING], out=tmp_path / "out")
    assert manifest.counts.dropped == {"no-contrast": 2}
    assert manifest.counts.flagged == {"off-topic": 4}
    meaning = manifest.config["semantic"]
    actions = {name: part["action"] for name, part in meaning.items() if "action" in str(part)}
    assert actions == {
        "contrast": "drop", "topic": "flag", "outliers": "flag", "against": "off",
        "like": "drop", "similar": "drop",
    }  # fmt: skip


def test_a_build_embeds_nothing_unless_it_is_told_to(tmp_path: Path, cache: Path) -> None:
    manifest = build([MEANING], out=tmp_path / "out")
    assert manifest.encoder is None
    assert manifest.counts.dropped == {}
    assert not cache.exists()


def test_a_build_filters_and_splits(tmp_path: Path) -> None:
    told = overridden(config_with(**ALL), {"split.test": 0.3})
    counts = build([MEANING], out=tmp_path / "out", config=told).counts
    assert counts.dropped == {reason: len(rows) for reason, rows in PLANTED.items()}
    assert counts.splits.keys() == {"train", "test"}
    assert verify(tmp_path / "out").problems == ()


def test_a_filter_looks_at_what_those_before_it_left(tmp_path: Path, write: Write) -> None:
    pancakes = "Whisk two eggs with milk and flour, and fry thin pancakes in a hot pan with butter"
    both = {
        "prompt": "How do I change a flat tyre?",
        "chosen": f"{pancakes}.",
        "rejected": f"{pancakes}!",
    }
    rows = [
        both,
        {"prompt": "How do I make pancakes?", "chosen": pancakes, "rejected": "Buy some."},
    ]
    manifest = embed_filter([write("a.jsonl", rows)], out=tmp_path / "out", config=config(
        contrast={"action": "drop"}, topic={"action": "drop"}
    ))  # fmt: skip
    assert manifest.counts.dropped == {"no-contrast": 1}
    said = manifest.remarks["not-judged"]  # one row was left: there is no other prompt
    assert "topic: none of 1 rows" in said


@pytest.mark.parametrize("threshold", ["10%", "3%"])
def test_no_more_than_a_share_goes(threshold: str, write: Write, tmp_path: Path) -> None:
    made = talk(90)
    plain = [{name: re.sub(r"[\d.]", "", str(text)) for name, text in row.items()} for row in made]
    rows = [write("a.jsonl", made)]
    without_numbers = [write("plain.jsonl", plain)]  # numbers tell pairs apart
    share = float(threshold[:-1]) / 100
    for section in ("contrast", "topic", "outliers", "similar"):
        more = {"words": 3, "similar": 1} if section == "topic" else {}
        told = config("ngrams", **{section: {"action": "drop", "threshold": threshold, **more}})
        told = overridden(told, {"near.action": "off"})
        read = without_numbers if section == "similar" else rows
        counts = embed_filter(read, out=tmp_path / section, config=told).counts
        assert counts.read == 90
        assert 0 < sum(counts.dropped.values()) <= share * 90, section


def small_parts(**meaning: Any) -> BuildConfig:
    told = config("ngrams", **meaning)
    changes = {"read.segment_bytes": 65_536, "read.block_bytes": 16_384, "near.action": "off"}
    return overridden(told, changes)


@pytest.fixture
def everything_on() -> BuildConfig:
    return small_parts(
        contrast={"action": "drop", "threshold": 0.85},
        topic={"action": "flag", "threshold": "5%", "words": 3},
        outliers={"action": "drop", "threshold": "0.01%"},  # less than a row
        like={"drop": [str(SPAM)], "drop_threshold": "1%"},
        similar={"action": "drop", "threshold": 0.7, "on": "prompt", "keep": "margin"},
    )


def test_workers_and_caches_change_no_byte(
    everything_on: BuildConfig, write: Write, tmp_path: Path, cache: Path
) -> None:
    sources = [write("a.jsonl", talk(400)), write("b.jsonl", talk(300, seed=9))]
    first = embed_filter(sources, out=tmp_path / "first", config=everything_on, workers=1)
    assert len(first.counts.dropped) > 2
    stored = files_of(cache)
    assert stored
    embed_filter(sources, out=tmp_path / "warm", config=everything_on, workers=1)
    assert files_of(cache).keys() == stored.keys()  # nothing was embedded anew
    cold = overridden(everything_on, {"encoder.cache": str(tmp_path / "another")})
    embed_filter(sources, out=tmp_path / "cold", config=everything_on, workers=2)
    embed_filter(sources, out=tmp_path / "elsewhere", config=cold, workers=2)
    expected = files_of(tmp_path / "first")
    assert files_of(tmp_path / "warm") == expected
    assert files_of(tmp_path / "cold") == expected
    written = {
        "README.md",
        "manifest.json",
        "manifest.json.sha256",
    }  # the config, and with it the cache, is named there
    data = {name: print_of for name, print_of in expected.items() if name not in written}
    assert data.items() <= files_of(tmp_path / "elsewhere").items()


def test_nothing_is_kept_where_nothing_is_to_be_kept(tmp_path: Path, cache: Path) -> None:
    told = overridden(config("ngrams", contrast={"action": "drop"}), {"encoder.cache_bytes": 0})
    embed_filter([MEANING], out=tmp_path / "out", config=told)
    assert not [path for path in cache.rglob("*") if path.is_file()]


@pytest.mark.parametrize("steps", range(5))
def test_a_run_that_ended_between_steps_goes_on_to_the_same_bytes(
    steps: int,
    everything_on: BuildConfig,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, out = write("a.jsonl", talk(200)), tmp_path / "out"
    embed_filter([source], out=tmp_path / "undisturbed", config=everything_on)
    finished = []

    def ending(folder: Path, found: Any) -> Any:
        if len(finished) == steps:
            raise RunError("the end")
        finished.append(found.reason)
        return written(folder, found)

    written = step.write_filter_result
    monkeypatch.setattr(step, "write_filter_result", ending)
    with pytest.raises(RunError, match="the end"):
        embed_filter([source], out=out, config=everything_on)
    assert not out.exists()
    again: list[str] = []
    monkeypatch.setattr(
        step, "write_filter_result", lambda *a: (again.append(a[1].reason), written(*a))[1]
    )
    embed_filter([source], out=out, config=everything_on)
    assert len(again) == 5 - steps
    assert not {*again} & {*finished}
    assert files_of(out) == files_of(tmp_path / "undisturbed")


def test_a_filter_that_is_changed_is_done_anew_and_embeds_nothing(
    tmp_path: Path, cache: Path
) -> None:
    out = tmp_path / "out"
    strict, loose = (
        config("ngrams", contrast={"action": "drop", "threshold": t}) for t in (0.8, 1)
    )
    assert embed_filter([MEANING], out=out, config=strict).counts.dropped == {"no-contrast": 2}
    stored = files_of(cache).keys()
    assert embed_filter([MEANING], out=out, config=loose, force=True).counts.dropped == {}
    assert files_of(cache).keys() == stored


NOBODY = "/nowhere/no-such-model"


def test_an_encoder_that_cannot_be_had_is_said_before_any_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(*_: object) -> None:
        raise AssertionError("a source was read")

    monkeypatch.setattr("prefdata.pipeline.stages.prepare.ingest", read)
    with pytest.raises(ModelError, match=NOBODY):
        embed_filter([MEANING], out=tmp_path / "out", config=config(NOBODY))
    assert not (tmp_path / "out").exists()


def test_examples_are_read_first_and_what_cannot_be_read_of_them_is_told(
    tmp_path: Path, write: Write
) -> None:
    examples = write("examples.jsonl", [{"text": "Buy cheap likes."}, "{broken", {"text": " "}])
    like = {"drop": [str(examples)]}
    manifest = embed_filter([MEANING], out=tmp_path / "out", config=config("ngrams", like=like))
    assert "1 of 3 rows could not be read" in manifest.remarks["examples"]
    assert "1 of 3 rows have no prompt" in manifest.remarks["examples"]
    with pytest.raises(SourceError, match=r"nowhere\.jsonl"):
        like = {"keep": [str(tmp_path / "nowhere.jsonl")]}
        embed_filter([MEANING], out=tmp_path / "no", config=config("ngrams", like=like))
    with pytest.raises(SourceError, match=r"semantic\.like\.field"):
        like = {"keep": [str(examples)], "field": "words"}
        embed_filter([MEANING], out=tmp_path / "no", config=config("ngrams", like=like))


BLANK = [
    {"prompt": "Why is it so?", "chosen": "", "rejected": "Nobody knows why it is so."},
    {"prompt": "When is it?", "chosen": "Now it is, and not then.", "rejected": " \u3000\n"},
    {
        "prompt": "How is it made?",
        "chosen": "By hand, and slowly.",
        "rejected": "By hand and slowly!",
    },
]


@pytest.mark.parametrize("encoder", ["ngrams", "multilingual"])
def test_blank_texts_are_flagged_and_kept(encoder: str, write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = config(
        encoder,
        contrast={"action": "drop", "threshold": -1},  # all that can be judged goes
        outliers={"action": "flag", "neighbours": 1, "threshold": 1},
        similar={"action": "drop"},
    )
    told = overridden(told, {"check.rules": {"empty-completion": "off"}})
    counts = embed_filter([write("a.jsonl", BLANK)], out=out, config=told).counts
    assert (counts.read, counts.kept, counts.balance()) == (3, 2, 0)
    assert counts.flagged == {"not-embedded": 2, "outlier": 2}
    flags = scan_ledger(out).collect().sort("row")["flags"].to_list()
    evidence = [f["evidence"] for of_row in flags for f in of_row if f["reason"] == "not-embedded"]
    assert evidence == ["chosen is blank", "rejected is blank"]
    assert verify(out).problems == ()


def rows_of(kind: str) -> list[dict[str, Any]]:
    one = talk(2)[1]
    return {"one": [one], "none left": [one | {"rejected": one["chosen"]}], "all": [one] * 6}[kind]


@pytest.mark.parametrize(
    ("kind", "kept"), [("one", 1), ("none left", 0), ("all", 1)]
)  # fmt: skip
@pytest.mark.parametrize("encoder", ["ngrams", "multilingual"])
def test_few_rows(kind: str, kept: int, encoder: str, write: Write, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = config_with(encoder=encoder, **ALL)
    counts = embed_filter([write("a.jsonl", rows_of(kind))], out=out, config=told).counts
    assert (counts.kept, counts.balance()) == (kept, 0)
    assert verify(out).problems == ()


SAID = "Blot it at once with a clean cloth, cover the stain with salt, wait and rinse it."
AGAIN = [
    {
        "prompt": "How do I get red wine out of a tablecloth?",
        "chosen": SAID,
        "rejected": "Burn it at once and buy another.",
        "margin": 1.0,
    },
    {
        "prompt": "How do I get red wine out of the tablecloth?",
        "chosen": f"Well: {SAID}",
        "rejected": "Burn it at once, and buy another one.",
        "margin": 2.0,
    },
]


@pytest.mark.parametrize(
    ("keep", "kept"), [("first", 0), ("longest", 1), ("margin", 1), ("source", 1)]
)
def test_who_stays(keep: str, kept: int, write: Write, tmp_path: Path) -> None:
    sources = [write(name, [row]) for name, row in zip(("a.jsonl", "b.jsonl"), AGAIN, strict=True)]
    similar = {"action": "drop", "threshold": 0.5, "keep": keep}
    similar |= {"prefer": ["*b.jsonl"]} if keep == "source" else {}
    told = overridden(config("ngrams", similar=similar), {"near.action": "off"})
    embed_filter(sources, out=tmp_path / "out", config=told)
    lines = scan_ledger(tmp_path / "out").collect().sort("row")
    assert lines["verdict"].to_list() == ["keep" if row == kept else "drop" for row in (0, 1)]
    assert lines["other"][1 - kept] == kept
    assert verify(tmp_path / "out").problems == ()


@pytest.mark.parametrize("encoder", ["ngrams", "multilingual"])
def test_a_contradiction_is_no_duplicate(encoder: str, write: Write, tmp_path: Path) -> None:
    crossed = {**AGAIN[1], "chosen": AGAIN[1]["rejected"], "rejected": AGAIN[1]["chosen"]}
    similar = {"action": "drop", "threshold": -0.5}  # far below what either way round comes to
    changes = {"near.action": "off"}
    for name, rows, kept in (("same", AGAIN, 1), ("crossed", [AGAIN[0], crossed], 2)):
        told = overridden(config(encoder, similar=similar), changes)
        out = tmp_path / name
        assert (
            embed_filter([write(f"{name}.jsonl", rows)], out=out, config=told).counts.kept == kept
        )


def test_prompts_alone_may_differ_in_nothing_but_words(tmp_path: Path) -> None:
    similar = {"action": "drop", "on": "prompt"}
    embed_filter([MEANING], out=tmp_path / "out", config=config(similar=similar))
    found = places(tmp_path / "out", "semantic-duplicate")
    assert found == of("said_again", [2, 5])  # and no capital of another country


def test_hostile_texts_are_filtered_like_others(write: Write, tmp_path: Path) -> None:
    odd = ["\x00", "\x1b[2J", "[/bold]", "\u202e", "a\ud800b", "é" * 9, "🙂 " * 40, "x" * 70_000]
    rows = [
        json.dumps({"prompt": f"{text} {n}?", "chosen": f"so {text}", "rejected": text * 2})
        for n, text in enumerate(odd)
    ]
    told = overridden(
        config("ngrams", contrast={"action": "flag"}, similar={"action": "drop"}),
        {"near.action": "off"},
    )
    manifest = embed_filter([write("a.jsonl", rows)], out=tmp_path / "out", config=told)
    assert (manifest.counts.read, manifest.counts.balance()) == (len(odd), 0)
    assert verify(tmp_path / "out").problems == ()


@pytest.mark.parametrize(
    "changes",
    [
        {"semantic.contrast.threshold": 0.99},
        {"semantic.contrast.action": "flag"},
        {"semantic.like.drop": (str(EVALUATION),)},
        {"encoder.name": "multilingual"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_an_ended_run_found_with_another_config_is_not_taken_over(
    changes: dict[str, Any],
    everything_on: BuildConfig,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source, changed = write("a.jsonl", talk(60)), overridden(everything_on, changes)

    def ended(*_: object) -> None:
        raise RunError("the end")

    with monkeypatch.context() as patch:
        patch.setattr("prefdata.pipeline.build.write_ledger", ended)
        with pytest.raises(RunError, match="the end"):
            embed_filter([source], out=tmp_path / "out", config=everything_on)
    for name in ("out", "undisturbed"):
        embed_filter([source], out=tmp_path / name, config=changed)
    assert files_of(tmp_path / "out") == files_of(tmp_path / "undisturbed")
