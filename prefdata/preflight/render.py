"""From a record to the two texts that a trainer tokenises."""

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
"""A record as `RecordBatch.to_pylist` gives it."""


class Sides(NamedTuple):
    """The whole text of each side, prompt and completion."""

    chosen: str
    rejected: str


class Failure(NamedTuple):
    """Why no text could be made of a row."""

    evidence: Sentence


def render_chat(row: Row, tokenizer: Tokenizer) -> Sides | Failure:
    """Both sides through the chat template of the tokenizer, without a generation prompt.

    The template belongs to the tokenizer and runs in the sandbox of transformers; the texts of
    the row are only ever values in it.
    """
    prompt = [_expanded(message) for message in row["prompt"]]
    tools = tools_of(row["metadata"])
    texts = []
    for side in ("chosen", "rejected"):
        conversation = prompt + [_expanded(message) for message in row[side]]
        what = Sentence("template.side", side=side)
        text = _templated(conversation, tools, tokenizer, what)
        if isinstance(text, Failure):
            return text
        texts.append(text)
    return Sides(*texts)


def render_plain(row: Row, tokenizer: Tokenizer) -> Sides:
    """Both sides as trainers join standard rows: prompt, completion, EOS where it is missing."""
    prompt = _text_of(row["prompt"])
    eos = tokenizer.eos_token or ""
    completions = (_text_of(row[side]) for side in ("chosen", "rejected"))
    return Sides(*(prompt + text + ("" if text.endswith(eos) else eos) for text in completions))


def render_prompt(row: Row, tokenizer: Tokenizer) -> str | Failure:
    """The prompt alone, as `render_chat` or `render_plain` put it before both sides.

    A template may put a prompt otherwise when nothing follows it.
    """
    if tokenizer.chat_template is None:
        return _text_of(row["prompt"])
    prompt = [_expanded(message) for message in row["prompt"]]
    alone = Sentence("template.prompt")
    return _templated(prompt, tools_of(row["metadata"]), tokenizer, alone)


def _templated(
    conversation: list[MessageDict], tools: list[Any] | None, tokenizer: Tokenizer, what: Sentence
) -> str | Failure:
    try:
        text: str = tokenizer.apply_chat_template(conversation, tools=tools, tokenize=False)
    except ImportError as error:
        raise MissingExtraError(f"Chat templates cannot be run: {error}") from error
    except Exception as error:  # noqa: BLE001 - a template is a program and may raise anything
        return Failure(Sentence("template.fails", what=what, error=_one_line(error)))
    return text


def _expanded(message: MessageDict) -> MessageDict:
    """The message as its source had it: the fields in `extra` stand beside role and content."""
    plain = {"role": message["role"], "content": message["content"]}
    if message["extra"] is None:
        return plain
    return plain | msgspec.json.decode(message["extra"], type=dict[str, Any])


def _text_of(messages: Sequence[MessageDict]) -> str:
    return "\n\n".join(message["content"] for message in messages if message["content"])


def _one_line(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"
