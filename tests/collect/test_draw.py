"""Tokens are drawn as often as their probabilities say, by one uniform number each."""

from __future__ import annotations

import pytest

LOGITS = [2.0, 1.0, 0.0, -1.0, 1.5]


def frequencies(temperature: float, top_p: float, top_k: int) -> list[float]:
    import torch

    from prefdata.models.generation.draw import drawn

    count = 20_000
    uniforms = (torch.arange(count, dtype=torch.float64) + 0.5) / count
    tokens = drawn(
        torch.tensor(LOGITS).repeat(count, 1),
        uniforms,
        torch.full((count,), temperature),
        torch.full((count,), top_p),
        torch.full((count,), top_k),
    )
    return [round(float(x), 3) for x in torch.bincount(tokens, minlength=5) / count]


def expected(temperature: float, kept: list[int]) -> list[float]:
    import torch

    chances = (torch.tensor(LOGITS, dtype=torch.float64) / temperature).softmax(0)
    chances = torch.tensor([c if n in kept else 0.0 for n, c in enumerate(chances.tolist())])
    return [round(float(c), 3) for c in chances / chances.sum()]


@pytest.mark.parametrize(
    ("temperature", "top_p", "top_k", "kept"),
    [
        (1.0, 1.0, 0, [0, 1, 2, 3, 4]),
        (0.5, 1.0, 0, [0, 1, 2, 3, 4]),
        (2.0, 1.0, 2, [0, 4]),
        (1.0, 0.6, 0, [0, 4]),
        (1.0, 0.4, 0, [0]),
        (1.0, 0.99, 3, [0, 1, 4]),
    ],
)
def test_frequencies_are_the_probabilities(
    temperature: float, top_p: float, top_k: int, kept: list[int]
) -> None:
    assert frequencies(temperature, top_p, top_k) == pytest.approx(
        expected(temperature, kept), abs=2e-3
    )


def test_without_temperature_it_is_the_likeliest() -> None:
    assert frequencies(0.0, 1.0, 0) == [1.0, 0.0, 0.0, 0.0, 0.0]
