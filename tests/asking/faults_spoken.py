"""What the fault server says in the place of an answer, by name."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from email.utils import formatdate
from time import time
from typing import Any

Choices = list[dict[str, Any]]


@dataclass(frozen=True)
class Spoken:
    """Status, body and headers. `cut`: bytes of all after which the connection ends; `delay`:
    seconds before; `is_answer`: the client can take completions from it."""

    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    delay: float = 0.0
    is_answer: bool = False


def error(status: int, message: str, code: str | None = None, **headers: str) -> Spoken:
    """An error in OpenAI's form."""
    body = {"error": {"message": message, "type": "error", "param": None, "code": code}}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Spoken(status, json.dumps(body).encode(), named)


def completion(choices: Choices, prompt_tokens: int, **more: Any) -> dict[str, Any]:
    """A chat completion, as the protocol has it. All have the same id, which says nothing."""
    tokens = sum(len(c["message"].get("content") or "") for c in choices) // 4
    return {
        "id": "chatcmpl-0",
        "object": "chat.completion",
        "created": 0,
        "model": "m",
        "choices": choices,
        "usage": {
            "prompt_tokens": prompt_tokens,
            "completion_tokens": tokens,
            "total_tokens": prompt_tokens + tokens,
        },
    } | more


TRANSIENT = (
    "429", "429-seconds", "429-date", "500", "502-html", "503", "529", "408", "cut-early",
    "cut-head", "cut-body", "slow", "no-json", "half-json", "wrong-types", "null-choices",
    "no-choices", "fewer", "more", "one-of-many", "same-index", "error-in-200", "deep",
    "invalid-utf8",
)  # fmt: skip
"""Faults after which another attempt, or what is left, succeeds."""

UNCOUNTED = ("no-usage", "odd-usage")
"""Answers without tokens that can be counted. They are taken, so they come with each attempt: what
is stored must not depend on which attempt was the last before a kill."""

FINAL = ("filter", "filter-200", "too-long", "413", "bad")
"""Faults that come again with each attempt, and the reason that a client should see."""

REASONS = {
    "filter": "refused-by-filter",
    "filter-200": "refused-by-filter",
    "too-long": "too-long",
    "413": "too-long",
    "bad": "bad-request",
}


def _with(body: dict[str, Any]) -> Spoken:
    return Spoken(body=json.dumps(body).encode(), is_answer=True)


def _filtered(choice: dict[str, Any]) -> dict[str, Any]:
    message = {"role": "assistant", "content": None}
    return choice | {"message": message, "finish_reason": "content_filter"}


def _saying(choice: dict[str, Any], text: str) -> dict[str, Any]:
    return choice | {"message": {"role": "assistant", "content": text, "note": [text]}}


_FIXED: dict[str, Spoken] = {
    "429": error(429, "Rate limit reached", "rate_limit_exceeded"),
    "429-seconds": error(429, "Rate limit reached", Retry_After="0.05"),
    "429-long": error(429, "Daily limit reached", Retry_After="86400"),
    "500": error(500, "The server had an error"),
    "502-html": Spoken(502, b"<html><h1>Bad Gateway</h1></html>", {"Content-Type": "text/html"}),
    "503": error(503, "Loading model"),
    "529": error(529, "Overloaded"),
    "408": error(408, "Request timeout"),
    "cut-early": Spoken(cut=0),
    "no-json": Spoken(body=b"upstream connect error"),
    "error-in-200": Spoken(body=json.dumps({"error": {"code": 502, "message": "no"}}).encode()),
    "deep": Spoken(body=b'{"choices":' + b"[" * 50_000),
    "invalid-utf8": Spoken(body=b'{"choices": [{"message": {"content": "\xff\xfe"}}]}'),
    "filter": error(400, "The response was filtered", "content_filter"),
    "too-long": error(400, "maximum context length is 8", "context_length_exceeded"),
    "413": error(413, "Payload too large"),
    "bad": error(400, "Invalid value for 'messages'"),
    "403": error(403, "Forbidden"),
    "404": error(404, "The model `m` does not exist", "model_not_found"),
    "402": error(402, "Payment required"),
    "quota": error(429, "You exceeded your current quota", "insufficient_quota"),
    "moved": Spoken(307, b"", {"Location": "http://127.0.0.1:9/v1"}),
    "endless": Spoken(body=b'{"choices": [{"message": {"content": "' + b"a" * 3_000_000),
    "page": Spoken(body=b"<!doctype html><title>Log in</title>"),
}
"""What is said whatever was asked."""


def spoken(
    name: str, choices: Choices, prompt_tokens: int, slow: float, authorization: str = ""
) -> Spoken:
    """What is said for a fault, or for "none"; some repeat the key in `authorization`."""
    if name in _FIXED:
        return _FIXED[name]
    whole = completion(choices, prompt_tokens)
    content = json.dumps(whole).encode()
    if name == "none":
        return Spoken(body=content, is_answer=True)
    key = authorization.removeprefix("Bearer ")
    said: dict[str, Spoken] = {
        "429-date": error(429, "Rate limit reached", Retry_After=formatdate(time(), usegmt=True)),
        "cut-head": Spoken(body=content, cut=20),
        "cut-body": Spoken(body=content, cut=len(content) // 2 + 60),
        "slow": Spoken(body=content, delay=slow, is_answer=True),
        "half-json": Spoken(body=content[: len(content) // 2]),
        "wrong-types": Spoken(body=json.dumps(whole | {"choices": [{"message": 3}]}).encode()),
        "null-choices": Spoken(body=json.dumps(whole | {"choices": None}).encode()),
        "no-choices": Spoken(body=json.dumps(whole | {"choices": []}).encode()),
        "fewer": _with(completion(choices[:-1] or choices, prompt_tokens)),
        "one-of-many": _with(completion(choices[:1], prompt_tokens)),
        "more": _with(whole | {"choices": [*choices, *choices]}),
        "same-index": _with(completion([c | {"index": 0} for c in choices], prompt_tokens)),
        "no-usage": _with({k: v for k, v in whole.items() if k != "usage"}),
        "odd-usage": _with(whole | {"usage": {"prompt_tokens": "many", "completion_tokens": -1}}),
        "filter-200": _with(completion([_filtered(c) for c in choices], prompt_tokens)),
        "401": error(401, "Incorrect API key provided"),
        "401-echo": error(401, f"Incorrect API key provided: {key}."),
        "bad-echo": error(400, "x" * 290 + f"no such field, {key}"),
        "500-echo": Spoken(500, ("Authorization " + key).encode(), {"Content-Type": "text/plain"}),
        "echo": _with(completion([_saying(c, key) for c in choices], prompt_tokens)),
        "echo-escaped": Spoken(
            body=json.dumps(completion([_saying(c, key) for c in choices], 1))
            .replace(key or "?", "".join(f"\\u{ord(sign):04x}" for sign in key))
            .encode()
        ),
    }
    return said[name]
