"""Where the prompt ends in the tokens of a row, and what can be taken off its beginning."""

from __future__ import annotations

from typing import NamedTuple

from prefdata.preflight.render import Failure, render_prompt
from prefdata.preflight.sides import SideIds
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.preflight.tokens import Ids, encoded


class PromptTokens(NamedTuple):
    """Both sides begin with `opening` special tokens (BOS or [CLS]), which are no one's text;
    the tokens from there to `end` hold text of the prompt alone."""

    opening: int
    end: int

    @property
    def removable(self) -> int:
        """Tokens that can go from the beginning so that one of the prompt, the last, stays."""
        return max(self.end - self.opening - 1, 0)


def prompt_tokens(sides: SideIds, tokenizer: Tokenizer) -> PromptTokens | Failure:
    """Where the prompt of a row stands in the tokens of its sides.

    The prompt is rendered and tokenised alone. The tokens that it then begins with alike with both
    sides lie in the prompt for certain: they spell its beginning. (A chat template may end a prompt
    that is alone otherwise, and a tokenizer may join the last characters of the prompt with the
    first ones of a completion; such tokens count as the completion's.) What both sides begin with
    would not do, since completions too may begin alike.
    """
    text = render_prompt(sides.row, tokenizer)
    if isinstance(text, Failure):
        return text
    opening = _opening(sides.chosen, tokenizer)
    [prompt] = encoded([text], tokenizer, special_tokens=False)
    if prompt[:opening] != sides.chosen[:opening]:  # a template writes BOS, else the tokenizer does
        prompt = sides.chosen[:opening] + prompt
    end = min(_alike(prompt, sides.chosen), _alike(prompt, sides.rejected))
    return PromptTokens(opening, max(end, opening))


def without_beginning(side: Ids, prompt: PromptTokens, tokens: int) -> Ids:
    """A side without the first tokens of its prompt; special tokens before them stay."""
    return side[: prompt.opening] + side[prompt.opening + tokens :]


def _opening(side: Ids, tokenizer: Tokenizer) -> int:
    firsts = {getattr(tokenizer, name, None) for name in ("bos_token_id", "cls_token_id")}
    return 1 if side and side[0] in firsts else 0


def _alike(one: Ids, other: Ids) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))
