"""Sets of pairs that an audit is measured on, made of files of preferences; never committed.

Rows are dicts as they stand in a file; what is written is JSON lines.
"""

from __future__ import annotations

import gzip
import json
import zlib
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
LEFT_OUT = 0.1
"""Share of the words that a row lacks when it comes again: nobody takes it for a near-duplicate."""


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


def repeated(rows: list[Row], count: int, seed: int) -> Iterator[Row]:
    """So many rows; beyond the first ones they are rows again, with words left out at random.

    A prompt that comes again begins with drawn words, so that it is another prompt, and groups
    grow in number, not in size. The same text loses the same words each time that it comes in one
    round: an answer that many rows are compared with stays one text.
    """
    for number in range(count):
        row = rows[number % len(rows)]
        again = number // len(rows)
        yield _varied(row, [seed, again]) if again else row


def _varied(row: Row, seed: list[int]) -> Row:
    words = np.random.default_rng([*seed, len(row["instruction"])]).integers(0, 1 << 30, 12)
    drawn = " ".join(f"{word:x}" for word in words.tolist())
    thinned = {name: _thinned(row[name], seed) for name in ("output_1", "output_2")}
    return {**row, **thinned, "instruction": f"{drawn} {row['instruction']}"}


def _thinned(text: str, seed: list[int]) -> str:
    words = text.split(" ")
    random = np.random.default_rng([*seed, zlib.crc32(text.encode())])
    kept = random.random(len(words)) > LEFT_OUT
    return " ".join(word for word, is_kept in zip(words, kept, strict=True) if is_kept)
