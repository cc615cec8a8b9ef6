"""Sets of pairs that an audit is measured on, made of files of preferences; never committed.

Rows are dicts as they stand in a file; what is written is JSON lines.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]

DECIDED = 0.2
"""A graded preference (1 to 2) that lies further from a tie (1.5) is decided."""
MATCHED = 0.75
"""Share of the longer completion's length that the shorter one has, at least."""
SIDES = {"chosen": "rejected", "rejected": "chosen", "output_1": "output_2", "output_2": "output_1"}


def rows_of(file: Path) -> list[Row]:
    """The rows of a file of JSON lines, compressed or not."""
    opener = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def written(rows: Iterable[Row], file: Path) -> Path:
    """Writes rows as JSON lines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w", encoding="utf-8") as lines:
        lines.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return file


def decided(rows: Iterable[Row]) -> Iterator[Row]:
    """Judged rows without those near a tie."""
    return (row for row in rows if abs(row["preference"] - 1.5) > DECIDED)


def model_against_model(rows: Iterable[Row]) -> Iterator[Row]:
    """Pairs of models that were held against the same baseline on the same instruction.

    The one that did better against it is chosen. Only pairs that differ by more than `DECIDED` and
    whose lengths are matched.
    """
    prompts: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        prompts[row["instruction"]].append(row)
    for prompt, own in prompts.items():
        for one, other in combinations(own, 2):
            gap = one["preference"] - other["preference"]
            if abs(gap) <= DECIDED or not is_matched(one["output_2"], other["output_2"]):
                continue
            best, worst = (one, other) if gap > 0 else (other, one)
            yield {"prompt": prompt, "chosen": best["output_2"], "rejected": worst["output_2"]}


def is_matched(one: str, other: str) -> bool:
    """Whether two completions are about equally long."""
    shorter, longer = sorted((len(one), len(other)))
    return shorter >= MATCHED * longer


def shuffled(rows: Iterable[Row], seed: int) -> Iterator[Row]:
    """Rows whose sides a coin has swapped."""
    random = np.random.default_rng(seed)
    for row in rows:
        yield swapped(row) if random.random() < 0.5 else row


def swapped(row: Row) -> Row:
    """A row that says the opposite."""
    return {name: row[SIDES[name]] if name in SIDES else value for name, value in row.items()}


def repeated(rows: list[Row], count: int, seed: int) -> Iterator[Row]:
    """So many rows; those beyond the first ones are rows again, with words left out and a number.

    A prompt that comes again is another prompt, so that groups grow in number, not in size.
    """
    random = np.random.default_rng(seed)
    for number in range(count):
        row = rows[number % len(rows)]
        again = number // len(rows)
        yield _varied(row, again, random) if again else row


def _varied(row: Row, again: int, random: np.random.Generator) -> Row:
    texts = {name: _thinned(row[name], random) for name in SIDES if name in row}
    prompt = {
        name: f"{again}. {_thinned(row[name], random)}"
        for name in ("instruction", "prompt")
        if name in row
    }
    return {**row, **prompt, **texts}


def _thinned(text: str, random: np.random.Generator) -> str:
    words = text.split(" ")
    return " ".join(
        word for word, kept in zip(words, random.random(len(words)) > 0.1, strict=True) if kept
    )
