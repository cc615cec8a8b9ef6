"""Writes preference pairs with planted duplicates and contradictions, and a key to them.

    python benchmarks/planted.py --rows 100000 --out pairs.jsonl

About 1.5 KB a row, English and Chinese. Several files may be named, each with its number of rows:
they continue one another. Beside the first lie `NAME.key.jsonl`, a line for each row that is not
merely new (rows are counted from 0, through all files), and `NAME.facts.json`, written last. The
same options give the same bytes anywhere, and a longer file begins with a shorter one.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, deque
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from edits import COSMETIC_EDITS, WORD_EDITS, Pieces, Tongue, edited, edits_for, tongues
from generate import DRAWS, FIELDS, Draws, Pair, Writer, facts_path, ratio
from templates import PROMPTS, REFUSALS

SHARES = {
    "copy": 0.05,  # an earlier row again
    "near": 0.10,  # an earlier row with a few words, capitals or marks changed
    "swapped": 0.01,  # an earlier row with chosen and rejected exchanged
    "near-swapped": 0.005,  # the same, and edited
    "cycle": 0.005,  # A over B, B over C, C over A
    "chain": 0.005,  # A over B, B over C, A over C: the same completions, and no cycle
    "shared-prompt": 0.02,  # one prompt, other completions
    "template": 0.05,  # prompts that differ in names and numbers, other completions
    "refusal": 0.02,  # an answer that many rows have
}
GROUPS = {"cycle", "chain", "shared-prompt"}
RATES = (0.005, 0.06)  # share of the words of a text that a near copy changes
COSMETIC = 8  # one near copy in so many changes capitals and marks only
POOL_ROWS = 2048
BLOCK_ROWS = 128
# Out of 32 new rows so many are kept to be repeated, each in one way only.
ROLES = ("copy",) * 2 + ("near",) * 6 + ("swapped",) * 2 + ("near-swapped",)

Row = tuple[Pieces, Pieces, Pieces]


@dataclass(frozen=True)
class Planted:
    """A row and what is known of it; `of` is the row it was made from, or its group's first."""

    row: Row
    tongue: Tongue
    kind: str = "new"
    of: int | None = None
    more: dict[str, Any] = field(default_factory=dict)

    def pair(self) -> Pair:
        """The three texts."""
        prompt, chosen, rejected = map(self.tongue.text, self.row)
        return prompt, chosen, rejected

    def key(self, number: int) -> dict[str, Any]:
        """The line of the key."""
        about = {"row": number, "kind": self.kind, "of": self.of, "language": self.tongue.code}
        return about | self.more


Source = tuple[int, Planted]  # the number of a row, and the row


