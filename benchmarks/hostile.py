"""Input that breaks near-duplicate search: how long it takes, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from planted import Planter
from running import ran, scratch_in

Values = dict[str, Any]
Row = tuple[str, str, str]

LONGEST_SECONDS = 1800
MB = 10**6
COMMON = "the river runs below the village and the bridge was built of stone before the war so that"
SHORT = [
    "",
    " ",
    "?",
    "…",
    "a",
    "ok",
    "好",
    "你好",
    "🙂",
    "Yes.",
    "yes",
    "1",
    "- -",
    "\u200b",
    "no no",
]


def identical(rows: int) -> Iterator[Row]:
    """The same row again and again."""
    yield from ((COMMON, f"{COMMON} it stands", f"{COMMON} it fell") for _ in range(rows))


def one_word_apart(rows: int) -> Iterator[Row]:
    """Rows that differ in one word: all of them alike, no two the same."""
    prompt = f"{COMMON} {COMMON[::-1]}"
    for number in range(rows):
        yield f"{prompt} {number}", f"{COMMON} it stands", f"{COMMON} it fell"


def one_enormous(rows: int) -> Iterator[Row]:
    """A text of 50 MB among ordinary rows."""
    stream = Planter(3, 0.15).rows()
    for _ in range(min(rows, 1000)):
        yield next(stream).pair()
    words = " ".join(f"word{number}" for number in range(5 * MB))
    yield "Write a long book.", words[: 50 * MB], "No."


def hardly_anything(rows: int) -> Iterator[Row]:
    """Empty texts, single characters, punctuation: every prompt with every two completions."""
    every = [(prompt, *sides) for prompt in SHORT for sides in combinations(SHORT, 2)]
    yield from every[:rows]


CASES: dict[str, Callable[[int], Iterator[Row]]] = {
    "identical rows": identical,
    "rows one word apart": one_word_apart,
    "one text of 50 MB": one_enormous,
    "empty and short texts": hardly_anything,
}
OUT_OF_RANGE = ("1.5", "0", "-1", "nan", "much")


def measured_hostile(rows: int, prefdata: list[str], work: Path) -> list[Values]:
    """Every case, once."""
    found = []
    for name, make in CASES.items():
        path = work / "hostile.jsonl"
        written = _write(path, make(rows))
        found.append(_ran(name, [*prefdata, "dedupe", str(path)], written, work))
        path.unlink()
    path = work / "hostile.jsonl"
    written = _write(path, identical(10))
    for threshold in OUT_OF_RANGE:
        command = [*prefdata, "dedupe", str(path), "--near", threshold]
        found.append(_ran(f"--near {threshold}", command, written, work))
    return found


def _write(path: Path, rows: Iterable[Row]) -> int:
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for prompt, chosen, rejected in rows:
            row = {"prompt": prompt, "chosen": chosen, "rejected": rejected}
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def _ran(name: str, command: list[str], rows: int, work: Path) -> Values:
    with scratch_in(work) as (scratch, env):
        out = scratch / "out"
        cost = ran([*command, "--out", str(out), "--quiet"], scratch, env, LONGEST_SECONDS)
        manifest = out / "manifest.json"
        told = json.loads(manifest.read_text(encoding="utf-8")) if manifest.exists() else {}
    counts = told.get("counts", {})
    return {
        "case": name,
        "rows": rows,
        "exit_code": cost.exit_code,
        "seconds": cost.seconds,
        "memory": cost.memory,
        "kept": counts.get("kept"),
        "dropped": counts.get("dropped", {}),
        "remarks": told.get("remarks", {}),
        "error": cost.stderr.strip().splitlines()[-1] if cost.exit_code and cost.stderr else "",
    }


def hostile_table(values: list[Values]) -> str:
    """The cases as a Markdown table."""
    head = "### hostile input\n\n| | rows | exit | seconds | peak MB | kept | dropped, or error |\n"
    lines = []
    for value in values:
        dropped = ", ".join(f"{count:,} {reason}" for reason, count in value["dropped"].items())
        kept = "" if value["kept"] is None else f"{value['kept']:,}"
        cells = [
            value["case"],
            f"{value['rows']:,}",
            "**ran out of time**" if value["exit_code"] == 124 else str(value["exit_code"]),
            f"{value['seconds']:.1f}",
            f"{value['memory'] / MB:,.0f}",
            kept,
            "; ".join([dropped or value["error"], *map(str, value["remarks"])]),
        ]
        lines.append("| " + " | ".join(cells) + " |\n")
    return head + "|---|--:|--:|--:|--:|--:|---|\n" + "".join(lines)
