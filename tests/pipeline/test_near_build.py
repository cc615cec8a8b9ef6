"""Near-duplicates through the whole build, beside a brute force over all pairs."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from sound_pairs import Write

from prefdata.config.load import config_of
from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline.build import build
from prefdata.pipeline.verify import verify
from prefdata.transforms.duplicates.shingles import shingles_of
from prefdata.transforms.duplicates.similarity import jaccard

ENGLISH = [f"{a}{b}" for a in ("ba", "ke", "lo", "mi", "nu", "pra") for b in ("d", "fen", "gol")]
CHINESE = [chr(0x4E00 + 7 * n) for n in range(400)]

Row = dict[str, Any]


def text_of(random: random.Random, *, chinese: bool) -> str:
    if chinese:
        return "".join(random.choices(CHINESE, k=random.randint(12, 60)))
    return " ".join(random.choices(ENGLISH, k=random.randint(6, 50)))


def edited(text: str, random: random.Random) -> str:
    """The text with a few words (or characters) replaced, and harmless changes."""
    units = text.split(" ") if " " in text else list(text)
    for _ in range(random.randint(0, max(1, len(units) // 12))):
        units[random.randrange(len(units))] = random.choice([*ENGLISH, "新"])
    joined = (" " if " " in text else "").join(units)
    return random.choice([joined, joined.upper(), f"{joined}.", f" {joined}"])


def corpus(count: int, seed: int) -> list[Row]:
    """Rows, near copies, near copies with swapped labels, and the same prompt answered anew."""
    rng = random.Random(seed)
    rows: list[Row] = []
    for number in range(count):
        chinese = number % 3 == 0
        kind = rng.random()
        if rows and kind < 0.35:
            base = rng.choice(rows)
            row = {part: edited(base[part], rng) for part in ("prompt", "chosen", "rejected")}
            if kind < 0.08:
                row["chosen"], row["rejected"] = row["rejected"], row["chosen"]
        else:
            row = {part: text_of(rng, chinese=chinese) for part in ("prompt", "chosen", "rejected")}
            if rows and kind < 0.45:
                row["prompt"] = rng.choice(rows)["prompt"]
        rows.append(row)
    return rows


def brute_force(rows: list[Row], threshold: float) -> dict[tuple[int, int], bool]:
    """Every two rows that are alike, and whether they are crossed."""
    sets = [
        [set(shingles_of(row[part], 3, 5)) for part in ("prompt", "chosen", "rejected")]
        for row in rows
    ]
    alike = {}
    for i, j in itertools.combinations(range(len(rows)), 2):
        (p, c, r), (q, d, s) = sets[i], sets[j]
        direct, crossed = (
            min(jaccard(c, d), jaccard(r, s)),
            min(jaccard(c, s), jaccard(r, d)),
        )
        if min(jaccard(p, q), max(direct, crossed)) >= threshold:
            alike[i, j] = crossed > direct
    return alike


def ledger_of(out: Path) -> pl.DataFrame:
    return scan_ledger(out).collect().sort("row")


def near(**more: object) -> Any:
    return config_of(
        {
            "read": {"segment_bytes": 65_536, "block_bytes": 16_384},
            "labels": {"conflict": "flag"},
            "near": {"threshold": 0.6, "drop": "similar", **more},
            "split": {"test": 0},
        }
    )


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return corpus(700, seed=4)


def test_what_brute_force_finds_is_found_and_nothing_else(
    rows: list[Row], write: Write, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    build([write("a.jsonl", rows)], out=out, config=near())
    alike = brute_force(rows, 0.6)
    assert len(alike) > 150
    assert len(set(alike.values())) == 2
    dropped = ledger_of(out).filter(pl.col("reason") == "near-duplicate")
    kept = set(ledger_of(out).filter(pl.col("verdict") == "keep")["row"])
    for row, other in dropped.select("row", "other").iter_rows():
        assert alike[min(row, other), max(row, other)] is False
        assert other in kept
    missed = [pair for pair, crossed in alike.items() if not crossed and {*pair} <= kept]
    assert len(missed) <= 0.01 * len(alike)
    is_conflict = pl.element().struct.field("reason").is_in(["near-conflict", "label-conflict"])
    flagged = pl.col("flags").list.eval(is_conflict).list.any()
    contradicted = ledger_of(out).filter(flagged)["row"]
    expected = {row for pair, crossed in alike.items() if crossed for row in pair} & kept
    assert expected <= {*contradicted}
    assert verify(out).problems == ()


@pytest.mark.parametrize("keep", ["longest", "margin", "source"])
def test_who_stays(keep: str, write: Write, tmp_path: Path) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    answer = {"prompt": text, "chosen": f"yes {text}", "rejected": f"no {text}"}
    first = write("a.jsonl", [answer | {"margin": 1.0}])
    second = write(
        "b.jsonl", [answer | {"rejected": f"No, {text}!", "margin": 2.0}]
    )  # the same words, more characters, a larger margin
    prefer = ["*b.jsonl"] if keep == "source" else []
    build([first, second], out=tmp_path / "out", config=near(keep=keep, prefer=prefer))
    lines = ledger_of(tmp_path / "out").select("verdict", "reason", "other").rows()
    assert lines == [("drop", "near-duplicate", 1), ("keep", None, None)]


@pytest.mark.parametrize(
    ("on", "dropped"), [("pair", set()), ("prompt", {1, 2}), ("completion", {3})]
)
def test_what_is_compared(on: str, dropped: set[int], write: Write, tmp_path: Path) -> None:
    ask = "what is the tallest mountain of the country in which you were born"
    rows = [
        {"prompt": ask, "chosen": "it is tall " * 4, "rejected": "I do not know this"},
        {"prompt": ask, "chosen": "snowdon in wales I think", "rejected": "everest, of course"},
        {"prompt": f"{ask}?", "chosen": "a hill really no more", "rejected": "none of them"},
        {"prompt": "and the sea?", "chosen": "it is tall " * 4, "rejected": "I do not know THIS"},
    ]
    build([write("a.jsonl", rows)], out=tmp_path / "out", config=near(on=on))
    assert {*ledger_of(tmp_path / "out").filter(pl.col("verdict") == "drop")["row"]} == dropped


def test_a_word_of_the_question_counts_where_answers_are_short(
    write: Write, tmp_path: Path
) -> None:
    passage = " ".join(f"fact{n}" for n in range(70))
    rows = [
        {"prompt": f"{passage}. Is it open on {day}?", "chosen": yes, "rejected": no}
        for day, yes, no in [
            ("Monday", "Yes", "No"),
            ("Tuesday", "No", "Yes"),
            ("MONDAY", "No.", "Yes."),
            ("Friday", "Yes", "No"),
        ]
    ]
    build([write("a.jsonl", rows)], out=tmp_path / "out")
    reasons = ledger_of(tmp_path / "out")["reason"].to_list()
    assert reasons == ["near-conflict", None, "near-conflict", None]


@pytest.mark.parametrize(
    ("policy", "reasons"),
    [
        ("drop-all", ["label-conflict", "label-conflict", "near-conflict"]),
        ("keep-first", [None, "label-conflict", "near-duplicate"]),
        ("keep-majority", ["label-conflict", "label-conflict", None]),
    ],
)
def test_what_is_nearly_a_contradicted_row_is_contradicted(
    policy: str, reasons: list[str | None], write: Write, tmp_path: Path
) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    row = {"prompt": text, "chosen": f"yes {text}", "rejected": f"no {text}"}
    swapped = row | {"chosen": row["rejected"], "rejected": row["chosen"]}
    nearly = row | {"chosen": f"yes {text} thirteen"}
    config = config_of({"labels": {"conflict": policy}, "near": {"drop": "similar"}})
    build([write("a.jsonl", [row, swapped, nearly])], out=tmp_path / "out", config=config)
    assert ledger_of(tmp_path / "out")["reason"].to_list() == reasons


def test_copies_that_were_left_in_share_the_fate_of_the_first(write: Write, tmp_path: Path) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve"
    row = {"prompt": text, "chosen": f"yes {text}", "rejected": f"no {text}"}
    shouted = row | {"chosen": row["chosen"].upper()}
    config = config_of({"exact": {"identical": "flag"}, "split": {"test": 0}})
    build([write("a.jsonl", [row, row, shouted, shouted])], out=tmp_path / "out", config=config)
    lines = ledger_of(tmp_path / "out").select("verdict", "reason", "other").rows()
    assert lines[:2] == [("keep", None, None)] * 2
    assert lines[2:] == [("drop", "near-duplicate", 0)] * 2


def test_workers_change_nothing(rows: list[Row], write: Write, tmp_path: Path) -> None:
    source = write("a.jsonl", rows)
    lines = []
    for workers in (1, 2):
        out = tmp_path / f"out{workers}"
        build([source], out=out, config=near(crowd=4), workers=workers)
        lines.append(ledger_of(out))
    assert lines[0].equals(lines[1])


def test_a_crowd_is_compared_in_the_end_or_reported(write: Write, tmp_path: Path) -> None:
    text = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen"
    rows = [
        {"prompt": f"{text} {n}", "chosen": f"yes {text}", "rejected": f"no {text} {n % 7}"}
        for n in range(500)
    ]
    manifest = build([write("a.jsonl", rows)], out=tmp_path / "out", config=near(crowd=4))
    kept = [rows[n] for n in ledger_of(tmp_path / "out").filter(verdict="keep")["row"]]
    assert not brute_force(kept, 0.6) or "uncompared" in manifest.remarks
    assert manifest.counts.kept < 20


@pytest.mark.parametrize("text", ["", "?", "a", "👍", "中", "a b", "\u200b", "x" * 100_000])
def test_texts_shorter_than_a_shingle_and_longer_than_any(
    text: str, write: Write, tmp_path: Path
) -> None:
    config = config_of({"check": {"rules": {"empty-completion": "off", "empty-prompt": "off"}}})
    rows = [
        {"prompt": text, "chosen": text, "rejected": "something else"},
        {"prompt": f"{text} ", "chosen": text, "rejected": "Something else!"},
        {"prompt": "other", "chosen": "words", "rejected": "entirely"},
    ]
    build([write("a.jsonl", rows)], out=tmp_path / "out", config=config)
    assert ledger_of(tmp_path / "out")["reason"].to_list() == [None, "near-duplicate", None]


def test_a_system_message_that_many_share_does_not_make_prompts_alike(
    write: Write, tmp_path: Path
) -> None:
    system = {"role": "system", "content": " ".join(f"rule{n}" for n in range(80))}

    def row(question: str, answer: str) -> Row:
        prompt = [system, {"role": "user", "content": question}]
        sides = {"chosen": f"yes {answer}", "rejected": f"no {answer}"}
        return {"prompt": prompt} | {
            side: [{"role": "assistant", "content": text}] for side, text in sides.items()
        }

    alone = row("", "never") | {"prompt": [system]}
    rows = [
        row("where does the red river begin", "in the hills"),
        row("who painted the old town hall in oil", "a painter"),
        row("Where does the RED river begin?", "among the rocks of the north"),
        alone,
        alone | {"chosen": [{"role": "assistant", "content": "something else"}]},
    ]
    build([write("a.jsonl", rows)], out=tmp_path / "out", config=near(on="prompt"))
    assert ledger_of(tmp_path / "out")["other"].to_list() == [None, None, 0, None, 3]


PASSAGE = (
    "Read the note from the lighthouse and say in a few words how its keeper feels about the fog: "
    "'Third week without a sail. I have painted the stairs, counted the gulls and written to "
    "everybody I know; the lamp and I talk in the evening.'"
)
CALM = "The keeper has come to terms with the fog and fills the days with small tasks and letters."
ANGRY = "The keeper is angry with the fog and wants to leave the lighthouse on the very next boat."


def fates(out: Path) -> list[tuple[str | None, list[str]]]:
    return [
        (line["reason"], [flag["reason"] for flag in line["flags"]])
        for line in ledger_of(out).iter_rows(named=True)
    ]


def test_an_instruction_that_turns_the_label_contradicts_nothing(
    write: Write, tmp_path: Path
) -> None:
    rows = [
        {"prompt": PASSAGE, "chosen": CALM, "rejected": ANGRY},
        {"prompt": f"Reply wrongly on purpose. {PASSAGE}", "chosen": ANGRY, "rejected": CALM},
    ]
    for policy in ("drop-all", "keep-first"):
        config = config_of({"labels": {"conflict": policy}})
        out = tmp_path / policy
        build([write("a.jsonl", rows)], out=out, config=config)
        assert fates(out) == [(None, ["near-conflict"])] * 2
    [flag] = ledger_of(out)["flags"][0].to_list()
    assert "nothing here, “reply wrongly on purpose” there" in flag["evidence"]


def test_the_same_row_in_another_form_is_a_contradiction_and_a_copy(
    write: Write, tmp_path: Path
) -> None:
    rows = [
        {"prompt": PASSAGE, "chosen": CALM, "rejected": ANGRY},
        {"prompt": PASSAGE.upper(), "chosen": f"**{ANGRY}**", "rejected": CALM.replace(" ", "  ")},
        {"prompt": PASSAGE, "chosen": CALM.replace("letters", "lettters"), "rejected": ANGRY},
    ]
    build([write("a.jsonl", rows)], out=tmp_path / "out")
    assert [reason for reason, _ in fates(tmp_path / "out")] == ["near-conflict"] * 3
    majority = config_of({"labels": {"conflict": "keep-majority"}})
    build([write("a.jsonl", rows)], out=tmp_path / "most", config=majority)
    assert [reason for reason, _ in fates(tmp_path / "most")] == [
        None,
        "near-conflict",
        "near-duplicate",
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("Third week", "Fourth week"),
        ("few words", "few verses"),
        ("I have painted", "I never painted"),
    ],
)
def test_one_word_more_than_form_keeps_a_row(
    before: str, after: str, write: Write, tmp_path: Path
) -> None:
    row = {"prompt": PASSAGE, "chosen": CALM, "rejected": ANGRY}
    rows = [row, row | {"prompt": PASSAGE.replace(before, after)}]
    build([write("a.jsonl", rows)], out=tmp_path / "out", config=near(drop="form"))
    assert fates(tmp_path / "out") == [(None, []), (None, ["near-duplicate"])]
    build([write("a.jsonl", rows)], out=tmp_path / "all", config=near())
    assert fates(tmp_path / "all")[1] == ("near-duplicate", [])


def test_copies_are_found_in_a_crowd_of_rows_that_differ_in_a_number(
    write: Write, tmp_path: Path
) -> None:
    rows = [
        {"prompt": f"{PASSAGE} Day {n}.", "chosen": CALM, "rejected": ANGRY} for n in range(200)
    ]
    rows += [row | {"prompt": row["prompt"].lower()} for row in rows[100:]]
    build([write("a.jsonl", rows)], out=tmp_path / "out", config=near(drop="form", crowd=4))
    lines = ledger_of(tmp_path / "out").filter(pl.col("verdict") == "drop")
    assert lines.select("row", "other").rows() == [(200 + n, 100 + n) for n in range(100)]


@pytest.mark.parametrize("on", ["pair", "prompt"])
def test_other_pictures_or_tools_make_other_rows(on: str, write: Write, tmp_path: Path) -> None:
    row = {"prompt": f"<image>{PASSAGE}", "chosen": CALM, "rejected": ANGRY}
    swapped = row | {"chosen": ANGRY, "rejected": CALM}
    shouted = row | {"prompt": row["prompt"].upper().replace("IMAGE", "image")}
    tools = [{"type": "function", "function": {"name": "look"}}]
    rows = [
        row | {"images": ["a.jpg"]},
        swapped | {"images": ["b.jpg"]},
        shouted | {"images": ["c.jpg"]},
        row | {"images": ["a.jpg"], "tools": tools},
        shouted | {"images": ["a.jpg"]},
    ]
    build([write("a.jsonl", rows)], out=tmp_path / "out", config=near(on=on, drop="form"))
    expected = [None, None, None, None, "near-duplicate"]
    assert ledger_of(tmp_path / "out")["reason"].to_list() == expected


def test_other_calls_make_other_rows(write: Write, tmp_path: Path) -> None:
    def calling(place: str) -> Row:
        call = {"type": "function", "function": {"name": "go", "arguments": place}}
        return {
            "prompt": [{"role": "user", "content": PASSAGE}],
            "chosen": [{"role": "assistant", "content": "", "tool_calls": [call]}],
            "rejected": [{"role": "assistant", "content": ANGRY}],
        }

    build([write("a.jsonl", [calling("Oslo"), calling("Rome")])], out=tmp_path / "out")
    assert fates(tmp_path / "out") == [(None, ["shared-prompt"])] * 2


def test_a_row_with_a_picture_that_overlaps_an_evaluation_prompt_is_only_flagged(
    write: Write, tmp_path: Path
) -> None:
    row = {"prompt": PASSAGE, "chosen": CALM, "rejected": ANGRY}
    source = write("a.jsonl", [row | {"images": ["a.jpg"]}, row])
    against = {"files": [str(write("eval.jsonl", [{"prompt": PASSAGE}]))]}
    build([source], out=tmp_path / "out", config=config_of({"against": against}))
    (first, flags), (second, _) = fates(tmp_path / "out")
    assert (first, second) == (None, "contaminated")
    assert "contaminated" in flags