class Planter:
    """An endless stream of rows that only the seed decides."""

    def __init__(self, seed: int, chinese: float) -> None:
        self._draws = Draws(seed)
        self._tongues = tongues(self._draws)
        self._chinese = chinese
        self._fates = list(SHARES)
        self._bounds = np.cumsum(list(SHARES.values())) * DRAWS
        self._pools: dict[str, list[Source]] = {"copy": [], "near": []}
        self._once: dict[str, deque[Source]] = {
            kind: deque(maxlen=POOL_ROWS) for kind in ("swapped", "near-swapped")
        }
        self._waiting: dict[str, deque[Planted]] = {kind: deque() for kind in GROUPS}

    def rows(self) -> Iterator[Planted]:
        """Rows, in the order of the file."""
        number = 0
        while True:
            heads = self._draws.take(BLOCK_ROWS * 6).reshape(BLOCK_ROWS, 6).tolist()
            for *head, fate, pick in heads:
                row = self._row(number, self._fresh(head), fate, pick)
                self._keep(number, row, pick)
                yield row
                number += 1

    def _fresh(self, head: list[int]) -> Planted:
        tongue = self._tongues[head[0] < self._chinese * DRAWS]
        lengths = [tongue.length(*pair) for pair in zip(FIELDS, head[1:], strict=True)]
        prompt, chosen, rejected = (tongue.pieces(length, self._draws) for length in lengths)
        return Planted((prompt, chosen, rejected), tongue)

    def _row(self, number: int, fresh: Planted, fate: int, pick: int) -> Planted:
        """What the fate of a row makes of it; a new row where there is nothing yet to repeat."""
        place = int(np.searchsorted(self._bounds, fate, side="right"))
        kind = self._fates[place] if place < len(self._fates) else "new"
        if kind in GROUPS:
            return self._grouped(kind, number, fresh, pick)
        if kind == "template":
            return self._templated(fresh, pick)
        if kind == "refusal":
            answers = REFUSALS[fresh.tongue.code]
            row = (*fresh.row[:2], [answers[pick % len(answers)].rstrip(".。")])
            return Planted(row, fresh.tongue, kind)
        source = self._source(kind, pick)
        return fresh if source is None else self._repeated(kind, *source, pick)

    def _source(self, kind: str, pick: int) -> Source | None:
        if kind in self._once:
            return self._once[kind].popleft() if self._once[kind] else None
        pool = self._pools.get(kind)
        return pool[pick % len(pool)] if pool else None

    def _repeated(self, kind: str, number: int, source: Planted, pick: int) -> Planted:
        row, more = source.row, {}
        if kind.startswith("near"):
            row, more = self._edited(source, cosmetic=pick % COSMETIC == 0)
        if kind.endswith("swapped"):
            row = (row[0], row[2], row[1])
        return Planted(row, source.tongue, kind, number, more)

    def _edited(self, source: Planted, *, cosmetic: bool) -> tuple[Row, dict[str, Any]]:
        """Edits one, two or all texts of a row, as many words of each as one rate says."""
        drawn, which, *rounding = self._draws.take(5).tolist()
        rate = RATES[0] + (RATES[1] - RATES[0]) * drawn / DRAWS
        chosen = [bool((which % 7 + 1) >> i & 1) for i in range(3)]
        counts = [
            edits_for(rate, len(text), up) if is_chosen else 0
            for text, up, is_chosen in zip(source.row, rounding, chosen, strict=True)
        ]
        if not any(counts):
            counts[max(range(3), key=lambda i: len(source.row[i]))] = 1
        kinds = COSMETIC_EDITS if cosmetic else WORD_EDITS + COSMETIC_EDITS
        texts, done = [], Counter[str]()
        for text, count in zip(source.row, counts, strict=True):
            text, how = edited(text, count, source.tongue, self._draws, kinds)
            texts.append(text)
            done += how
        edits = dict(zip(FIELDS, counts, strict=True))
        row = (texts[0], texts[1], texts[2])
        return row, {"edits": edits, "how": dict(done), "rate": round(rate, 4)}

    def _grouped(self, kind: str, number: int, fresh: Planted, pick: int) -> Planted:
        """The next row of the group that waits, or the first of a new one."""
        waiting = self._waiting[kind]
        if waiting:
            return waiting.popleft()
        size = 3 if kind == "chain" else (3 + pick % 3 if kind == "cycle" else 2 + pick % 3)
        answers = self._answers(fresh, 2 * size if kind == "shared-prompt" else size)
        sides = {
            "cycle": [(i, (i + 1) % size) for i in range(size)],
            "chain": [(0, 1), (1, 2), (0, 2)],
            "shared-prompt": [(2 * i, 2 * i + 1) for i in range(size)],
        }[kind]
        for better, worse in sides:
            row = (fresh.row[0], answers[better], answers[worse])
            waiting.append(Planted(row, fresh.tongue, kind, number, {"size": size}))
        return waiting.popleft()

    def _answers(self, fresh: Planted, count: int) -> list[Pieces]:
        lengths = self._draws.take(count - 2).tolist()
        drawn = [fresh.tongue.length("chosen", length) for length in lengths]
        more = [fresh.tongue.pieces(length, self._draws) for length in drawn]
        return [fresh.row[1], fresh.row[2], *more]

    def _templated(self, fresh: Planted, pick: int) -> Planted:
        templates = PROMPTS[fresh.tongue.code]
        which = pick % len(templates)
        slots = fresh.tongue.pieces(2, self._draws)
        numbers = self._draws.take(2).tolist()
        words = [slot.strip(" \n\t-.,;:?!，。？！、") or "x" for slot in slots]
        prompt = templates[which].format(words[0], numbers[0] % 5000, words[1], numbers[1] % 5000)
        row = ([prompt.rstrip(".。")], *fresh.row[1:])
        return Planted(row, fresh.tongue, "template", None, {"template": which})

    def _keep(self, number: int, row: Planted, pick: int) -> None:
        """Remembers some new rows, and some near copies (so that copies are made of copies)."""
        role = ROLES[pick % 32] if pick % 32 < len(ROLES) else None
        if row.kind == "near" and pick % 4 == 0:
            role = "near"
        elif row.kind != "new":
            role = None
        if role in self._once:
            self._once[role].append((number, row))
        elif role is not None:
            pool, place = self._pools[role], pick // 32
            if len(pool) < POOL_ROWS:
                pool.append((number, row))
            else:
                pool[place] = (number, row)


