"""Rankings: a prompt, and completions in an order.

Nectar: prompt (an HH-RLHF transcript), answers[{answer, model, rank}]; rank 1 is the best.

NeMo-RL: context (messages), completions[{rank, completion}]; rank 0 is the best.

Two lists, of completions and of their ranks: a lower rank is better.

Lists of better and worse ones (RewardBench 2, ms-swift): chosen and rejected are lists of
completions; each chosen one is better than each rejected one.

A file of a few columns: query, history, rank1 ... rankK, where rank1 is the best.

The same rank is a tie.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from prefdata.dialects.assembly import completion, context
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS, REJECTED_NAMES, is_blank
from prefdata.dialects.hh import transcript
from prefdata.dialects.implicit import is_transcript
from prefdata.dialects.judgements.ratings import (
    LIST_NAMES,
    completion_of,
    in_text,
    is_list_of,
    listed,
    listed_with,
    objects_with,
)
from prefdata.dialects.messages import Messages
from prefdata.dialects.values import describe, number
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion
from prefdata.records.record import ASSISTANT, Message

_MOST_RANKS = 9


def ranked(
    prompt: Messages,
    completions: Iterable[Completion],
    ranks: Iterable[object],
    *,
    graded: bool = True,
) -> Judgement:
    """The judgement of completions in an order; `graded`: ranks that are further apart say more."""
    places = tuple(number(rank, "a rank") for rank in ranks)
    return Judgement(prompt, tuple(completions), (Opinion("rank", places, graded=graded),))


def better_and_worse(
    prompt: Messages, better: Sequence[Messages], worse: Sequence[Messages], *, graded: bool = True
) -> Judgement:
    """The judgement that each of some completions is better than each of some others; nothing is
    said of these among themselves."""
    ranks = [1] * len(better) + [2] * len(worse)
    return ranked(prompt, map(Completion, (*better, *worse)), ranks, graded=graded)


def nectar(values: Values) -> Judgement:
    """Converts one Nectar row."""
    prompt = asked(values)
    items = [_with_rank(item, "answers") for item in listed(values, "answers")]
    completions = [
        completion_of({k: v for k, v in item.items() if k != "rank"}, prompt, "answers")
        for item in items
    ]
    return ranked(prompt, completions, [item.get("rank") for item in items])


def asked(values: Values) -> tuple[Message, ...]:
    """The prompt of a row: messages, a text, or a transcript that ends with an empty turn."""
    value = values.get("prompt")
    if not isinstance(value, str) or not is_transcript(value):
        return context(values)
    turns = transcript(value.rstrip(), "prompt")
    if turns[-1].role == ASSISTANT and not (turns[-1].content or "").strip():
        turns = turns[:-1]
    return turns


def _with_rank(item: object, name: str) -> Mapping[str, object]:
    if not isinstance(item, Mapping):
        raise RowFault("wrong-type", f"{name} holds {describe(item)}, not objects with a rank")
    return item


def nemo(values: Values) -> Judgement:
    """Converts one NeMo-RL row."""
    prompt = context(values)
    items = [_with_rank(item, "completions") for item in listed(values, "completions")]
    completions = [
        Completion(completion(item.get("completion"), "a completion", prompt)) for item in items
    ]
    return ranked(prompt, completions, [item.get("rank") for item in items])


def ranked_list(values: Values) -> Judgement:
    """Converts one row of a list of completions and a list of their ranks."""
    prompt = context(values)
    items, ranks = listed_with(values, "ranks")
    return ranked(prompt, [completion_of(item, prompt, "completions") for item in items], ranks)


def sided_lists(values: Values) -> Judgement:
    """Converts one row of lists of better and of worse completions."""
    prompt = context(values)
    better, worse = (
        [completion(item, "a completion", prompt) for item in listed(values, side)]
        for side in ("chosen", "rejected")
    )
    return better_and_worse(prompt, better, worse, graded=False)


def ranked_columns(values: Values) -> Judgement:
    """Converts one row with the fields rank1 to rankK; a blank one is none."""
    prompt = context(values)
    found = [
        (place, values[f"rank{place}"])
        for place in range(1, _MOST_RANKS + 1)
        if not is_blank(values.get(f"rank{place}"))
    ]
    completions = [Completion(completion(v, f"rank{p}", prompt)) for p, v in found]
    return ranked(prompt, completions, [place for place, _ in found])


def _are_lists(values: Values) -> bool:
    sides = (values["chosen"], values["rejected"])
    return all(is_list_of(side, str) for side in sides)


NECTAR = Dialect(
    name="nectar",
    summary="Nectar: answers with a rank",
    polarity="rank 1 is the best; the same rank is a tie",
    parts=(*PROMPT_PARTS, DialectPart("answers", ("answers",))),
    judge=nectar,
    fits=lambda values: objects_with("rank", values["answers"]),
    without=(*CHOSEN_NAMES, *REJECTED_NAMES),
)
NEMO_RL = Dialect(
    name="nemo-rl",
    summary="NeMo-RL: a context and completions with a rank",
    polarity="rank 0 is the best; the same rank is a tie",
    parts=(
        DialectPart("prompt", ("context", "prompt")),
        DialectPart("completions", ("completions",)),
    ),
    judge=nemo,
    fits=lambda values: objects_with("rank", values["completions"]),
    without=(*CHOSEN_NAMES, *REJECTED_NAMES),
)
RANKED_LIST = Dialect(
    name="ranked-list",
    summary="a prompt, a list of completions and a list of their ranks",
    polarity="a lower rank is better; the same rank is a tie",
    parts=(
        *PROMPT_PARTS,
        DialectPart("completions", LIST_NAMES),
        DialectPart("ranks", ("ranks", "rank"), held=False),
    ),
    judge=ranked_list,
    fits=lambda values: isinstance(in_text(values["ranks"], "ranks"), list),
    without=(*CHOSEN_NAMES, *REJECTED_NAMES),
)
SIDED_LISTS = Dialect(
    name="sided-lists",
    summary="a prompt, a list of better completions and a list of worse ones",
    polarity="each of chosen is better than each of rejected",
    parts=(
        *PROMPT_PARTS,
        DialectPart("chosen", CHOSEN_NAMES),
        DialectPart("rejected", REJECTED_NAMES),
    ),
    judge=sided_lists,
    fits=_are_lists,
    by_values=True,
)
RANKED_COLUMNS = Dialect(
    name="ranked-columns",
    summary="a prompt and the completions rank1, rank2, ...",
    polarity="rank1 is the best",
    parts=(
        *PROMPT_PARTS,
        *(
            DialectPart(f"rank{place}", (f"rank{place}", f"rank_{place}"), required=place < 3)
            for place in range(1, _MOST_RANKS + 1)
        ),
    ),
    judge=ranked_columns,
)

RANKED = (NECTAR, NEMO_RL, RANKED_LIST, SIDED_LISTS, RANKED_COLUMNS)
