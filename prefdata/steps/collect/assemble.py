"""Step: what was answered becomes rows of completions, and a line of the ledger for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import msgspec

from prefdata.config.asking import LimitsConfig
from prefdata.config.section import Level
from prefdata.io.answers.answers import AnswerStore, Outcome
from prefdata.records.chat import ChatAnswer, ChatFailure, ChatUsage
from prefdata.records.record import ASSISTANT, Message
from prefdata.results.collection import RequestLine
from prefdata.steps.asking.ask import Wanted
from prefdata.steps.collect.check_prompts import Remarked
from prefdata.steps.collect.collection_files import CollectionFiles
from prefdata.steps.collect.groups import in_groups
from prefdata.steps.collect.rules_of_parts import Found, found_in_completions
from prefdata.transforms.collection.same import meet, written
from prefdata.transforms.collection.settings import Setting, tools_in
from prefdata.transforms.judgements.as_written import written_message

_AT_ONCE = 64

Prompts = Callable[[], Iterable[Remarked]]
"""Gives the prompts that are asked, in order, as often as it is called."""


@dataclass
class AnswerUsage:
    """Tokens of answers, as servers count them, and what they cost; None: by no stated price."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    without_usage: int = 0
    cost: float | None = None

    def add(self, answer: ChatAnswer, *, is_first: bool) -> None:
        """Adds those of one answer; those of the prompt with the first answer to a request."""
        if answer.usage is None:
            self.without_usage += 1
        else:
            self.prompt_tokens += answer.usage.prompt * is_first
            self.completion_tokens += answer.usage.completion


@dataclass
class AnswerBooks:
    """What became of everything that was wanted."""

    wanted: int = 0
    answered: int = 0
    failed: Counter[str] = field(default_factory=Counter)
    not_asked: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    flagged: Counter[str] = field(default_factory=Counter)
    kept: int = 0
    written: int = 0
    different: int = 0
    single: int = 0
    usage: AnswerUsage = field(default_factory=AnswerUsage)


class _Reply(NamedTuple):
    """What is known of one completion that was wanted."""

    setting: Setting
    key: str
    number: int
    outcome: ChatAnswer | ChatFailure | None


def wanted(prompts: Iterable[Remarked], settings: Sequence[Setting]) -> Iterator[Wanted]:
    """Every request, prompt by prompt."""
    for each in prompts:
        tools = tools_in(each.prompt.context)
        for setting in settings:
            yield Wanted(setting.request(each.prompt.messages, tools), setting.n)


def assemble(
    prompts: Iterable[Remarked],
    settings: Sequence[Setting],
    answers: AnswerStore,
    files: CollectionFiles,
    *,
    rules: dict[str, Level],
    limits: LimitsConfig,
    unasked: str,
) -> AnswerBooks:
    """Writes a row for each prompt that has completions, and a line for each completion wanted.

    `unasked`: why those that nothing is known of were not asked for. The same answers give the same
    files, whatever order they came in.
    """
    books = AnswerBooks()
    cost: float | None = 0.0 if limits.prices else None
    for some in in_groups(prompts, _AT_ONCE):
        replies = [_replies(each, settings, answers) for each in some]
        remarks = _remarks(some, replies, rules)
        for place, each in enumerate(some):
            said = [remarks.get((place, k), []) for k in range(len(replies[place]))]
            _write(each, replies[place], said, files, books, unasked)
            for more in _costs(replies[place], limits):
                cost = None if cost is None or more is None else cost + more
    books.usage.cost = None if cost is None else round(cost, 9)
    return books


def _replies(each: Remarked, settings: Sequence[Setting], answers: AnswerStore) -> list[_Reply]:
    tools = tools_in(each.prompt.context)
    found = []
    for setting in settings:
        key = setting.request(each.prompt.messages, tools).key
        outcomes = _with_the_prompt(answers.get_many(key, setting.n))
        found += [_Reply(setting, key, k, outcome) for k, outcome in enumerate(outcomes)]
    return found


def _with_the_prompt(outcomes: list[Outcome | None]) -> list[Outcome | None]:
    """The same outcomes, each answer with the tokens of the prompt that all share.

    Only one of those that came together was charged for the prompt; which ones came together says
    how often a run was stopped, and nothing of the completions.
    """
    counted = [o.usage for o in outcomes if isinstance(o, ChatAnswer) and o.usage is not None]
    size = max((usage.prompt for usage in counted), default=0)
    return [
        msgspec.structs.replace(o, usage=ChatUsage(size, o.usage.completion))
        if isinstance(o, ChatAnswer) and o.usage is not None
        else o
        for o in outcomes
    ]


