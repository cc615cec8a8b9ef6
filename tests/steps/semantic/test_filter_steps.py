"""The semantic filters beside what they are to do, written out slowly."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from filtered_rows import remaining

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.open import open_encoder
from prefdata.io.files.shards import read_table, write_table
from prefdata.steps.semantic.filter_result import FilterResult, write_filter_result
from prefdata.steps.semantic.like_given import (
    find_like_examples,
    find_semantic_overlap,
    find_unlike_examples,
)
from prefdata.steps.semantic.off_topic import find_off_topic
from prefdata.steps.semantic.outliers import find_outliers
from prefdata.steps.semantic.same_meaning import find_near_misses, find_same_meaning
from prefdata.steps.semantic.without_contrast import find_without_contrast
from prefdata.steps.verdict_tables import VERDICT_SCHEMA, Tables

WORDS = (
    "bread",
    "sea",
    "violin",
    "owl",
    "bridge",
    "why",
    "how",
    "never",
    "salt",
    "wind",
    "水",
    "桥",
)
NEAR = 3e-3  # vectors are kept as float16


def vectors(texts: list[str]) -> np.ndarray:
    return open_encoder(EncoderConfig(name="ngrams")).encode(texts).vectors


def rows_of(count: int, seed: int = 1, **more: Any) -> list[dict[str, Any]]:
    """Rows of a few words each, many of them like one another."""
    rng = random.Random(seed)
    said = [" ".join(rng.choices(WORDS, k=7)) for _ in range(max(count // 3, 2))]

    def text() -> str:
        words = rng.choice(said).split()
        words[rng.randrange(len(words))] = rng.choice(WORDS)
        return " ".join(words)

    return [
        {"prompt": f"{text()} {n % 5}?", "chosen": text(), "rejected": f"{text()}!", **more}
        for n in range(count)
    ]


ROWS = rows_of(60)


def test_contrast_is_the_cosine_of_the_completions(tmp_path: Path) -> None:
    found = find_without_contrast(remaining(tmp_path, ROWS))
    chosen, rejected = (vectors([row[side] for row in ROWS]) for side in ("chosen", "rejected"))
    is_same = np.array([sorted(r["chosen"]) == sorted(r["rejected"][:-1]) for r in ROWS])
    expected = (chosen * rejected).sum(axis=1)
    np.testing.assert_allclose(found.values[~is_same], expected[~is_same], atol=NEAR)
    assert found.rows.tolist() == list(range(len(ROWS)))


@pytest.mark.parametrize("neighbours", [1, 4])
def test_an_outlier_is_far_from_its_nearest_prompts(neighbours: int, tmp_path: Path) -> None:
    outliers = {"action": "drop", "neighbours": neighbours, "threshold": "10%"}
    rows = [*ROWS, {**ROWS[0], "prompt": "ZXQ ///// 7788 @@"}]
    found = find_outliers(remaining(tmp_path, rows, outliers=outliers))
    different = vectors(list(dict.fromkeys(row["prompt"] for row in rows)))
    alike = vectors([row["prompt"] for row in rows]) @ different.T
    nearest = np.sort(alike, axis=1)[:, ::-1][:, 1 : neighbours + 1]  # the first is itself
    np.testing.assert_allclose(found.values, nearest.mean(axis=1), atol=NEAR)
    assert found.is_taken[-1]
    assert 0 < found.is_taken.sum() <= 6


def test_prompts_that_are_too_few_are_not_judged(tmp_path: Path) -> None:
    same = [{**row, "prompt": ROWS[n % 2]["prompt"]} for n, row in enumerate(ROWS[:9])]
    outliers = {"action": "drop", "neighbours": 2, "threshold": 1}
    found = find_outliers(remaining(tmp_path, same, outliers=outliers))
    assert (found.count, len(found.is_taken)) == (0, 0)
    assert list(found.passed_by.values()) == [9]


GIVEN = ["bread sea violin", "桥 水 owl", "what nobody has asked", "How is it?"]


def nearest_of(texts: list[str]) -> np.ndarray:
    return (vectors(texts) @ vectors(GIVEN).T).max(axis=1)


def test_an_overlap_is_with_the_prompt_or_its_last_turn(tmp_path: Path) -> None:
    turns = [{"role": "user", "content": "owl owl owl"}, {"role": "assistant", "content": "Yes."}]
    last = {"role": "user", "content": "What nobody has asked!"}
    rows = [*ROWS, {**ROWS[0], "prompt": [*turns, last]}]
    against = {"action": "flag", "threshold": 0.5}
    found = find_semantic_overlap(remaining(tmp_path, rows, given=GIVEN, against=against))
    np.testing.assert_allclose(
        found.values[:-1], nearest_of([row["prompt"] for row in ROWS]), atol=NEAR
    )
    np.testing.assert_array_equal(found.is_taken, found.values >= 0.5)
    assert found.is_taken[-1]
    evidence = found.evidence(len(ROWS))
    assert "last turn" in evidence
    assert 'given.jsonl:3, "what nobody has asked"' in evidence


@pytest.mark.parametrize("of", ["prompt", "chosen", "rejected"])
def test_examples_are_compared_with_one_text_of_a_row(of: str, tmp_path: Path) -> None:
    like = {"of": of, "keep_threshold": 0.3, "drop_threshold": 0.6}
    rows = remaining(tmp_path, ROWS, given=GIVEN, like=like)
    keep, drop = find_unlike_examples(rows), find_like_examples(rows)
    expected = nearest_of([row[of] for row in ROWS])
    for found in (keep, drop):
        np.testing.assert_allclose(found.values, expected, atol=NEAR)
    np.testing.assert_array_equal(keep.is_taken, keep.values <= 0.3)
    np.testing.assert_array_equal(drop.is_taken, drop.values >= 0.6)
    assert (keep.side, drop.side) == ("below", "above")


def test_rows_without_the_text_in_question_are_not_judged(tmp_path: Path) -> None:
    blank = {**ROWS[0], "chosen": " "}
    like = {"of": "chosen", "drop_threshold": -1}
    rows = remaining(
        tmp_path, [*ROWS[:3], blank, *ROWS[4:6]], given=GIVEN, like=like,
        contrast={"action": "drop", "threshold": -1}, topic={"action": "drop", "threshold": 1},
    )  # fmt: skip
    for find in (find_like_examples, find_without_contrast, find_off_topic):
        assert find(rows).rows.tolist() == [0, 1, 2, 4, 5]
    assert find_semantic_overlap(rows).rows.tolist() == [0, 1, 2, 3, 4, 5]


def leaders_of(rows: list[dict[str, Any]], order: list[int], threshold: float) -> dict[int, int]:
    """Row to the most similar of those that stay, for each that goes: one after the other."""
    parts = [vectors([row[part] for row in rows]) for part in ("prompt", "chosen", "rejected")]
    alike = np.minimum.reduce([part @ part.T for part in parts])
    stays: list[int] = []
    goes = {}
    for row in order:
        near = [(alike[row, other], -n) for n, other in enumerate(stays)]
        if near and max(near)[0] >= threshold:
            goes[row] = stays[-max(near)[1]]
        else:
            stays.append(row)
    return goes


def copies(count: int) -> list[dict[str, Any]]:
    """Rows of which many say the same again, with a word replaced."""
    rng = random.Random(8)
    rows = rows_of(count)
    for n in range(1, count):
        if rng.random() < 0.6:
            rows[n] = {k: f"{v} {rng.choice(WORDS)}" for k, v in rows[rng.randrange(n)].items()}
    return [row | {"margin": round(rng.uniform(0.1, 2), 4)} for row in rows]


@pytest.mark.parametrize("keep", ["first", "margin", "longest"])
def test_duplicates_name_a_row_that_stays(keep: str, tmp_path: Path) -> None:
    rows = copies(50)
    lengths = [sum(len(row[p].encode()) for p in ("prompt", "chosen", "rejected")) for row in rows]
    order = {
        "first": range(50),
        "margin": sorted(range(50), key=lambda n: (-rows[n]["margin"], n)),
        "longest": sorted(range(50), key=lambda n: (-lengths[n], n)),
    }[keep]
    similar = {"action": "drop", "threshold": 0.72, "keep": keep}
    found = find_same_meaning(remaining(tmp_path, rows, similar=similar))
    assert found.others is not None
    named = dict(zip(found.rows.tolist(), found.others.tolist(), strict=True))
    expected = leaders_of(rows, list(order), 0.72)
    assert len(expected) > 10
    assert named.keys() == expected.keys()
    assert not named.keys() & set(named.values())
    assert found.count == 50


@pytest.mark.parametrize(("share", "most"), [("1%", 0), ("2%", 1), ("10%", 5), ("99%", 49)])
def test_a_share_of_duplicates_is_never_exceeded(share: str, most: int, tmp_path: Path) -> None:
    rows = remaining(tmp_path, copies(50), similar={"action": "drop", "threshold": share})
    found = find_same_meaning(rows)
    taken = found.values[found.is_taken]
    assert min(most, 1) <= len(taken) <= most
    assert (taken >= found.threshold).all()


def test_near_misses_change_nothing_of_what_goes(tmp_path: Path) -> None:
    rows = remaining(tmp_path, copies(50), similar={"action": "drop", "threshold": 0.8})
    found, wider = find_same_meaning(rows), find_near_misses(rows)
    assert len(wider.rows) > len(found.rows) > 3
    assert wider.rows.tolist() == sorted(wider.rows.tolist())
    assert wider.rows[wider.is_taken].tolist() == found.rows[found.is_taken].tolist()
    assert wider.others is not None
    for place in range(len(wider.rows)):
        said = wider.evidence(place)
        assert f"similarity {wider.values[place]:.3f} to row {wider.others[place]} " in said
        assert "threshold 0.800" in said


SAID = "Whisk two eggs with milk and flour, let the batter rest, and fry thin pancakes in butter."
OFF = {
    "prompt": "How do I change a flat bicycle tyre?",
    "chosen": SAID,
    "rejected": "Take the wheel of the bicycle off, change the flat tyre, and put it back again.",
}


@pytest.mark.parametrize(
    ("of", "row", "taken"),
    [
        ("chosen", OFF, True),
        ("rejected", OFF, False),
        ("either", OFF, True),
        ("both", OFF, False),
        ("both", OFF | {"rejected": f"Pancakes! {SAID}"}, True),
        ("rejected", OFF | {"rejected": f"Pancakes! {SAID}"}, True),
        ("chosen", OFF | {"chosen": "Pancakes."}, False),  # too short to have a topic
        ("chosen", OFF | {"chosen": f"I'm sorry, but I can't help with that. {SAID * 3}"}, False),
    ],
)
def test_which_completion_must_be_off_topic(
    of: str, row: dict[str, Any], taken: bool, tmp_path: Path
) -> None:
    others = [{**OFF, "prompt": "How do I fry thin pancakes of eggs, milk and flour in butter?"}]
    topic = {"action": "drop", "of": of, "threshold": -0.05, "words": 5}
    found = find_off_topic(remaining(tmp_path, [row, *others, *ROWS[:5]], topic=topic))
    assert found.is_taken[found.rows == 0].tolist() == [taken]
    if taken and of != "both":  # of both, the one that is less so
        side = "rejected" if of == "rejected" else "chosen"
        assert f"similarity of {side} to its prompt" in found.evidence(0)


def found_of(values: list[float], threshold: float) -> FilterResult:
    return FilterResult(
        reason="outlier", measure="m", action="flag", threshold=threshold, side="below",
        rows=np.arange(4, 4 + len(values)), values=np.array(values, np.float32),
        is_taken=np.array([value <= threshold for value in values], np.bool_),
        evidence=lambda i: f"value {i}", others=np.arange(len(values)) - 1, passed_by={"so": 2},
    )  # fmt: skip


def test_what_was_found_is_written_row_by_row(tmp_path: Path) -> None:
    summary = write_filter_result(tmp_path, found_of([0.1, 0.9, 0.2], 0.5))
    table = pl.concat(pl.DataFrame(b) for b in read_table(tmp_path / "verdicts.arrow"))
    assert table.drop("sentence").rows() == [
        (4, "flag", "outlier", "value 0", None),
        (6, "flag", "outlier", "value 2", 1),
    ]
    assert summary.counts == {"flag:outlier": 2}
    assert (summary.threshold, summary.examined, summary.passed_by) == (0.5, 3, {"so": 2})


@pytest.mark.parametrize("values", [[], [0.9]])
def test_nothing_found_is_written_too(values: list[float], tmp_path: Path) -> None:
    summary = write_filter_result(tmp_path, found_of(values, float("nan")))
    assert (summary.threshold, summary.examined, summary.counts) == (None, len(values), {})
    assert sum(b.num_rows for b in read_table(tmp_path / "verdicts.arrow")) == 0


def test_texts_come_with_their_rows_and_verdicts_take_rows_away(tmp_path: Path) -> None:
    rows = remaining(tmp_path, [*ROWS[:4], {**ROWS[4], "chosen": "  "}])
    said = dict(rows.each_text(np.array([4, 1, 4])))
    assert list(said) == [1, 4]
    assert {part: said[1][part] for part in ROWS[1]} == ROWS[1]
    assert said[4]["chosen"].strip() == ""
    table = tmp_path / "verdicts.arrow"
    lines = pl.DataFrame(
        {"row": [1, 2, 3], "verdict": ["drop", "flag", "drop"], "reason": ["x"] * 3,
         "evidence": [None] * 3, "other": [None] * 3, "sentence": [None] * 3},
        schema=pl.Schema(VERDICT_SCHEMA),
    )  # fmt: skip
    write_table(table, lines.to_arrow().cast(VERDICT_SCHEMA).to_batches(), VERDICT_SCHEMA)
    left = rows.after(Tables(tmp_path, (("a step", table),)))
    assert left.embedded.rows.tolist() == [0, 2, 4]
    assert rows.embedded.rows.tolist() == [0, 1, 2, 3, 4]


def test_what_no_text_says_is_seen_before_rows_are_called_duplicates(tmp_path: Path) -> None:
    row = {"prompt": "bread why sea", "chosen": "salt wind owl", "rejected": "never how bridge"}
    rows = [
        row | {"images": ["a.jpg"]},
        row | {"images": ["b.jpg"]},
        row | {"chosen": "salt wind owl 36"},
        row | {"chosen": "salt wind owl 39"},
    ]
    filtered = remaining(tmp_path, rows, similar={"action": "drop", "threshold": 0.5})
    found = find_same_meaning(filtered)
    assert found.rows.tolist() == [1, 2, 3]
    assert not found.is_taken.any()
    assert found.passed_by["numbers, names, negations or the like tell them apart"] == 3


def test_sides_that_call_differently_have_a_contrast(tmp_path: Path) -> None:
    def calling(name: str) -> list[dict[str, Any]]:
        call = {"type": "function", "function": {"name": name, "arguments": "{}"}}
        return [{"role": "assistant", "content": "bread and salt", "tool_calls": [call]}]

    asked = [{"role": "user", "content": "why salt"}]
    rows = [
        {"prompt": asked, "chosen": calling("look"), "rejected": calling("wait")},
        {"prompt": asked, "chosen": calling("look"), "rejected": calling("look")},
    ]
    found = find_without_contrast(remaining(tmp_path, rows))
    assert found.is_taken.tolist() == [False, True]
