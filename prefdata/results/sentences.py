"""Sentences of results as a code and values, which render in English and in Chinese.

Between steps, in the workspace of a run and for the page of a report, a sentence is passed as its
code and values. `sentences.json` maps a code to an English and a Chinese template. Both name the
same values in braces, with a format for numbers; the format of a tuple of texts (`{names:, }`) is
their separator. A value may itself be a sentence: it is rendered in the language of the outer one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, TypeVar

import msgspec
from pydantic import ValidatorFunctionWrapHandler, WrapValidator

Value = str | int | float | tuple[str, ...]
"""A value of a template: a name, a number, another sentence, or a tuple of names or sentences."""


Result = TypeVar("Result")


class Sentence(str):
    """A str, the English text, with its `code` (a key of `templates()`) and its `values`.

    Printed or written, it is plain English text. Join sentences with `joined`: an f-string loses
    code and values.

    >>> few = Sentence("power.too-few", planted=12, least=20)
    >>> print(few)
    no interval: 12 flips were planted, 20 are needed
    >>> chinese(few)
    '没有区间：只标反了 12 个，至少需要 20 个'
    """

    __slots__ = ("code", "values")
    code: str
    values: Mapping[str, Value]

    def __new__(cls, code: str, /, **values: Value) -> Sentence:
        english, _ = templates()[code]
        sentence = super().__new__(cls, _fill(english, values, str))
        sentence.code, sentence.values = code, values
        return sentence

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[dict[str, Any]]]:
        return unpacked, (packed(self),)


@cache
def templates() -> dict[str, tuple[str, str]]:
    """Code to (English template, Chinese template)."""
    text = (files("prefdata.results") / "sentences.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, tuple[str, str]])


def chinese(text: str) -> str:
    """The Chinese text of a sentence; any other text, such as a name, unchanged."""
    if not isinstance(text, Sentence):
        return text
    _, template = templates()[text.code]
    return _fill(template, text.values, chinese)


def joined(*texts: str) -> Sentence:
    """Several texts as clauses of one sentence; joined sentences among them are flattened.

    >>> print(joined(joined("a", "b"), "c"))
    a; b; c
    """
    clauses: list[str] = []
    for text in texts:
        clauses += _clauses(text)
    return Sentence("clauses", clauses=tuple(clauses))


def packed(sentence: Sentence) -> dict[str, Any]:
    """A sentence as a dict of code and values; sentences among the values are left as they are."""
    return {"code": sentence.code, "values": dict(sentence.values)}


def unpacked(value: Any) -> Any:
    """The inverse of `packed`, also for sentences among the values; other values unchanged."""
    if isinstance(value, dict):
        values = {name: unpacked(inner) for name, inner in value["values"].items()}
        return Sentence(value["code"], **values)
    return tuple(map(unpacked, value)) if isinstance(value, list) else value


def to_json(value: object) -> bytes:
    """A value as JSON for `from_json`; sentences in it are encoded as code and values."""
    return msgspec.json.encode(value, enc_hook=_packed)


def from_json(written: bytes, kind: type[Result]) -> Result:
    """The value that `to_json` encoded, decoded as `kind`."""
    return msgspec.json.decode(written, type=kind, dec_hook=lambda _, value: unpacked(value))


def sentence_json(text: str) -> str | None:
    """Code and values of a sentence as JSON; None for a text that is not a Sentence."""
    return to_json(text).decode() if isinstance(text, Sentence) else None


def _packed(value: Any) -> dict[str, Any]:
    if isinstance(value, Sentence):
        return packed(value)
    raise NotImplementedError(f"no JSON for {type(value).__name__}")


def _keep_sentence(value: Any, read: ValidatorFunctionWrapHandler) -> str:
    text = unpacked(value) if isinstance(value, dict) else value
    return text if isinstance(text, Sentence) else str(read(text))


SentenceField = Annotated[str, WrapValidator(_keep_sentence)]
"""A field of a result that holds a sentence. In JSON it is the English text, and a field read from
JSON is plain text."""


class _Listed(tuple[str, ...]):
    """A tuple of texts whose format spec is the separator: `{names:, }`."""

    def __format__(self, between: str) -> str:
        return between.join(self)


def _fill(template: str, values: Mapping[str, Value], translate: Callable[[str], str]) -> str:
    return template.format(**{name: _render(value, translate) for name, value in values.items()})


def _render(value: Value, translate: Callable[[str], str]) -> Value:
    if isinstance(value, tuple):
        return _Listed(map(translate, value))
    return translate(value) if isinstance(value, str) else value


def _clauses(text: str) -> tuple[str, ...]:
    if isinstance(text, Sentence) and text.code == "clauses":
        clauses = text.values["clauses"]
        assert isinstance(clauses, tuple), "the clauses of joined()"
        return clauses
    return (text,)
