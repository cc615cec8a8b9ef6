"""Rendering a record to the two texts that a trainer tokenises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from prefdata.preflight.template_child import Ask, Rendering
from prefdata.preflight.template_process import rendered_texts
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.records.tools import tools_of
from prefdata.results.sentences import Sentence

MessageDict = dict[str, Any]
Row = Mapping[str, Any]
"""A record as a dict of `RecordBatch.to_pylist`."""


class RenderedSides(NamedTuple):
    """The full text of each side: prompt and completion."""

    chosen: str
    rejected: str


class Failure(NamedTuple):
    """The reason why a row could not be rendered."""

    evidence: Sentence


def render_chat(rows: Sequence[Row], tokenizer: Tokenizer) -> list[RenderedSides | Failure]:
    """Both sides of each row, rendered by the chat template of the tokenizer without a generation
    prompt.

    The template comes with the tokenizer and runs in the sandbox of transformers, in a process of
    its own; the texts of the rows are only passed as values. Raises ModelError if it exceeds the
    limits of `rendered_texts`.
    """
    asks: list[Ask] = []
    for row in rows:
        prompt = [_with_extra(message) for message in row["prompt"]]
        tools = tools_of(row["metadata"])
        sides = ([_with_extra(message) for message in row[side]] for side in _SIDES)
        asks += [Ask(prompt + side, tools) for side in sides]
    answers = rendered_texts(tokenizer, asks)
    return list(map(_both, answers[::2], answers[1::2]))


_SIDES = ("chosen", "rejected")


def _both(*answers: Rendering) -> RenderedSides | Failure:
    for side, answer in zip(_SIDES, answers, strict=True):
        if answer.text is None:
            return _failure(answer, Sentence("template.side", side=side))
    return RenderedSides(*(answer.text or "" for answer in answers))


def _failure(answer: Rendering, what: Sentence) -> Failure:
    error = f"{answer.error}: {answer.message}"
    return Failure(Sentence("template.fails", what=what, error=error))


def render_plain(row: Row, tokenizer: Tokenizer) -> RenderedSides:
    """Both sides as trainers join standard rows: prompt, completion, and EOS if missing."""
    prompt = _text_of(row["prompt"])
    eos = tokenizer.eos_token or ""
    completions = (_text_of(row[side]) for side in ("chosen", "rejected"))
    return RenderedSides(
        *(prompt + text + ("" if text.endswith(eos) else eos) for text in completions)
    )


def render_prompt(row: Row, tokenizer: Tokenizer) -> str | Failure:
    """The prompt alone, as rendered by `render_chat` or `render_plain`.

    A template may render a prompt differently if nothing follows it.
    """
    if tokenizer.chat_template is None:
        return _text_of(row["prompt"])
    prompt = [_with_extra(message) for message in row["prompt"]]
    [answer] = rendered_texts(tokenizer, [Ask(prompt, tools_of(row["metadata"]))])
    return _failure(answer, Sentence("template.prompt")) if answer.text is None else answer.text


def _with_extra(message: MessageDict) -> MessageDict:
    """The message with the fields of `extra` at the top level, as in its source."""
    plain = {"role": message["role"], "content": message["content"]}
    if message["extra"] is None:
        return plain
    return plain | msgspec.json.decode(message["extra"], type=dict[str, Any])


def _text_of(messages: Sequence[MessageDict]) -> str:
    return "\n\n".join(message["content"] for message in messages if message["content"])
