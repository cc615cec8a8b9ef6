from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sound_pairs import Write

from prefdata.io.files.ledger import scan_ledger
from prefdata.pipeline.build import build

FILES = ("train.jsonl", "test.jsonl", "dev.jsonl", "more.jsonl")
WORDS = ("river", "lamp", "stone", "walk", "quiet", "bread", "cloud", "paper", "glass", "salt")
FORMS = (str, str.upper, lambda text: f"{text}!", lambda text: text.replace(" ", "  "))


def text(seed: int, form: int) -> str:
    """One of a few texts, in one of a few forms."""
    drawn = random.Random(seed)
    return FORMS[form](" ".join(drawn.choices(WORDS, k=24)))


@st.composite
def pairs(draw: st.DrawFn) -> dict[str, Any]:
    """A pair of few texts, so that many are equal, alike, or contradict each other."""
    prompt, form = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    better, worse = draw(st.permutations(range(10, 14)))[:2]
    sides = [text(side, draw(st.integers(0, 1))) for side in (better, worse)]
    margin = draw(st.sampled_from([None, 0.5, 2.0]))
    return {"prompt": text(prompt, form), "chosen": sides[0], "rejected": sides[1]} | (
        {} if margin is None else {"margin": margin}
    )


configs = st.fixed_dictionaries(
    {
        "split": st.fixed_dictionaries(
            {"near": st.sampled_from([0.0, 0.7]), "first_turn": st.booleans()}
        ),
        "exact": st.fixed_dictionaries({"identical": st.sampled_from(["drop", "flag"])}),
        "labels": st.fixed_dictionaries(
            {
                "conflict": st.sampled_from(
                    ["drop-all", "keep-majority", "keep-margin", "keep-first", "flag"]
                ),
                "cycles": st.sampled_from(["drop", "flag", "off"]),
            }
        ),
        "near": st.fixed_dictionaries(
            {
                "action": st.sampled_from(["drop", "drop", "flag", "off"]),
                "on": st.sampled_from(["pair", "prompt", "completion"]),
                "keep": st.sampled_from(["first", "longest", "margin"]),
                "drop": st.sampled_from(["form", "similar"]),
            }
        ),
        "semantic": st.fixed_dictionaries(
            {
                "similar": st.fixed_dictionaries(
                    {
                        "action": st.sampled_from(["drop", "flag", "off"]),
                        "on": st.sampled_from(["pair", "prompt"]),
                        "keep": st.sampled_from(["first", "longest", "margin"]),
                    }
                )
            }
        ),
        "encoder": st.just({"name": "ngrams", "cache_bytes": 0}),
    }
)


def fates(
    folder: Path, files: dict[str, Sequence[dict[str, Any]]], config: dict[str, Any], write: Write
) -> dict[tuple[str, int], tuple[str, str | None]]:
    """Verdict and split of each row, by source and line."""
    out = folder / "out"
    sources = [write(name, rows) for name, rows in files.items() if rows]
    build(sources, out=out, config=config, force=True)
    lines = scan_ledger(out).select("source", "source_row", "verdict", "split").collect()
    return {(source, row): (verdict, split) for source, row, verdict, split in lines.iter_rows()}


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.fixed_dictionaries({name: st.lists(pairs(), max_size=18) for name in FILES}),
    st.permutations(FILES),
    configs,
)
def test_whatever_else_is_read_the_rows_of_a_test_split_have_the_same_fate(
    write: Write,
    tmp_path: Path,
    drawn: dict[str, list[dict[str, Any]]],
    order: list[str],
    config: dict[str, Any],
) -> None:
    # rows like no others, so that there is always something to train on, and a test split
    files = {
        name: [*drawn[name], *([sound] if name in ("train.jsonl", "test.jsonl") else [])]
        for name, sound in zip(order, map(unlike, range(4)), strict=True)
    }
    together = fates(tmp_path, files, config, write)
    alone = fates(
        tmp_path, {"train.jsonl": files["train.jsonl"][-1:], "test.jsonl": files["test.jsonl"]},
        config, write,
    )  # fmt: skip
    for row in range(1, len(files["test.jsonl"]) + 1):
        place = "test.jsonl", row
        assert together[place] == alone[place]
        assert together[place] in {("keep", "test"), ("drop", None)}


def unlike(number: int) -> dict[str, Any]:
    return {
        "prompt": f"What is {number * 7919} plus one?",
        "chosen": f"It is {number * 7919 + 1}, of course.",
        "rejected": f"Nobody has ever known what follows {number}.",
    }
