"""Bodies of chat completions: what is sent, and what is read of answers that may hold anything."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from prefdata.clients.trouble import (
    Complaint,
    Trouble,
    complaint_in,
    complaint_of,
    trouble_with,
)
from prefdata.records.chat import FILTERED, ChatAnswer, ChatFailure, ChatRequest, ChatUsage

WEB_PAGE = "the answer is a web page"

_MOST_TOKENS = 1 << 40  # more is no count of tokens
_PLAIN_FIELDS = frozenset({"role", "content", "reasoning", "reasoning_content"})
_encode = msgspec.json.Encoder().encode
_sorted = msgspec.json.Encoder(order="sorted").encode
_any = msgspec.json.Decoder().decode


class _Choice(msgspec.Struct, gc=False):
    message: dict[str, Any]
    finish_reason: str | None = None
    index: int = 0
    logprobs: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _Completion(msgspec.Struct, gc=False):
    choices: list[_Choice] | None = None
    usage: msgspec.Raw = msgspec.Raw(b"null")
    error: msgspec.Raw = msgspec.Raw(b"null")


class _Usage(msgspec.Struct, gc=False):
    prompt_tokens: int
    completion_tokens: int = 0


class _Candidate(msgspec.Struct, gc=False):
    token: str
    logprob: float


class _Token(_Candidate, gc=False):
    top_logprobs: list[_Candidate] | None = None


class _LogProbabilities(msgspec.Struct, gc=False):
    content: list[_Token] | None = None


_completion = msgspec.json.Decoder(_Completion).decode
_usage = msgspec.json.Decoder(_Usage).decode
_log_probabilities = msgspec.json.Decoder(_LogProbabilities | None).decode


class Completions(msgspec.Struct, gc=False):
    """What an answer holds: an outcome a choice, and prompt and completion tokens, if told."""

    outcomes: list[ChatAnswer | ChatFailure]
    usage: tuple[int, int] | None = None


def body_of(request: ChatRequest, first: int, count: int) -> bytes:
    """The body that asks for completions `first` to `first + count - 1` of a request.

    A seed is that of number 0: each number has the next one, so that no two are the same.
    """
    body = dict(_parameters(request.parameters))
    body["model"] = request.model
    body["messages"] = [
        {"role": message.role, "content": message.content}
        | (_any(message.extra) if message.extra else {})
        for message in request.messages
    ]
    if isinstance(seed := body.get("seed"), int):
        body["seed"] = seed + first
    if count > 1:
        body["n"] = count
    return _encode(body)


@lru_cache(maxsize=256)
def _parameters(text: str) -> dict[str, Any]:
    parameters: dict[str, Any] = _any(text)
    for name in ("n", "stream", "stream_options"):
        parameters.pop(name, None)
    return parameters


def read_completions(content: bytes) -> Completions | Trouble:
    """The completions in the body of an answer of status 200, or what is the matter with it."""
    try:
        body = _completion(content)
    except (ValueError, RecursionError) as error:
        if content.lstrip()[:1] == b"<":
            return Trouble("again", WEB_PAGE)
        return _odd(str(error), content)
    if (failed := _failed(body.error)) is not None:
        return failed
    if not body.choices:
        return _odd("no choices", content)
    outcomes: list[ChatAnswer | ChatFailure] = []
    for choice in _in_order(body.choices):
        if (failed := _failed(choice.error)) is not None:
            return failed
        outcome = _outcome(choice)
        if isinstance(outcome, str):
            return _odd(outcome, content)
        outcomes.append(outcome)
    return Completions(outcomes, _tokens(body.usage))


def _in_order(choices: list[_Choice]) -> list[_Choice]:
    """Choices by their numbers; as they came, where two have the same."""
    if len({choice.index for choice in choices}) < len(choices):
        return choices
    return sorted(choices, key=lambda choice: choice.index)


def with_usage(outcomes: list[ChatAnswer | ChatFailure], usage: tuple[int, int] | None) -> None:
    """Puts the tokens that an answer cost on its completions: each is counted once."""
    if usage is None:
        return
    prompt, completion = usage
    answers = [k for k, outcome in enumerate(outcomes) if isinstance(outcome, ChatAnswer)]
    for place, k in enumerate(answers):
        share = completion // len(answers) + (place < completion % len(answers))
        outcomes[k] = msgspec.structs.replace(
            outcomes[k], usage=ChatUsage(prompt if place == 0 else 0, share)
        )


def _failed(raw: msgspec.Raw) -> Trouble | None:
    """What an error in the place of an answer means, which some servers send with status 200."""
    try:
        error = _any(raw)
    except (ValueError, RecursionError):
        return Trouble("again", "the answer holds an error that is no JSON")
    if not error:
        return None
    complaint = complaint_in(error) if isinstance(error, dict) else complaint_of(_encode(error))
    return _trouble_in(complaint)


def _trouble_in(complaint: Complaint) -> Trouble:
    status = complaint.status
    return trouble_with(status if status is not None and 400 <= status < 600 else 500, complaint)


def _outcome(choice: _Choice) -> ChatAnswer | ChatFailure | str:
    """A completion, a failure, or what is wrong with the choice."""
    message = choice.message
    parts = _text(message.get("content"))
    reasoning = message.get("reasoning") or message.get("reasoning_content")
    if parts is None:
        return "content is neither text nor a list of texts"
    text, thought = parts
    reasoning = reasoning if isinstance(reasoning, str) else thought or None
    if not text and choice.finish_reason == FILTERED:
        return ChatFailure("refused-by-filter", "the server left the completion out by its filter")
    rest = {k: v for k, v in message.items() if k not in _PLAIN_FIELDS and v not in (None, [], {})}
    if not text and isinstance(refusal := rest.get("refusal"), str):
        text = refusal
    try:
        top = _top_tokens(choice.logprobs)
    except (ValueError, RecursionError) as error:
        return f"logprobs: {error}"
    extra = _sorted(rest).decode() if rest else None
    return ChatAnswer(text, choice.finish_reason, reasoning, None, top, extra)


def _text(content: Any) -> tuple[str, str] | None:
    """Text and thoughts of a message's content."""
    if content is None or isinstance(content, str):
        return content or "", ""
    if not isinstance(content, list):
        return None
    texts, thoughts = [], []
    for part in content:
        if not isinstance(part, dict):
            return None
        if isinstance(text := part.get("text"), str):
            texts.append(text)
        elif (inner := _text(part.get("thinking"))) is not None and part.get("thinking"):
            thoughts.append(inner[0])
        else:
            return None
    return "".join(texts), "".join(thoughts)


def _top_tokens(raw: msgspec.Raw) -> tuple[tuple[tuple[str, float], ...], ...]:
    told = _log_probabilities(raw)
    if told is None or told.content is None:
        return ()
    return tuple(
        tuple((each.token, each.logprob) for each in token.top_logprobs or [token])
        for token in told.content
    )


def _tokens(raw: msgspec.Raw) -> tuple[int, int] | None:
    """Prompt and completion tokens; None: not told, or no such numbers: they are estimated then."""
    try:
        usage = _usage(raw)
    except (ValueError, RecursionError):
        return None
    counts = usage.prompt_tokens, usage.completion_tokens
    return counts if all(0 <= count < _MOST_TOKENS for count in counts) else None


def _odd(why: str, content: bytes) -> Trouble:
    start = complaint_of(content[:200]).message if content else "nothing"
    return Trouble("again", f"no chat completion ({why[:120]}): {start}")
