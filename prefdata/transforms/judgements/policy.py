"""The policy that makes pairs from what was said of the completions of one prompt.

It depends on scores and texts only: the order in which completions stand changes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import xxhash

from prefdata.config.pairs import PairsConfig
from prefdata.records.judgement import OVERALL, Judgement, Kind
from prefdata.results.sentences import Sentence

_DIGITS = 9
"""Scores are compared rounded to so many digits, so that means of equal ratings are equal."""


@dataclass(frozen=True)
class JudgedPair:
    """Two completions, as indices into those of their judgement. `gap`: of their scores (0: a
    tie). `margin`: the gap where it says how much better; `weight`: 1 / pairs of the prompt."""

    better: int
    worse: int
    gap: float
    margin: float | None
    weight: float


@dataclass(frozen=True)
class NoPair:
    """Why a judgement makes no pair: a rule code, and what it rests on."""

    reason: str
    evidence: str


@dataclass(frozen=True)
class Scores:
    """A score for each completion, more is better; None: not judged. `said`: what they are made of.

    `graded`: whether a difference says how much better.
    """

    values: tuple[float | None, ...]
    said: str
    graded: bool = True


def scores_of(judgement: Judgement, config: PairsConfig) -> Scores:
    """The scores by which completions are compared: of one criterion, or a weighted mean.

    A completion that lacks one of the criteria has no score: means of different criteria do not
    compare.
    """
    opinions = {opinion.criterion: opinion for opinion in judgement.opinions}
    weights = _weights(judgement, config)
    used = [(opinions[name], weight) for name, weight in weights.items() if name in opinions]
    count = len(judgement.completions)
    if len(used) < len(weights) or not used:
        return Scores((None,) * count, _named(weights))
    values = tuple(
        _mean([opinion.scores[index] for opinion, _ in used], [weight for _, weight in used])
        for index in range(count)
    )
    kinds = {opinion.kind for opinion, _ in used}
    kind: Kind = kinds.pop() if len(kinds) == 1 else "rating"
    said = _said(kind, ", ".join(weights))
    return Scores(values, said, all(opinion.graded for opinion, _ in used))


def scale_of(judgement: Judgement, config: PairsConfig) -> Hashable:
    """What the scores of two judgements of one source share if they are on one scale.

    Ratings, verdicts and places are not, and neither are verdicts with and without a strength, or
    places among two completions and among five.
    """
    weights = _weights(judgement, config)
    return frozenset(
        (opinion.kind, len(judgement.completions) if opinion.kind == "rank" else opinion.graded)
        for opinion in judgement.opinions
        if opinion.criterion in weights
    )


def pairs_of(
    judgement: Judgement, config: PairsConfig, scores: Scores | None = None
) -> list[JudgedPair] | NoPair:
    """The pairs of one judgement, the largest gap first; or why there is none.

    `scores`: those to go by instead of the judgement's own.
    """
    scores = scores or scores_of(judgement, config)
    if len(judgement.completions) < 2:
        return NoPair("one-completion", Sentence("unpaired.one-completion"))
    judged = [index for index, value in enumerate(scores.values) if value is not None]
    if len(judged) < 2:
        said = Sentence("unpaired.not-judged", judged=len(judged), what=scores.said)
        return NoPair("not-judged", said)
    texts = [_text_key(judgement, index) for index in range(len(judgement.completions))]
    ordered = sorted(judged, key=lambda index: (-_value(scores, index), texts[index]))
    levels = _levels(ordered, scores)
    if len(levels) == 1 and config.ties == "drop":
        return NoPair("tie", Sentence("unpaired.tie", judged=len(judged), what=scores.said))
    found = _TAKES[config.take](levels, scores, config, texts)
    if config.ties == "keep" or not found:
        found = found + _ties(levels, config)
    wide = [(b, w) for b, w in found if _gap(scores, b, w) >= config.min_gap]
    if not wide:
        said = Sentence("unpaired.no-gap", gap=config.min_gap, what=scores.said)
        return NoPair("no-gap", said)
    sound = [(b, w) for b, w in wide if _above_floors(judgement, b, config.floors)]
    if not sound:
        said = Sentence("unpaired.below-floor", floors=_floors(config.floors))
        return NoPair("below-floor", said)
    sound.sort(key=lambda pair: (-_gap(scores, *pair), texts[pair[0]], texts[pair[1]]))
    kept = sound[: config.most]
    return [
        JudgedPair(b, w, gap, gap if scores.graded or not gap else None, 1.0 / len(kept))
        for b, w in kept
        for gap in (_gap(scores, b, w),)
    ]


Levels = list[list[int]]
"""Completions by score: the best ones first, those of one score together, sorted by text."""

_Take = Callable[[Levels, Scores, PairsConfig, Sequence[bytes]], list[tuple[int, int]]]


def _best_worst(
    levels: Levels, scores: Scores, config: PairsConfig, texts: Sequence[bytes]
) -> list[tuple[int, int]]:
    return _product(levels[0], levels[-1]) if len(levels) > 1 else []


def _all(
    levels: Levels, scores: Scores, config: PairsConfig, texts: Sequence[bytes]
) -> list[tuple[int, int]]:
    return [
        pair
        for place, better in enumerate(levels)
        for worse in levels[place + 1 :]
        for pair in _product(better, worse)
    ]


def _adjacent(
    levels: Levels, scores: Scores, config: PairsConfig, texts: Sequence[bytes]
) -> list[tuple[int, int]]:
    return [pair for better, worse in pairwise(levels) for pair in _product(better, worse)]


def _best_random(
    levels: Levels, scores: Scores, config: PairsConfig, texts: Sequence[bytes]
) -> list[tuple[int, int]]:
    worse = [index for level in levels[1:] for index in level]
    if not worse:
        return []
    return [
        (b, min(worse, key=lambda w: _draw(texts[b], texts[w], config.seed))) for b in levels[0]
    ]


def _above_mean(
    levels: Levels, scores: Scores, config: PairsConfig, texts: Sequence[bytes]
) -> list[tuple[int, int]]:
    indices = [index for level in levels for index in level]
    mean = round(math.fsum(_value(scores, i) for i in indices) / len(indices), _DIGITS)
    above = [i for i in indices if _value(scores, i) > mean]
    below = [i for i in indices if _value(scores, i) < mean]
    return _product(above, below)


_TAKES: dict[str, _Take] = {
    "best-worst": _best_worst,
    "all": _all,
    "adjacent": _adjacent,
    "best-random": _best_random,
    "above-mean": _above_mean,
}


def _ties(levels: Levels, config: PairsConfig) -> list[tuple[int, int]]:
    """Pairs within one level, each once, in the order of their texts."""
    if config.ties == "drop":
        return []
    return [(a, b) for level in levels for place, a in enumerate(level) for b in level[place + 1 :]]


def _product(better: Sequence[int], worse: Sequence[int]) -> list[tuple[int, int]]:
    return [(b, w) for b in better for w in worse]


def _levels(ordered: Sequence[int], scores: Scores) -> Levels:
    levels: Levels = []
    for index in ordered:
        if levels and _value(scores, levels[-1][0]) == _value(scores, index):
            levels[-1].append(index)
        else:
            levels.append([index])
    return levels


def _value(scores: Scores, index: int) -> float:
    value = scores.values[index]
    assert value is not None, "only judged completions are compared"
    return value


def _gap(scores: Scores, better: int, worse: int) -> float:
    return round(_value(scores, better) - _value(scores, worse), _DIGITS)


def _weights(judgement: Judgement, config: PairsConfig) -> Mapping[str, float]:
    if {opinion.criterion for opinion in judgement.opinions} == {OVERALL}:
        return {OVERALL: 1.0}  # there is nothing to choose from
    if config.criterion is not None:
        return {config.criterion: 1.0}
    return config.weights or dict.fromkeys(judgement.overall, 1.0)


def _mean(values: Sequence[float | None], weights: Sequence[float]) -> float | None:
    if any(value is None for value in values) or not math.fsum(weights):
        return None
    products = [v * w for v, w in zip(values, weights, strict=True) if v is not None]
    return round(math.fsum(products) / math.fsum(weights), _DIGITS)


def _named(weights: Mapping[str, float]) -> str:
    if set(weights) == {OVERALL}:
        return Sentence("scores.overall")
    return ", ".join(weights) or Sentence("scores.no-criterion")


@lru_cache(maxsize=1024)
def _said(kind: Kind, criteria: str) -> Sentence:
    return Sentence(_KINDS[kind], criteria=criteria)


_KINDS: dict[Kind, str] = {
    "rating": "scores.rating",
    "rank": "scores.rank",
    "verdict": "scores.verdict",
    "accepted": "scores.accepted",
}


def _above_floors(judgement: Judgement, index: int, floors: Mapping[str, float]) -> bool:
    values = {opinion.criterion: opinion.values[index] for opinion in judgement.opinions}
    return all(
        (value := values.get(name)) is not None and value >= least for name, least in floors.items()
    )


def _floors(floors: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {least:g}" for name, least in floors.items())


def _text_key(judgement: Judgement, index: int) -> bytes:
    messages = judgement.completions[index].messages
    return "\0".join(f"{m.role}\0{m.content}\0{m.extra}" for m in messages).encode(
        "utf-8", "replace"
    )


def _draw(better: bytes, worse: bytes, seed: int) -> int:
    return xxhash.xxh3_64_intdigest(better + b"\0\0" + worse, seed)
