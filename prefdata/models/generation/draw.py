"""Drawing the next token of each completion, by numbers that were drawn for it beforehand."""

from __future__ import annotations

from typing import Any


def drawn(logits: Any, uniforms: Any, temperatures: Any, top_p: Any, top_k: Any) -> Any:
    """The next token (n) of n completions.

    `logits` (n, tokens); the others (n). The token is where the cumulated probabilities, in the
    order of the tokens' numbers, pass the uniform number: one number a token, so that no draw
    depends on what else is in the batch. With temperature 0 it is the likeliest token.
    """
    likeliest = logits.argmax(dim=-1)
    if not bool((temperatures > 0).any()):
        return likeliest
    cold = temperatures.clamp(min=1e-6).unsqueeze(1)
    chances = (logits.double() / cold).softmax(dim=-1)
    if bool((top_p < 1).any()) or bool((top_k > 0).any()):
        chances = _nucleus(chances, top_p, top_k)
    cumulated = chances.cumsum(dim=-1)
    places = uniforms.unsqueeze(1) * cumulated[:, -1:]
    found = (cumulated <= places).sum(dim=-1).clamp(max=logits.shape[-1] - 1)
    return found.where(temperatures > 0, likeliest)


def _nucleus(chances: Any, top_p: Any, top_k: Any) -> Any:
    """The chances, without those of tokens beyond the likeliest `top_k`, or beyond the likeliest
    that have `top_p` together."""
    import torch

    ordered, places = chances.sort(dim=-1, descending=True, stable=True)
    before = ordered.cumsum(dim=-1) - ordered
    rank = torch.arange(ordered.shape[-1], device=chances.device).unsqueeze(0)
    most = top_k.where(top_k > 0, torch.full_like(top_k, ordered.shape[-1])).unsqueeze(1)
    kept = ((before < top_p.unsqueeze(1)) | (top_p >= 1).unsqueeze(1)) & (rank < most)
    return torch.zeros_like(chances).scatter(-1, places, ordered * kept)
