"""Rendering a record to the two texts that a trainer tokenises."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec

from prefdata.errors import MissingExtraError
from prefdata.preflight.tokenizer import Tokenizer
from prefdata.records.tools import tools_of
from prefdata.results.sentences import Sentence

MessageDict = dict[str, Any]
Row = Mapping[str, Any]
"""A record as a dict of `RecordBatch.to_pylist`."""


class Sides(NamedTuple):
    """The full text of each side: prompt and completion."""

    chosen: str
    rejected: str


class Failure(NamedTuple):
    """The reason why a row could not be rendered."""

    evidence: Sentence


def render_chat(row: Row, tokenizer: Tokenizer) -> Sides | Failure:
    """Both sides rendered by the chat template of the tokenizer, without a generation prompt.

    The template comes with the tokenizer and runs in the sandbox of transformers; the texts of the
    row are only passed as values.
    """
    prompt = [_with_extra(message) for message in row["prompt"]]
    tools = tools_of(row["metadata"])
    texts = []
    for side in ("chosen", "rejected"):
        conversation = prompt + [_with_extra(message) for message in row[side]]
        what = Sentence("template.side", side=side)
        text = _apply_template(conversation, tools, tokenizer, what)
        if isinstance(text, Failure):
            return text
        texts.append(text)
    return Sides(*texts)


def render_plain(row: Row, tokenizer: Tokenizer) -> Sides:
    """Both sides as trainers join standard rows: prompt, completion, and EOS if missing."""
    prompt = _text_of(row["prompt"])
    eos = tokenizer.eos_token or ""
    completions = (_text_of(row[side]) for side in ("chosen", "rejected"))
    return Sides(*(prompt + text + ("" if text.endswith(eos) else eos) for text in completions))


def render_prompt(row: Row, tokenizer: Tokenizer) -> str | Failure:
    """The prompt alone, as rendered by `render_chat` or `render_plain`.

    A template may render a prompt differently if nothing follows it.
    """
    if tokenizer.chat_template is None:
        return _text_of(row["prompt"])
    prompt = [_with_extra(message) for message in row["prompt"]]
    alone = Sentence("template.prompt")
    return _apply_template(prompt, tools_of(row["metadata"]), tokenizer, alone)


def _apply_template(
    conversation: list[MessageDict], tools: list[Any] | None, tokenizer: Tokenizer, what: Sentence
) -> str | Failure:
    try:
        text: str = tokenizer.apply_chat_template(conversation, tools=tools, tokenize=False)
    except ImportError as error:
        raise MissingExtraError(f"Chat templates cannot be run: {error}") from error
    except Exception as error:  # noqa: BLE001 - a template is a program and may raise anything
        return Failure(Sentence("template.fails", what=what, error=_one_line(error)))
    return text


def _with_extra(message: MessageDict) -> MessageDict:
    """The message with the fields of `extra` at the top level, as in its source."""
    plain = {"role": message["role"], "content": message["content"]}
    if message["extra"] is None:
        return plain
    return plain | msgspec.json.decode(message["extra"], type=dict[str, Any])


def _text_of(messages: Sequence[MessageDict]) -> str:
    return "\n\n".join(message["content"] for message in messages if message["content"])


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