def _remarks(
    prompts: Sequence[Remarked], replies: Sequence[Sequence[_Reply]], rules: dict[str, Level]
) -> dict[tuple[int, int], list[Found]]:
    """What the rules say of each answer, by its prompt and its place among the replies to it."""
    places = [
        (place, number)
        for place, some in enumerate(replies)
        for number, reply in enumerate(some)
        if isinstance(reply.outcome, ChatAnswer)
    ]
    texts = [
        (prompts[place].prompt.messages, _messages(replies[place][number].outcome))
        for place, number in places
    ]
    remarks: dict[tuple[int, int], list[Found]] = {}
    for found in found_in_completions(texts, rules):
        remarks.setdefault(places[found.place], []).append(found)
    return remarks


def _messages(outcome: Any) -> tuple[Message, ...]:
    return (Message(ASSISTANT, outcome.text, outcome.extra),)


def _write(
    each: Remarked,
    replies: Sequence[_Reply],
    remarks: Sequence[Sequence[Found]],
    files: CollectionFiles,
    books: AnswerBooks,
    unasked: str,
) -> None:
    kept: list[tuple[Setting, ChatAnswer]] = []
    begun: set[str] = set()
    for number, reply in enumerate(replies):
        drop = next((found for found in remarks[number] if found.drops), None)
        files.request(_line(each, reply, remarks[number], drop, unasked))
        is_first = reply.key not in begun and isinstance(reply.outcome, ChatAnswer)
        begun |= {reply.key} if is_first else set()
        _book(books, reply, remarks[number], drop, unasked, is_first=is_first)
        if isinstance(reply.outcome, ChatAnswer):
            if drop is None:
                kept.append((reply.setting, reply.outcome))
            else:
                files.dropped("answers", _left_out(each, reply, reply.outcome, drop))
    if kept:
        books.written += 1
        completions = [written(came) for came in meet(kept)]
        books.different += len(completions)
        books.single += len(completions) == 1
        files.row(_row(each, completions))


def _row(each: Remarked, completions: list[dict[str, Any]]) -> dict[str, Any]:
    prompt = each.prompt
    return {
        "prompt": [written_message(message) for message in prompt.messages],
        "completions": completions,
        "opinions": [],
        **msgspec.json.decode(prompt.context),
        "source": prompt.source,
        "source_row": prompt.source_row,
    }


def _line(
    each: Remarked, reply: _Reply, remarks: Sequence[Found], drop: Found | None, unasked: str
) -> RequestLine:
    outcome = reply.outcome
    about = RequestLine(
        each.prompt.source, each.prompt.source_row, reply.setting.name, reply.number, reply.key,
        "answered", flags=tuple(dict.fromkeys(f.code for f in remarks if not f.drops)),
    )  # fmt: skip
    if outcome is None:
        return msgspec.structs.replace(about, state="not-asked", reason=unasked)
    if isinstance(outcome, ChatFailure):
        return msgspec.structs.replace(
            about, state="failed", reason=outcome.reason, said=outcome.said or None
        )
    usage = outcome.usage
    return msgspec.structs.replace(
        about,
        reason=drop.code if drop else None,
        left_out=drop is not None,
        finish_reason=outcome.finish,
        prompt_tokens=usage.prompt if usage else None,
        completion_tokens=usage.completion if usage else None,
    )


def _book(
    books: AnswerBooks,
    reply: _Reply,
    remarks: Sequence[Found],
    drop: Found | None,
    unasked: str,
    *,
    is_first: bool,
) -> None:
    outcome = reply.outcome
    books.wanted += 1
    if outcome is None:
        books.not_asked[unasked] += 1
    elif isinstance(outcome, ChatFailure):
        books.failed[outcome.reason] += 1
    else:
        books.answered += 1
        books.kept += drop is None
        books.left_out.update([drop.code] if drop else [])
        books.flagged.update({found.code for found in remarks if not found.drops})
        books.usage.add(outcome, is_first=is_first)


def _costs(replies: Iterable[_Reply], limits: LimitsConfig) -> Iterator[float | None]:
    """What each answer cost, the first to a request with its prompt; None where no price is stated,
    or nobody counted its tokens."""
    begun: set[str] = set()
    for reply in replies:
        if isinstance(reply.outcome, ChatAnswer):
            price, usage = limits.price_of(reply.setting.model), reply.outcome.usage
            prompt = usage.prompt if usage and reply.key not in begun else 0
            begun.add(reply.key)
            yield price.cost(prompt, usage.completion) if price and usage else None


def _left_out(each: Remarked, reply: _Reply, answer: ChatAnswer, drop: Found) -> dict[str, Any]:
    return {
        "source": each.prompt.source,
        "source_row": each.prompt.source_row,
        "setting": reply.setting.name,
        "number": reply.number,
        "reason": drop.code,
        "evidence": drop.evidence,
        "prompt": [written_message(message) for message in each.prompt.messages],
        "completion": answer.text,
        "finish_reason": answer.finish,
    }
