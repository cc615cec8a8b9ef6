"""Judgements for tests: random ones, and short ways to write one."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from prefdata.records.judgement import OVERALL, Completion, Judgement, Opinion
from prefdata.records.record import assistant, user


def judged(
    texts: Sequence[str],
    kind: str,
    values: Sequence[float | None],
    *,
    prompt: str = "q",
    judge: str | None = None,
    criterion: str = OVERALL,
) -> Judgement:
    """A judgement of texts by one criterion."""
    opinion = Opinion(kind, tuple(values), criterion)  # type: ignore[arg-type]
    return Judgement(
        (user(prompt),),
        tuple(Completion((assistant(text),)) for text in texts),
        (opinion,),
        (criterion,),
        judge=judge,
    )


def random_judgement(random: Random, *, prompt: str = "q") -> Judgement:
    """A judgement of 1 to 7 different texts, of any kind, with ties and missing values."""
    count = random.randrange(1, 8)
    texts = random.sample([f"text {number}" for number in range(20)], count)
    kind = random.choice(["rating", "rank", "accepted"] + ["verdict"] * (count == 2))
    if kind == "verdict":
        strength = float(random.randrange(0, 4))
        values: list[float | None] = random.sample([strength, 0.0], 2)
    elif kind == "accepted":
        values = [random.choice([0.0, 1.0, None]) for _ in range(count)]
    else:
        values = [random.choice([None, *map(float, range(1, 6))]) for _ in range(count)]
    return judged(texts, kind, values, prompt=prompt)
