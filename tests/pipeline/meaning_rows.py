"""The sample data for the semantic filters, and what a ledger says of its rows."""

from __future__ import annotations

import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from prefdata.config.load import config_of
from prefdata.config.model import BuildConfig
from prefdata.io.files.ledger import scan_ledger

SAMPLES = Path(__file__).parents[2] / "sample_data"
MEANING, EVALUATION = SAMPLES / "meaning", SAMPLES / "eval"
SPAM = SAMPLES / "examples" / "spam.jsonl"

Places = set[tuple[str, int]]


def config(encoder: str = "multilingual", **semantic: object) -> BuildConfig:
    """A config with these sections of `semantic`, and nothing set aside for a test."""
    return config_of({"encoder": {"name": encoder}, "semantic": semantic, "split": {"test": 0}})


def places(out: Path, reason: str) -> Places:
    """The rows dropped or flagged for a reason: stem of the source, line."""
    lines = scan_ledger(out).collect().iter_rows(named=True)
    return {
        (Path(line["source"]).stem, line["source_row"])
        for line in lines
        if line["reason"] == reason or reason in {flag["reason"] for flag in line["flags"]}
    }


def of(stem: str, lines: Iterable[int]) -> Places:
    return {(stem, line) for line in lines}


SUBJECTS = ("bread", "bicycles", "tides", "violins", "tomatoes", "stamps", "owls", "bridges")
VERBS = ("bake", "mend", "watch", "tune", "grow", "collect", "feed", "build")


def talk(count: int, seed: int = 3) -> list[dict[str, Any]]:
    """Rows about a few subjects; some completions are about another one, some nearly the same."""
    rng = random.Random(seed)
    rows = []
    for number in range(count):
        subject, other = rng.sample(range(len(SUBJECTS)), 2)
        about = f"{VERBS[subject]} {SUBJECTS[subject]}"
        said = other if number % 9 == 0 else subject
        details = " ".join(rng.choices(VERBS + SUBJECTS, k=6))
        chosen = f"Most people who {VERBS[said]} {SUBJECTS[said]} begin early, with {details}."
        rejected = f"Never {about} at all {rng.random():.6f}"
        if number % 7 == 0:
            rejected = chosen.replace("Most people", "People mostly")
        rows.append(
            {
                "prompt": f"How does one {about} well in year {1000 + number}, with {details}?",
                "chosen": chosen,
                "rejected": rejected,
                "margin": round(rng.random(), 3),
            }
        )
    return rows
