"""Sentences that results are told in: a code and values, in English and in Chinese.

A sentence crosses every border as its code and values: between steps, into what a killed run leaves
in its workspace, onto the page of a report. The words stand in `sentences.json`: code to a template
in English and one in Chinese. Both name the same values in braces, with a format where they are
numbers; the format of several texts (`{names:, }`) is what stands between them. A value may be a
sentence: then it is in the language of the one around it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated, Any, TypeVar

import msgspec
from pydantic import ValidatorFunctionWrapHandler, WrapValidator

Value = str | int | float | tuple[str, ...]
"""What a template is filled with: a name, a number, another sentence, or several of these."""


Result = TypeVar("Result")


class Sentence(str):
    """A text in English that knows what it says: `code`, a key of `templates()`, and its values.

    Whoever prints or writes it writes the English. To join, use `joined`: an f-string knows
    nothing of code and values.

    >>> few = Sentence("power.too-few", planted=12, least=20)
    >>> print(few)
    no interval: 12 flips were planted, it takes 20
    >>> chinese(few)
    '没有区间：只标反了 12 个，至少需要 20 个'
    """

    __slots__ = ("code", "values")
    code: str
    values: Mapping[str, Value]

    def __new__(cls, code: str, /, **values: Value) -> Sentence:
        english, _ = templates()[code]
        sentence = super().__new__(cls, _filled(english, values, str))
        sentence.code, sentence.values = code, values
        return sentence

    def __reduce__(self) -> tuple[Callable[[Any], Any], tuple[dict[str, Any]]]:
        return unpacked, (packed(self),)


@cache
def templates() -> dict[str, tuple[str, str]]:
    """The words of every sentence: code to a template in English and one in Chinese."""
    text = (files("prefdata.results") / "sentences.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, tuple[str, str]])


def chinese(text: str) -> str:
    """A sentence in Chinese; any other text, such as a name, as it is."""
    if not isinstance(text, Sentence):
        return text
    _, template = templates()[text.code]
    return _filled(template, text.values, chinese)


def joined(*texts: str) -> Sentence:
    """Several sentences as clauses of one; what is joined already grows.

    >>> print(joined(joined("a", "b"), "c"))
    a; b; c
    """
    clauses: list[str] = []
    for text in texts:
        clauses += _clauses(text)
    return Sentence("clauses", clauses=tuple(clauses))


def packed(sentence: Sentence) -> dict[str, Any]:
    """What a sentence is made of, for a JSON encoder that asks once more for those inside it."""
    return {"code": sentence.code, "values": dict(sentence.values)}


def unpacked(value: Any) -> Any:
    """The sentence that was packed, and those inside it; anything else as it is."""
    if isinstance(value, dict):
        values = {name: unpacked(each) for name, each in value["values"].items()}
        return Sentence(value["code"], **values)
    return tuple(map(unpacked, value)) if isinstance(value, list) else value


def to_json(value: object) -> bytes:
    """A value for `from_json`; sentences in it keep their codes and values."""
    return msgspec.json.encode(value, enc_hook=_packed)


def from_json(written: bytes, kind: type[Result]) -> Result:
    """What `to_json` was given, of this type."""
    return msgspec.json.decode(written, type=kind, dec_hook=lambda _, value: unpacked(value))


def sentence_json(text: str) -> str | None:
    """Code and values of a sentence as JSON; None for a text that is none."""
    return to_json(text).decode() if isinstance(text, Sentence) else None


def _packed(value: Any) -> dict[str, Any]:
    if isinstance(value, Sentence):
        return packed(value)
    raise NotImplementedError(f"no JSON for {type(value).__name__}")


def _kept(value: Any, read: ValidatorFunctionWrapHandler) -> str:
    found = unpacked(value) if isinstance(value, dict) else value
    return found if isinstance(found, Sentence) else str(read(found))


SentenceField = Annotated[str, WrapValidator(_kept)]
"""A field of a result that holds a sentence. In JSON it is the English text; one that was read from
there stays as it is."""


class _Listed(tuple[str, ...]):
    """Texts in a template: `{names:, }` says what stands between them."""

    def __format__(self, between: str) -> str:
        return between.join(self)


def _filled(template: str, values: Mapping[str, Value], tell: Callable[[str], str]) -> str:
    return template.format(**{name: _shown(value, tell) for name, value in values.items()})


def _shown(value: Value, tell: Callable[[str], str]) -> Value:
    if isinstance(value, tuple):
        return _Listed(map(tell, value))
    return tell(value) if isinstance(value, str) else value


def _clauses(text: str) -> tuple[str, ...]:
    if isinstance(text, Sentence) and text.code == "clauses":
        held = text.values["clauses"]
        assert isinstance(held, tuple), "the clauses of joined()"
        return held
    return (text,)
