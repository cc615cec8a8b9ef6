"""Locating the prompt in the tokens of a row, and removing tokens from its beginning."""

from __future__ import annotations

from typing import NamedTuple

from prefdata.preflight.render import Failure, render_prompt
from prefdata.preflight.sides import SideIds
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.preflight.tokens import Ids, encode


class PromptTokens(NamedTuple):
    """The position of the prompt in both sides: `opening` special tokens (BOS or [CLS]) come first;
    the tokens from there to `end` contain only text of the prompt."""

    opening: int
    end: int

    @property
    def removable(self) -> int:
        """How many tokens can be removed from the beginning, so that the last one remains."""
        return max(self.end - self.opening - 1, 0)


def prompt_tokens(sides: SideIds, tokenizer: Tokenizer) -> PromptTokens | Failure:
    """The position of the prompt of a row in the tokens of its sides; Failure if it cannot be
    rendered.

    The prompt is rendered and tokenised alone. The longest common prefix of its tokens with both
    sides certainly belongs to the prompt. (A chat template may end a prompt without completion
    differently, and a tokenizer may merge the last characters of the prompt with the first ones of
    a completion; such tokens count as the completion's.) The common prefix of both sides alone
    would not do, since completions may begin alike.
    """
    text = render_prompt(sides.row, tokenizer)
    if isinstance(text, Failure):
        return text
    opening = _opening(sides.chosen, tokenizer)
    [prompt] = encode([text], tokenizer, special_tokens=False)
    if (
        prompt[:opening] != sides.chosen[:opening]
    ):  # BOS is written by the template, else by the tokenizer
        prompt = sides.chosen[:opening] + prompt
    end = min(_alike(prompt, sides.chosen), _alike(prompt, sides.rejected))
    return PromptTokens(opening, max(end, opening))


def without_beginning(side: Ids, prompt: PromptTokens, tokens: int) -> Ids:
    """A side without the first `tokens` tokens of its prompt; special tokens before it are kept."""
    return side[: prompt.opening] + side[prompt.opening + tokens :]


def _opening(side: Ids, tokenizer: Tokenizer) -> int:
    firsts = {getattr(tokenizer, name, None) for name in ("bos_token_id", "cls_token_id")}
    return 1 if side and side[0] in firsts else 0


def _alike(one: Ids, other: Ids) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
