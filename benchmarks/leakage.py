"""Does the split leak, does it stay as it was when rows are added, is contamination found?"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

from brute_force import jaccard, sets_of, true_prompt_pairs
from edits import WORD_EDITS, Pieces, Tongue, edited, tongues
from generate import DRAWS, Draws
from ledgers import Run, run_of
from planted import Planter, plant, read_key
from report import verdict

Values = dict[str, Any]

TOGETHER = 0.7  # prompts as alike as that stand in one split
APPENDED = 0.1
EVALUATION_PROMPTS = 500
CONTAMINATED = 0.1  # share of rows whose prompt comes from the evaluation set
EDITED = 0.1  # of the words of such a prompt, at most
RATE_STEPS = (0.0, 0.025, 0.05, 0.075)

# Nothing is dropped that looks alike, and half of the rows are test: what parts would show.
SPLIT_CONFIG = {
    "exact": {"identical": "flag"},
    "labels": {"conflict": "flag", "cycles": "flag"},
    "near": {"action": "flag"},
    "split": {"test": 0.5},
}


def measured_split(rows: int, prefdata: list[str], work: Path) -> Values:
    """Builds a file, then the same file and a tenth more, and compares the two."""
    first, more = work / f"split-{rows}.jsonl", work / f"split-{rows}-more.jsonl"
    added = int(rows * APPENDED)
    plant([(first, rows), (more, added)], seed=7)
    before = run_of(prefdata, "build", [first], SPLIT_CONFIG, work)
    after = run_of(prefdata, "build", [first, more], SPLIT_CONFIG, work)
    prompts = [row[0] for row in sets_of(first, rows) + sets_of(more, added)]
    pairs = true_prompt_pairs(prompts, TOGETHER)
    return {
        "rows": rows,
        "appended": added,
        "copies": _copies_together(first, prompts, after),
        "pairs_parted": [_parted(pairs, run) for run in (before, after)],
        "pairs": len(pairs),
        "moved": _moved(before, after),
        "left": len(before.kept() - after.kept()),
        "bridges": len(after.with_reason("bridges-splits")),
        "remarks": after.manifest.get("remarks", {}),
    }


def _copies_together(first: Path, prompts: list[frozenset[int]], run: Run) -> Values:
    """Near copies that stand on the side of their original: of all, and of those alike enough."""
    splits = run.splits()
    counts = {"all": [0, 0], "alike": [0, 0]}
    for line in read_key(first):
        row, of = line["row"], line["of"]
        if line["kind"].startswith("near") and row in splits and of in splits:
            is_together = splits[row] == splits[of]
            is_alike = jaccard(prompts[row], prompts[of]) >= TOGETHER
            for name in ("all", "alike")[: 1 + is_alike]:
                counts[name][0] += 1
                counts[name][1] += is_together
    return counts


def _parted(pairs: dict[tuple[int, int], float], run: Run) -> int:
    """Pairs of kept rows with prompts that alike, in different splits."""
    splits = run.splits()
    return sum(
        splits[low] != splits[high] for low, high in pairs if low in splits and high in splits
    )


def _moved(before: Run, after: Run) -> int:
    was, now = before.splits(), after.splits()
    return sum(was[row] != now[row] for row in was.keys() & now.keys())


def split_verdicts(values: Values) -> list[Values]:
    """What was asked of the split, and what was reached."""
    found = []
    for name, (copies, together) in values["copies"].items():
        share = together / copies if copies else 1.0
        reached = f"{share:.4f} ({together:,} of {copies:,})"
        least = 0.95 if name == "all" else 0.99
        what = f"split: near copies beside their original, {name}"
        found.append(verdict(what, f"≥ {least}", reached, share >= least))
    parted, again = values["pairs_parted"]
    what = f"split: of {values['pairs']:,} pairs of prompts ≥ {TOGETHER}, parted"
    found.append(verdict(what, "0", f"{parted}, with 10% more {again}", parted + again == 0))
    reached = f"{values['moved']} ({values['left']} rows left, {values['bridges']} bridges)"
    found.append(verdict("split: rows moved by 10% more", "0", reached, values["moved"] == 0))
    return found


def plant_contamination(rows: int, folder: Path) -> tuple[Path, Path, dict[int, Values]]:
    """A corpus, an evaluation set, and which rows of the corpus come from it, how edited."""
    corpus, evaluation = folder / f"contaminated-{rows}.jsonl", folder / f"evaluation-{rows}.jsonl"
    draws = Draws(11)
    spoken = tongues(draws)
    prompts = [_evaluation_prompt(spoken, draws) for _ in range(EVALUATION_PROMPTS)]
    _write(evaluation, [{"prompt": tongue.text(pieces)} for tongue, pieces in prompts])
    lines, planted = [], {}
    for number, row in enumerate(islice(Planter(13, 0.15).rows(), rows)):
        prompt, chosen, rejected = row.pair()
        is_planted, which, around, rate = draws.take(4).tolist()
        if row.kind == "new" and is_planted < CONTAMINATED * DRAWS:
            tongue, pieces = prompts[which % len(prompts)]
            prompt, planted[number] = _overlapping(
                tongue, pieces, rate / DRAWS * EDITED, bool(around % 2), draws
            )
        lines.append({"prompt": prompt, "chosen": chosen, "rejected": rejected})
    _write(corpus, lines)
    return corpus, evaluation, planted


def _evaluation_prompt(spoken: tuple[Tongue, Tongue], draws: Draws) -> tuple[Tongue, Pieces]:
    head, length = draws.take(2).tolist()
    tongue = spoken[head < DRAWS // 4]
    return tongue, tongue.pieces(tongue.length("prompt", length), draws)


def _overlapping(
    tongue: Tongue, pieces: Pieces, rate: float, is_embedded: bool, draws: Draws
) -> tuple[str, Values]:
    """A prompt with an evaluation prompt in it, at most so many of whose words are edited."""
    count = int(rate * len(pieces))
    text, _ = edited(pieces, count, tongue, draws, WORD_EDITS)
    if is_embedded:
        text = [*tongue.pieces(12, draws), *text, *tongue.pieces(12, draws)]
    about = {
        "language": tongue.code,
        "embedded": is_embedded,
        "rate": count / len(pieces),
        "short": len(pieces) < 15,
    }
    return tongue.text(text), about


def _write(path: Path, rows: list[dict[str, str]]) -> None:
    lines = (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    path.write_text("".join(lines), encoding="utf-8")


def measured_contamination(rows: int, prefdata: list[str], work: Path) -> Values:
    """Planted overlaps that are found, and rows that are taken for overlaps wrongly."""
    corpus, evaluation, planted = plant_contamination(rows, work)
    config = {"against": {"files": [str(evaluation)], "action": "flag"}, "near": {"action": "off"}}
    told = run_of(prefdata, "build", [corpus], config, work).with_reason("contaminated")
    groups: dict[str, Callable[[Values], str]] = {
        "language": lambda about: about["language"],
        "embedded": lambda about: str(about["embedded"]),
        "short": lambda about: str(about["short"]),
        "edited from": lambda about: str(max(s for s in RATE_STEPS if about["rate"] >= s)),
    }
    cells: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row, about in planted.items():
        for name, of in groups.items():
            cells[f"{name}: {of(about)}"][0] += 1
            cells[f"{name}: {of(about)}"][1] += row in told
    return {
        "rows": rows,
        "planted": len(planted),
        "found": len(told & planted.keys()),
        "false": len(told - planted.keys()),
        "cells": dict(sorted(cells.items())),
    }


def measured_real_contamination(real: Path, prefdata: list[str], work: Path) -> Values:
    """Rows of HH-RLHF that are taken for AlpacaEval prompts: there should be none."""
    corpus, evaluation = _one(real, "hh*"), _one(real, "alpaca*")
    config = {
        "against": {"files": [str(evaluation)], "action": "flag"},
        "near": {"action": "off"},
    }
    run = run_of(prefdata, "build", [corpus], config, work)
    told = run.with_reason("contaminated")
    return {"rows": len(run.ledger), "told": len(told), "which": sorted(told)}


def _one(folder: Path, pattern: str) -> Path:
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise SystemExit(f"{folder} must hold one file named {pattern}, and holds {len(found)}")
    return found[0]


def contamination_verdicts(values: Values, real: Values | None) -> list[Values]:
    """What was asked of decontamination, and what was reached."""
    share = values["found"] / values["planted"]
    reached = f"{share:.4f} ({values['found']:,} of {values['planted']:,})"
    clean = values["rows"] - values["planted"]
    rate = values["false"] / clean
    found = [
        verdict("contamination: planted overlaps found", "≥ 0.99", reached, share >= 0.99),
        verdict("contamination: false, generated", "< 0.5%", f"{rate:.3%}", rate < 0.005),
    ]
    if real is not None:
        rate = real["told"] / real["rows"]
        reached = f"{rate:.3%} ({real['told']} of {real['rows']:,})"
        what = "contamination: HH-RLHF against AlpacaEval"
        found.append(verdict(what, "< 0.5%", reached, rate < 0.005))
    return found
