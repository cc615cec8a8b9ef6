"""How much of what is alike prefdata finds, held against brute force.

    python benchmarks/recall.py FILE.jsonl --rows 10000 --work DIR

FILE comes from `planted.py` and its key lies beside it. Brute force compares all rows with all;
the tool is asked twice: the comparison alone, for the pairs that it verified, and the whole
`prefdata dedupe`, for what became of the rows.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import sys
from collections import defaultdict
from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import polars as pl
from brute_force import Alikeness, Pair, Sets, sets_of, true_pairs, true_prompt_pairs
from ledgers import run_of
from near_alone import alike_rows
from planted import key_path, read_key, whole_groups
from report import verdict
from running import scratch_in

THRESHOLD = 0.8
PROMPT_THRESHOLD = 0.7
STEPS = (0.8, 0.85, 0.9, 0.95, 1.0)
SAME = 1e-9  # two computations of one ratio
HAN = re.compile("[\u4e00-\u9fff]")
CONFLICT, NEAR_CONFLICT, CYCLE = "label-conflict", "near-conflict", "preference-cycle"
NEAR_DUPLICATE = "near-duplicate"

Values = dict[str, Any]


def pair_recall(path: Path, sets: list[Sets], truth: dict[Pair, Alikeness], work: Path) -> Values:
    """Pairs that the comparison verified, against all that there are."""
    told = verified(path, work, "pair", THRESHOLD)
    languages = languages_of(path, len(sets))
    cells: dict[tuple[str, float], list[int]] = defaultdict(lambda: [0, 0])
    for pair, found in truth.items():
        cell = cells[languages[pair[0]], _step(found.similarity)]
        cell[0] += 1
        cell[1] += pair in told
    differ = [abs(told[p] - truth[p].similarity) for p in told.keys() & truth.keys()]
    return {
        "pairs": len(truth),
        "found": len(told.keys() & truth.keys()),
        "false": len(told.keys() - truth.keys()),
        "largest_difference": max(differ, default=0.0),
        "cells": [[*cell, *counts] for cell, counts in sorted(cells.items())],
    }


def prompt_recall(path: Path, sets: list[Sets], work: Path) -> Values:
    """The same of prompts alone, as the split joins them."""
    truth = true_prompt_pairs([row[0] for row in sets], PROMPT_THRESHOLD)
    told = verified(path, work, "prompt", PROMPT_THRESHOLD)
    return {
        "pairs": len(truth),
        "found": len(told.keys() & truth.keys()),
        "false": len(told.keys() - truth.keys()),
    }


def verified(path: Path, work: Path, on: str, threshold: float) -> dict[Pair, float]:
    """The pairs that prefdata says are alike, and how much: the one reader of its edges."""
    with scratch_in(work) as (scratch, _):
        _, alike = alike_rows(path, scratch, workers=1, on=on, threshold=threshold)
    least = alike.edges.select("low", "high", pl.min_horizontal("prompt", "first", "second"))
    return {(low, high): similarity for low, high, similarity in least.iter_rows()}


def outcome(
    path: Path, sets: list[Sets], truth: dict[Pair, Alikeness], prefdata: list[str], work: Path
) -> Values:
    """What `prefdata dedupe` made of the rows, against brute force and against the key."""
    run = run_of(prefdata, "dedupe", [path], {}, work)
    reasons, others, kept = run.reasons(), run.others(), run.kept()
    key = [line for line in read_key(path) if line["row"] < len(sets)]
    direct = {pair for pair, found in truth.items() if not found.crossed}
    near = {row for row, why in reasons.items() if NEAR_DUPLICATE in why}
    return {
        "near_duplicates": len(near),
        "near_duplicates_unlike_their_representative": sum(
            (min(row, others[row]), max(row, others[row])) not in direct for row in near
        ),
        "pairs_alike_among_the_kept": sum(a in kept and b in kept for a, b in direct),
        "label_conflicts": _against(_swapped(key), _with(reasons, CONFLICT)),
        "near_conflicts": _near_conflicts(sets, truth, reasons),
        "cycles": _against(
            [set(group) for group in whole_groups(key, "cycle", len(sets))], _with(reasons, CYCLE)
        ),
    }


def _with(reasons: dict[int, set[str]], reason: str) -> set[int]:
    return {row for row, why in reasons.items() if reason in why}


def _against(planted: Iterable[set[int]], told: set[int]) -> Values:
    """Planted groups of rows, how many of them are told of in full, and rows told of wrongly."""
    groups = list(planted)
    every = set().union(*groups)
    return {
        "planted": len(groups),
        "found": sum(group <= told for group in groups),
        "false": len(told - every),
    }


def _swapped(key: list[Values]) -> list[set[int]]:
    return [{line["row"], line["of"]} for line in key if line["kind"] == "swapped"]


def _near_conflicts(
    sets: list[Sets], truth: dict[Pair, Alikeness], reasons: dict[int, set[str]]
) -> Values:
    """Pairs that are alike crossed and no exact conflict; their clusters go with them."""
    exact = _with(reasons, CONFLICT)
    crossed = [set(pair) for pair, found in truth.items() if found.crossed]
    crossed = [pair for pair in crossed if not pair <= exact]
    told = _with(reasons, NEAR_CONFLICT)
    copies = _with(reasons, "duplicate-pair")
    found = [pair for pair in crossed if pair - copies - exact <= told]
    reached = _reached(set().union(*crossed), truth)
    return {"planted": len(crossed), "found": len(found), "false": len(told - reached)}


def _reached(rows: set[int], truth: dict[Pair, Alikeness]) -> set[int]:
    """The rows, and all that are alike to one of them, however many steps away."""
    near: dict[int, set[int]] = defaultdict(set)
    for low, high in truth:
        near[low].add(high)
        near[high].add(low)
    seen, todo = set(rows), list(rows)
    while todo:
        fresh = near[todo.pop()] - seen
        seen |= fresh
        todo += fresh
    return seen


def languages_of(path: Path, rows: int) -> list[str]:
    """zh or en, for each of the first rows."""
    with path.open(encoding="utf-8") as file:
        return ["zh" if HAN.search(line) else "en" for line in islice(file, rows)]


def _step(similarity: float) -> float:
    return max(step for step in STEPS if similarity >= step - SAME)


def head_of(path: Path, rows: int, work: Path) -> Path:
    """The first rows of a planted file and their key, as a file of its own."""
    head = work / f"recall-{path.stem}-{rows}.jsonl"
    with path.open("rb") as file:
        head.write_bytes(b"".join(islice(file, rows)))
    lines = [json.dumps(line) + "\n" for line in read_key(path) if line["row"] < rows]
    key_path(head).write_text("".join(lines), encoding="utf-8")
    return head


def measured_recall(path: Path, rows: int, prefdata: list[str], work: Path) -> Values:
    """Everything about a file."""
    head = head_of(path, rows, work)
    sets = sets_of(head, rows)
    truth = true_pairs(sets, THRESHOLD)
    return {
        "file": path.name,
        "rows": len(sets),
        "pairs": pair_recall(head, sets, truth, work),
        "prompts": prompt_recall(head, sets, work),
        "outcome": outcome(head, sets, truth, prefdata, work),
    }


def recall_verdicts(values: Values) -> list[Values]:
    """What was asked and what was reached."""
    name, pairs, said = values["file"], values["pairs"], values["outcome"]
    unlike = said["near_duplicates_unlike_their_representative"]
    found = [
        _share(f"{name}: recall of pairs at {THRESHOLD}", pairs, 0.99),
        _share(f"{name}: recall of prompts at {PROMPT_THRESHOLD}", values["prompts"], 0.99),
        _none(f"{name}: pairs told of wrongly", pairs["false"]),
        _none(f"{name}: near-duplicates unlike their representative", unlike),
    ]
    for kind, least in (("label_conflicts", 1.0), ("near_conflicts", 0.99), ("cycles", 1.0)):
        what, counts = f"{name}: {kind.replace('_', ' ')}", said[kind]
        planted = {"pairs": counts["planted"], "found": counts["found"]}
        found += [_share(f"{what} found", planted, least), _none(f"{what} false", counts["false"])]
    return found


def _share(what: str, counts: Values, least: float) -> Values:
    ratio = counts["found"] / counts["pairs"] if counts["pairs"] else 1.0
    reached = f"{ratio:.4f} ({counts['found']:,} of {counts['pairs']:,})"
    return verdict(what, f"≥ {least:g}", reached, ratio >= least)


def _none(what: str, count: int) -> Values:
    return verdict(what, "0", f"{count:,}", count == 0)


def recall_table(values: Values) -> str:
    """Recall by language and similarity, as a Markdown table."""
    head = (
        f"### recall: {values['file']}, {values['rows']:,} rows\n\n"
        "| language | similarity from | pairs | found | recall |\n|---|--:|--:|--:|--:|\n"
    )
    rows = (
        f"| {language} | {step:.2f} | {pairs:,} | {found:,} | {found / pairs:.4f} |\n"
        for language, step, pairs, found in values["pairs"]["cells"]
    )
    return head + "".join(rows)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("path", type=Path)
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--work", type=Path, required=True)
    beside = str(Path(sys.executable).with_name("prefdata"))
    parser.add_argument("--prefdata", type=shlex.split, default=[beside])
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    values = measured_recall(options.path, options.rows, options.prefdata, options.work)
    print(recall_table(values))
    print(json.dumps(values, indent=2))


if __name__ == "__main__":
    main()
