"""What is asked of a language model, and what it answers, as values."""

from __future__ import annotations

import hashlib
from typing import Any, Literal

import msgspec

from prefdata.records.record import Message

FailureReason = Literal["refused-by-filter", "too-long", "bad-request", "gave-up"]
"""Why a request has no answer. gave-up: it might have one, if it is asked again later."""

STOP, LENGTH, FILTERED = "stop", "length", "content_filter"
"""Reasons why a completion ended: by itself, cut off by the limit of tokens, by a filter."""


class ChatRequest(msgspec.Struct, frozen=True, gc=False):
    """A conversation that a model goes on with, as often as is asked of it.

    `parameters`: JSON text (an object, its keys sorted) of what the request states besides, such as
    temperature, top_p, max_tokens, stop, seed. Completions of one request are numbered from 0, and
    differ by chance only.
    """

    model: str
    messages: tuple[Message, ...]
    parameters: str = "{}"

    @property
    def key(self) -> str:
        """What the request is told by, for ever: SHA-256 (hex) of all its fields."""
        return hashlib.sha256(_encode(self)).hexdigest()


_encode = msgspec.json.Encoder(order="sorted").encode


class ChatUsage(msgspec.Struct, frozen=True, gc=False):
    """Tokens of one completion, such that sums are what was paid for.

    `prompt`: those of the prompt, for the first of several completions that were asked for at once;
    0 for the others. `completion`: servers tell the sum of all; it is divided evenly among them.
    """

    prompt: int = 0
    completion: int = 0


class ChatAnswer(msgspec.Struct, frozen=True, gc=False):
    """One completion. `reasoning`: what the model thought before, where a server tells it apart.

    `finish`: why it ended, as the server says it. `top_tokens`: for each of the first tokens, the
    candidates with their log probabilities (natural), where they were asked for. `extra`: JSON text
    of other fields of the message, such as tool calls.
    """

    text: str
    finish: str | None = None
    reasoning: str | None = None
    usage: ChatUsage | None = None
    top_tokens: tuple[tuple[tuple[str, float], ...], ...] = ()
    extra: str | None = None


class ChatFailure(msgspec.Struct, frozen=True, gc=False):
    """A completion that did not come. `said`: by the server, without credentials, shortened."""

    reason: FailureReason
    said: str = ""

    @property
    def is_final(self) -> bool:
        """Whether asking again would change nothing."""
        return self.reason != "gave-up"


class Asked(msgspec.Struct, frozen=True, gc=False):
    """Completions that are asked for: those numbers of a request that are missing, ascending."""

    request: ChatRequest
    key: str
    numbers: tuple[int, ...]

    def groups(self, *, is_native: bool) -> list[tuple[int, ...]]:
        """The numbers as they are asked for: one by one, or (`is_native`) together where they
        follow each other, since a seed is that of the first one and counts up.

        >>> Asked(ChatRequest("m", ()), "", (0, 1, 3)).groups(is_native=True)
        [(0, 1), (3,)]
        """
        if not is_native:
            return [(number,) for number in self.numbers]
        if self.numbers[-1] - self.numbers[0] == len(self.numbers) - 1:
            return [self.numbers]
        runs: list[tuple[int, ...]] = []
        for number in self.numbers:
            if runs and runs[-1][-1] + 1 == number:
                runs[-1] += (number,)
            else:
                runs.append((number,))
        return runs


class Reply(msgspec.Struct, frozen=True, gc=False):
    """What became of one completion that was asked for."""

    key: str
    number: int
    outcome: ChatAnswer | ChatFailure


def parameters_text(parameters: dict[str, Any]) -> str:
    """The canonical text of parameters; those that are None are left out.

    What is inside of a parameter stays in its order: in a schema it is that of the reply.

    >>> parameters_text({"temperature": 0.7, "seed": None, "max_tokens": 5})
    '{"max_tokens":5,"temperature":0.7}'
    """
    given = {name: parameters[name] for name in sorted(parameters)}
    stated = {name: value for name, value in given.items() if value is not None}
    return msgspec.json.encode(stated).decode()


BYTES_A_TOKEN, TOKENS_A_MESSAGE = 4, 4
"""The rule of thumb where no tokenizer and no server counts: English text has some 4 bytes a token,
Chinese 3 or 4; a role costs some tokens too."""


def tokens_by_thumb(messages: tuple[Message, ...]) -> int:
    """About how many tokens messages have, by the rule of thumb.

    >>> from prefdata.records.record import user
    >>> tokens_by_thumb((user("Why is the sky blue?"),))
    9
    """
    size = 0
    for message in messages:
        text = (message.content or "") + (message.extra or "")
        size += len(text) if text.isascii() else len(text.encode("utf-8", "replace"))
    return -(-size // BYTES_A_TOKEN) + TOKENS_A_MESSAGE * len(messages)


def tokens_by_thumb_of(answer: ChatAnswer) -> int:
    """About how many tokens a completion has, by the rule of thumb."""
    text = answer.text + (answer.reasoning or "") + (answer.extra or "")
    return -(-len(text.encode("utf-8", "replace")) // BYTES_A_TOKEN)


def most_tokens(request: ChatRequest) -> int | None:
    """How many tokens a completion may have, by the parameters of its request; None: not stated.

    >>> most_tokens(ChatRequest("m", (), '{"max_tokens":5}'))
    5
    """
    parameters = msgspec.json.decode(request.parameters)
    stated = parameters.get("max_completion_tokens", parameters.get("max_tokens"))
    return stated if isinstance(stated, int) else None
