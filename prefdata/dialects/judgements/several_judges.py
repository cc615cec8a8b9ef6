"""Several judges in one row: a list of their words on two completions, or of their ratings of one.

Votes: `votes` (or judgements, preferences, ...; MultiPref's normal and expert annotations) holds
words for the better completion, or objects with such a word and the name of the judge. Numbers mean
what nobody says, and are not read.

HelpSteer 2 with disagreements: each aspect is a list with one rating an annotator.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from prefdata.dialects.assembly import completion, context
from prefdata.dialects.comparisons.parts import (
    FIRST_PART,
    JUDGE_PART,
    MORE_COMPLETIONS,
    SECOND_PART,
    judge_name,
)
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_NAMES, REJECTED_NAMES
from prefdata.dialects.judgements.ratings import in_text, listed
from prefdata.dialects.judgements.task import by_row, unassembled
from prefdata.dialects.labels.words import word_preference
from prefdata.dialects.values import describe, number
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion

_LISTS = ("votes", "more_votes")
_WORDS = ("winner", "overall_pref", "preference", "preferred", "label", "vote", "choice", "verdict")
_COMPARED = re.compile(
    r"(\w+)[- ]is[- ](?:clearly |slightly |much |clearly-|slightly-|much-)?better"
)
_ASPECTS = ("helpfulness", "correctness", "coherence", "complexity", "verbosity")


def _votes(values: Values) -> Iterator[Judgement]:
    prompt = context(values)
    two = tuple(
        Completion(completion(values.get(side), side, prompt)) for side in ("first", "second")
    )
    for part in _LISTS:
        for vote in listed(values, part) if values.get(part) is not None else ():
            verdict = Opinion("verdict", _said(vote), graded=False)
            metadata = str(values["metadata"])
            yield Judgement(prompt, two, (verdict,), judge=_who(vote), metadata=metadata)


def _said(vote: object) -> tuple[float, float]:
    word = next((vote[n] for n in _WORDS if n in vote), None) if isinstance(vote, Mapping) else vote
    compared = _COMPARED.fullmatch(word.strip()) if isinstance(word, str) else None
    said = word_preference(compared[1] if compared else word)
    if said is None:
        raise RowFault("unknown-label", f"a vote is {describe(word)}, no word for a side or a tie")
    return float(said.side == "first"), float(said.side == "second")


def _who(vote: object) -> str | None:
    names = JUDGE_PART.fallbacks
    found = next((vote[n] for n in names if n in vote), None) if isinstance(vote, Mapping) else None
    return judge_name(found)


def _are_votes(values: Values) -> bool:
    votes = in_text(values["votes"], "votes")
    return isinstance(votes, list) and bool(votes) and all(_said(vote) for vote in votes)


def _rated(values: Values) -> Iterator[Judgement]:
    prompt = context(values)
    answer = Completion(completion(values.get("response"), "response", prompt))
    given = {name: listed(values, name) for name in _ASPECTS if values.get(name) is not None}
    if len({*map(len, given.values())}) > 1:
        raise RowFault("missing-field", "the lists of ratings are not of one length")
    for ratings in zip(*given.values(), strict=True):
        opinions = tuple(
            Opinion("rating", (number(rating, name),), name)
            for name, rating in zip(given, ratings, strict=True)
        )
        metadata = str(values["metadata"])
        yield Judgement(prompt, (answer,), opinions, ("helpfulness",), metadata=metadata)


VOTES_IN_ROW = Dialect(
    name="votes-in-row",
    summary="two completions, and a list of what several judges said of them",
    polarity="the completion that a vote names is the better one",
    parts=(
        DialectPart("prompt", PROMPT_NAMES, fallbacks=("text", "context", "input")),
        FIRST_PART,
        SECOND_PART,
        DialectPart(
            "votes",
            ("votes", "judgements", "judgments", "preferences", "normal_worker_annotations"),
            held=False,
        ),
        DialectPart("more_votes", ("expert_worker_annotations",), required=False, held=False),
    ),
    judge=unassembled,
    fits=_are_votes,
    by_values=True,
    without=(*CHOSEN_NAMES, *REJECTED_NAMES, *MORE_COMPLETIONS),
    meets=True,
    assemble=by_row(_votes),
)
HELPSTEER_ANNOTATORS = Dialect(
    name="helpsteer-annotators",
    summary="HelpSteer2 with disagreements: one completion a row, each aspect rated by several",
    polarity="a higher helpfulness is better (or the criterion that is chosen)",
    parts=(
        DialectPart("prompt", PROMPT_NAMES),
        DialectPart("response", ("response",)),
        *(
            DialectPart(name, (name,), required=name == "helpfulness", held=False)
            for name in _ASPECTS
        ),
    ),
    judge=unassembled,
    fits=lambda values: isinstance(in_text(values["helpfulness"], "helpfulness"), list),
    by_values=True,
    without=(*CHOSEN_NAMES, *REJECTED_NAMES),
    meets=True,
    assemble=by_row(_rated),
)

SEVERAL_JUDGES = (VOTES_IN_ROW, HELPSTEER_ANNOTATORS)
