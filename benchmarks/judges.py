"""Several judges, simulated: accuracy of each way to aggregate, and of estimated reliabilities.

Completions have a quality, and a pair's better side is the one of higher quality. Judges are wrong
in 10 to 40% of what they look at; some of them answer now and then with what was shown first, and
lazy ones nearly always. So the truth is known, and how often each judge is right.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from machine import machine

from prefdata.transforms.judgements.alpha import krippendorff_alpha
from prefdata.transforms.judgements.bradley_terry import bradley_terry
from prefdata.transforms.judgements.conduct import position_bias, with_rest
from prefdata.transforms.judgements.dawid_skene import dawid_skene
from prefdata.transforms.judgements.majority import majority
from prefdata.transforms.judgements.votes import Items, Votes, mirrored, votes_of
from prefdata.transforms.metrics.bootstrap import Bootstrap

CAREFUL, BIASED, LAZY = 0, 1, 2
FOR_FIRST = {CAREFUL: 0.0, BIASED: 0.3, LAZY: 0.95}
"""Share of votes that go to what was shown first without a look."""

CASES: dict[str, dict[str, Any]] = {
    "3 votes an item": {"prompts": 2000},
    "5 votes an item": {"prompts": 2000, "votes_each": 5},
    "5 votes, a fifth ties": {"prompts": 2000, "votes_each": 5, "ties": 0.2},
    "4 completions a prompt": {"prompts": 500, "completions": 4},
    "8 completions, 2 votes": {"prompts": 200, "completions": 8, "votes_each": 2},
    "8 judges, 100 items": {"prompts": 100, "judges": 8},
    "half of them lazy": {"prompts": 2000, "votes_each": 5, "shares": (0.3, 0.2, 0.5)},
    "100,000 votes": {"prompts": 33_334, "judges": 100},
}
TRIED = 10


@dataclass(frozen=True)
class Simulated:
    """Votes with what is true: `side` (items): 1, 0, -1; `right` (judges): probability of a right
    vote on an item that is no tie; `kind` (judges); `prompt` (items)."""

    votes: Votes
    items: Items
    prompt: npt.NDArray[np.int64]
    side: npt.NDArray[np.int64]
    right: npt.NDArray[np.float64]
    kind: npt.NDArray[np.int64]


def simulated(
    seed: int,
    *,
    prompts: int,
    completions: int = 2,
    judges: int = 20,
    votes_each: int = 3,
    ties: float = 0.0,
    shares: tuple[float, float, float] = (0.7, 0.2, 0.1),
) -> Simulated:
    """`shares`: of careful, biased and lazy judges."""
    random = np.random.default_rng(seed)
    quality = random.normal(size=prompts * completions)
    one, other = np.triu_indices(completions, 1)
    base = np.arange(prompts)[:, None] * completions
    items = Items((base + one).ravel(), (base + other).ravel(), len(quality))
    count = len(items.first)
    side = np.sign(quality[items.first] - quality[items.second]).astype(np.int64)
    side[random.random(count) < ties] = 0
    wrong = random.uniform(0.1, 0.4, judges)
    ends = np.round(np.cumsum(shares) * judges).astype(int)
    kind = np.searchsorted(ends, np.arange(judges), side="right").clip(max=LAZY)
    item = np.repeat(np.arange(count), votes_each)
    judge = random.random((count, judges)).argsort(axis=1)[:, :votes_each].ravel()
    shown = random.choice([-1, 1], len(item))
    told = np.where(random.random(len(item)) < wrong[judge], -side[item], side[item])
    told = np.where(side[item] == 0, random.choice([-1, 0, 0, 1], len(item)), told)
    unseen = np.array([FOR_FIRST[each] for each in range(3)])[kind]
    told = np.where(random.random(len(item)) < unseen[judge], shown, told)
    votes = votes_of(item, judge, told, shown=shown, items=count, judges=judges)
    right = (1 - unseen) * (1 - wrong) + unseen / 2
    prompt = np.repeat(np.arange(prompts), len(one))
    return Simulated(votes, items, prompt, side, right, kind)


def accuracy(side: npt.NDArray[np.int64], truth: npt.NDArray[np.int64]) -> float:
    """Share of the items that are no tie which are found; a tie counts half."""
    decided = truth != 0
    points = np.where(side == 0, 0.5, side == truth)
    return float(points[decided].mean())


def estimated(reliability: npt.NDArray[Any], right: npt.NDArray[Any]) -> tuple[float, float]:
    """Correlation of estimated with true reliabilities, and the mean error."""
    return (
        float(np.corrcoef(reliability, right)[0, 1]),
        float(np.abs(reliability - right).mean()),
    )


def measured(case: dict[str, Any], seed: int) -> dict[str, float]:
    """One simulation."""
    known = simulated(seed, **case)
    votes = known.votes
    numbers: dict[str, float] = {}
    by_majority = timed(numbers, "majority", lambda: majority(votes))
    by_class = timed(numbers, "dawid-skene", lambda: dawid_skene(votes))
    by_score = timed(numbers, "bradley-terry", lambda: bradley_terry(votes, known.items))
    for name, side in (
        ("majority", by_majority.side),
        ("dawid-skene", by_class.side),
        ("bradley-terry", by_score.side),
    ):
        numbers[f"{name} accuracy"] = accuracy(side, known.side)
    rest = with_rest(votes)
    agreed = np.bincount(rest.judge, rest.points / 2, votes.judges)
    agreed /= np.maximum(np.bincount(rest.judge, minlength=votes.judges), 1)
    for name, reliability in (
        ("with others", agreed),
        ("dawid-skene", by_class.reliability),
        ("bradley-terry", by_score.reliability),
    ):
        r, error = estimated(reliability, known.right)
        numbers |= {f"{name} correlation": r, f"{name} error": error}
    bias = position_bias(votes).ratio[:-1]
    for name, kind in (("careful", CAREFUL), ("biased", BIASED), ("lazy", LAZY)):
        if (known.kind == kind).any():
            numbers[f"for first, {name}"] = float(bias[known.kind == kind].mean())
    numbers["converged"] = float(by_class.is_converged and by_score.is_converged)
    prompt = np.concatenate([known.prompt] * 2)
    found = timed(
        numbers,
        "alpha",
        lambda: krippendorff_alpha(mirrored(votes), prompt, "nominal", Bootstrap()),
    )
    return numbers | {"alpha": float(found.value or 0.0)}


def timed(numbers: dict[str, float], name: str, work: Callable[[], Any]) -> Any:
    start = time.perf_counter()
    result = work()
    numbers[f"{name} seconds"] = time.perf_counter() - start
    return result


def table(results: dict[str, dict[str, float]]) -> Iterator[str]:
    """The accuracies and errors as a table in Markdown."""
    ways = ("majority", "dawid-skene", "bradley-terry")
    reliable = ("with others", "dawid-skene", "bradley-terry")
    yield "| | " + " | ".join([*ways, *(f"r, error: {way}" for way in reliable)]) + " |"
    yield "|---" * (len(ways) + len(reliable) + 1) + "|"
    for case, numbers in results.items():
        cells = [
            *(f"{numbers[f'{way} accuracy']:.3f}" for way in ways),
            *(
                f"{numbers[f'{way} correlation']:.2f}, {numbers[f'{way} error']:.3f}"
                for way in reliable
            ),
        ]
        yield f"| {case} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=TRIED)
    parser.add_argument("--only", default="", help="the cases whose name holds this")
    asked = parser.parse_args()
    print(json.dumps(machine()))
    results = {}
    for name, case in CASES.items():
        if asked.only in name:
            seeds = 1 if name.startswith("100,000") else asked.seeds
            runs = [measured(case, seed) for seed in range(seeds)]
            means = {key: float(np.mean([run[key] for run in runs])) for key in runs[0]}
            results[name] = means
            print(json.dumps({name: {key: round(value, 4) for key, value in means.items()}}))
    print("\n".join(table(results)))


if __name__ == "__main__":
    main()