def plant(files: list[tuple[Path, int]], *, seed: int = 0, chinese: float = 0.15) -> dict[str, Any]:
    """Writes the files, each with its number of rows, the key and the facts; gives the facts."""
    stream = enumerate(Planter(seed, chinese).rows())
    first, kinds, sizes = files[0][0], Counter[str](), []
    with key_path(first).open("w", encoding="utf-8") as key:
        for path, rows in files:
            with ExitStack() as stack:
                writer = Writer(path, stack)
                left = islice(stream, rows)
                while block := list(islice(left, BLOCK_ROWS)):
                    kinds.update(row.kind for _, row in block)
                    lines = [row.key(number) for number, row in block if row.kind != "new"]
                    key.writelines(json.dumps(line) + "\n" for line in lines)
                    writer.write([row.pair() for _, row in block])
                writer.finish()
                sizes.append(writer.bytes)
    facts = {
        "seed": seed,
        "chinese": chinese,
        "rows": [rows for _, rows in files],
        "bytes": sizes,
        "kinds": dict(sorted(kinds.items())),
    }
    facts_path(first).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return facts


def key_path(path: Path) -> Path:
    """Where the key of a file lies."""
    return path.with_name(path.name + ".key.jsonl")


def read_key(path: Path) -> list[dict[str, Any]]:
    """What was planted in a file."""
    return [json.loads(line) for line in key_path(path).read_text(encoding="utf-8").splitlines()]


def whole_groups(key: list[dict[str, Any]], kind: str, rows: int) -> list[list[int]]:
    """The groups of a kind of which no row lies beyond the first `rows`."""
    members: dict[int, list[int]] = {}
    sizes = {}
    for line in key:
        if line["kind"] == kind and line["row"] < rows:
            members.setdefault(line["of"], []).append(line["row"])
            sizes[line["of"]] = line["size"]
    return [found for first, found in members.items() if len(found) == sizes[first]]


def _options() -> tuple[argparse.Namespace, argparse.ArgumentParser]:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, nargs="+", required=True, help="rows of each file")
    parser.add_argument("--out", type=Path, nargs="+", required=True, metavar="FILE.jsonl")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chinese", type=ratio, default=0.15, help="share of Chinese rows")
    return parser.parse_args(), parser


def main() -> None:
    """The command line."""
    options, parser = _options()
    if len(options.rows) != len(options.out) or min(options.rows) < 1:
        parser.error("give a number of rows, at least 1, for every file")
    if any(path.suffix != ".jsonl" for path in options.out):
        parser.error("the files are JSON Lines: let their names end in .jsonl")
    files = list(zip(options.out, options.rows, strict=True))
    print(json.dumps(plant(files, seed=options.seed, chinese=options.chinese)))


if __name__ == "__main__":
    main()
