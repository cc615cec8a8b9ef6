"""Fitting a row to the maximum length of training: truncating its sides, or a reason to drop it."""

from __future__ import annotations

from typing import NamedTuple

from prefdata.config.reward import LengthConfig
from prefdata.preflight.examine import IDENTICAL, TEMPLATE, TOO_LONG, same_to_tokenizer, too_long
from prefdata.preflight.prompt_tokens import prompt_tokens, without_beginning
from prefdata.preflight.render import Failure
from prefdata.preflight.sides import SideIds
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.preflight.tokens import Ids

NO_TOKENS, TRUNCATED = "no-tokens", "prompt-truncated"


class Fit(NamedTuple):
    """The ids of (chosen, rejected), with an optional reason to flag the row; or None, and the
    reason to drop it."""

    sides: tuple[Ids, Ids] | None
    reason: str | None = None
    evidence: str | None = None


def fit(sides: SideIds | Failure, tokenizer: Tokenizer, config: LengthConfig) -> Fit:
    """The sides of a row for training, truncated as `config.beyond` asks.

    Truncation removes the same tokens from both sides.
    """
    if isinstance(sides, Failure):
        return Fit(None, TEMPLATE, sides.evidence)
    chosen, rejected = sides.chosen, sides.rejected
    if not chosen or not rejected:
        return Fit(None, NO_TOKENS, f"chosen {len(chosen)} tokens, rejected {len(rejected)}")
    if chosen == rejected:
        return Fit(None, IDENTICAL, same_to_tokenizer(len(chosen)))
    if max(len(chosen), len(rejected)) <= config.tokens:
        return Fit((chosen, rejected))
    evidence = too_long(len(chosen), len(rejected), config.tokens)
    if config.beyond == "truncate-prompt-left":
        return _truncated(sides, tokenizer, config.tokens, evidence)
    return Fit(None, TOO_LONG, evidence)


def _truncated(sides: SideIds, tokenizer: Tokenizer, limit: int, evidence: str) -> Fit:
    prompt = prompt_tokens(sides, tokenizer)
    if isinstance(prompt, Failure):
        return Fit(None, TOO_LONG, f"{evidence}; {prompt.evidence}")
    excess = max(len(sides.chosen), len(sides.rejected)) - limit
    if excess > prompt.removable:
        return Fit(None, TOO_LONG, f"{evidence}, of which {prompt.removable} could go")
    cut = [without_beginning(side, prompt, excess) for side in (sides.chosen, sides.rejected)]
    return Fit((cut[0], cut[1]), TRUNCATED, f"{evidence}: the first {excess} of the prompt left")
