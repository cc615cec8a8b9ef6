"""What sets two similar rows apart: the guard between similarity and a verdict.

Similarity counts shingles, and one word may be the answer. So each part is compared once more, word
by word: rows that differ in form only are the same, and all others are told apart by their first
difference. Where form is the point, form counts as well, except for blanks at ends of lines: in
rows whose prompt speaks of spelling, punctuation or citations, or whose sides differ in nothing
else, and in short answers to prompts that speak of code, which are code themselves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prefdata.records.calls import shown_of
from prefdata.records.record import Message, Record
from prefdata.results.sentences import Sentence
from prefdata.transforms.duplicates.similarity import On
from prefdata.transforms.texts.form import change_of, form_tokens, is_same_but_form

Side = tuple[Message, ...]


@dataclass(frozen=True)
class Told:
    """A part of two rows that sets them apart; `kind`: a `ChangeKind`, or `messages`, `calls` or
    `form`. `left` and `right`: what only one of them says there."""

    part: str
    kind: str
    left: str = ""
    right: str = ""

    @property
    def mirrored(self) -> Told:
        """The same from the other row."""
        return Told(_MIRRORED.get(self.part, self.part), self.kind, self.right, self.left)

    def sentence(self) -> Sentence:
        """What differs, where, and how, for evidence."""
        part = Sentence(_PARTS[self.part])
        if self.kind in _PLAIN:
            return Sentence(_PLAIN[self.kind], part=part)
        left, right = (
            Sentence("near.quoted", text=text) if text else Sentence("near.nothing")
            for text in (self.left, self.right)
        )
        kind = Sentence(_KINDS[self.kind])
        return Sentence("near.differs", part=part, kind=kind, left=left, right=right)


_PARTS = {
    "prompt": "near.part.prompt",
    "chosen": "near.part.chosen",
    "rejected": "near.part.rejected",
    "chosen-rejected": "near.part.chosen-rejected",
    "rejected-chosen": "near.part.rejected-chosen",
}
_MIRRORED = {"chosen-rejected": "rejected-chosen", "rejected-chosen": "chosen-rejected"}
_PLAIN = {
    "messages": "near.differs.messages",
    "calls": "near.differs.calls",
    "form": "near.differs.form",
}
_KINDS = {
    "numbers": "near.kind.numbers",
    "negation": "near.kind.negation",
    "opposites": "near.kind.opposites",
    "signs": "near.kind.signs",
    "code": "near.kind.code",
    "order": "near.kind.order",
    "words": "near.kind.words",
}

_ABOUT_FORM = re.compile(
    r"\b(?:mis)?spell\w*|\btypos?\b|\bpunctuat\w*|\bcapitali[sz]\w*|\b(?:upper|lower)\W?case\w*"
    r"|\bcapital letters?\b|\ball[ -]caps\b|\bgrammar\b|\bgrammatical\w*|\bproof-?read\w*"
    r"|\bapostrophes?\b|\bcommas?\b|\bhyphen\w*|\bquotation marks?\b|\bmarkdown\b"
    r"|\b(?:title|camel|snake)[ -]?case\b|\bindent\w*|\bwhite ?space\b|\bcontractions?\b"
    r"|\b(?:bold|italics?)\b|\bcitations?\b|\bbibliograph\w*|\b(?:MLA|APA)\b"
    r"|拼写|错别字|標點|标点|大写|小写|大小写|语法|語法|引号|逗号|校对|缩进|加粗|斜体|空格",
    re.IGNORECASE,
)

_HINTS_OF_FORM = (
    *("spell", "typo", "punctuat", "cap", "case", "gramma", "proof", "apostrophe"),
    *("comma", "hyphen", "quotat", "markdown", "ndent", "space", "contract", "bold", "tal"),
    *("tat", "ograph", "mla", "apa"),
    *"拼错標标大小语語引逗校缩加斜空",
)
"""One of them is in every text, in lower case, in which `_ABOUT_FORM` finds something. None has an
i: where case is ignored the Turkish ones are equal to it, and in lower case they are not."""

_ABOUT_CODE = re.compile(
    r"\b(?:code|coding|python|ruby|javascript|typescript|java|rust|golang|php|perl|haskell|sql|html"
    r"|css|json|xml|yaml|latex|regex|regular expressions?|bash|shell|excel|command|script|snippet"
    r"|program(?:ming)?|algorithm)\b|\bc(?:\+\+|#)|代码|編程|编程|程序|脚本|命令行|正则|公式",
    re.IGNORECASE,
)
_SHORT_ANSWER = 40  # words and signs below which an answer about code is taken for code


def told_apart(one: Record, other: Record, *, crossed: bool, on: On = "pair") -> Told | None:
    """The first difference of two similar rows beyond form; None if they are the same.

    `crossed`: the chosen side of each is compared with the rejected side of the other. Only then
    does a greeting or a please in the prompt count as a difference: labels that contradict each
    other are about the very same prompt.
    """
    pairs = [pair for pair in _pairs(one, other, crossed=crossed, on=on) if pair[1] != pair[2]]
    for part, left, right in pairs:
        told = _side_told_apart(part, left, right, courtesies=part == "prompt" and not crossed)
        if told is not None:
            return told
    shaped = [(part, left) for part, left, right in pairs if not _same_but_blanks(left, right)]
    return _form_told_apart(one, other, shaped) if shaped else None


def _form_told_apart(one: Record, other: Record, shaped: list[tuple[str, Side]]) -> Told | None:
    """The first of some parts that differ in form, where that is the point of them."""
    strict = _is_form_the_point(one) or _is_form_the_point(other)
    about_code = strict or _speaks_of(_ABOUT_CODE, one) or _speaks_of(_ABOUT_CODE, other)
    for part, side in shaped:
        if strict or (about_code and part != "prompt" and _is_short(side)):
            return Told(part, "form")
    return None


def _pairs(one: Record, other: Record, *, crossed: bool, on: On) -> list[tuple[str, Side, Side]]:
    prompt = ("prompt", one.prompt, other.prompt)
    if on == "prompt":
        return [("prompt", _without_system(one.prompt), _without_system(other.prompt))]
    if crossed:
        return [
            prompt,
            ("chosen-rejected", one.chosen, other.rejected),
            ("rejected-chosen", one.rejected, other.chosen),
        ]
    completions = [
        ("chosen", one.chosen, other.chosen),
        ("rejected", one.rejected, other.rejected),
    ]
    return completions if on == "completion" else [prompt, *completions]


def _without_system(prompt: Side) -> Side:
    return tuple(message for message in prompt if message.role != "system") or prompt


def _side_told_apart(part: str, left: Side, right: Side, *, courtesies: bool) -> Told | None:
    if [message.role for message in left] != [message.role for message in right]:
        return Told(part, "messages")
    for ours, theirs in zip(left, right, strict=True):
        if shown_of(ours.extra) != shown_of(theirs.extra):
            return Told(part, "calls")
        change = change_of(ours.content or "", theirs.content or "", courtesies=courtesies)
        if change is not None:
            return Told(part, change.kind, change.left, change.right)
    return None


def _is_form_the_point(record: Record) -> bool:
    return _is_about_form(record) or _same_but_form(record.chosen, record.rejected)


def _is_about_form(record: Record) -> bool:
    folded = [(message.content or "").casefold() for message in record.prompt]
    may_be = any(hint in text for text in folded for hint in _HINTS_OF_FORM)
    return may_be and _speaks_of(_ABOUT_FORM, record)


def _same_but_form(left: Side, right: Side) -> bool:
    return _roles_and_calls(left) == _roles_and_calls(right) and all(
        is_same_but_form(ours.content or "", theirs.content or "")
        for ours, theirs in zip(left, right, strict=True)
    )


def _roles_and_calls(side: Side) -> list[tuple[str, str]]:
    return [(message.role, shown_of(message.extra)) for message in side]


def _speaks_of(what: re.Pattern[str], record: Record) -> bool:
    return any(what.search(message.content or "") for message in record.prompt)


def _is_short(side: Side) -> bool:
    return sum(len(form_tokens(message.content or "")) for message in side) < _SHORT_ANSWER


def _same_but_blanks(left: Side, right: Side) -> bool:
    return all(
        _lines(ours.content or "") == _lines(theirs.content or "")
        for ours, theirs in zip(left, right, strict=True)
    )


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.strip().split("\n") if line.strip()]
