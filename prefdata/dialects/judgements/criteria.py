"""The criteria of a file of judgements: which there are, and whether it is said which decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from prefdata.config.pairs import PairsConfig
from prefdata.config.similar_names import did_you_mean
from prefdata.dialects import dialect_of, is_judged
from prefdata.dialects.convert import judge_row, row_values
from prefdata.dialects.dialect import Match, Row
from prefdata.errors import DialectError, RowFault
from prefdata.records.judgement import OVERALL, Judgement

_SHOWN = 20

Read = TypeVar("Read")


def refuse_undecided(
    rows: Sequence[Row],
    match: Match,
    config: PairsConfig,
    place: str,
    every_row: Callable[[], Iterable[Row]] | None = None,
) -> None:
    """Raises DialectError if a criterion of the config is none of the file's, or if its judgements
    are by several criteria of which none is the judge's opinion as a whole.

    `rows`: some of the file; `every_row`: all of them, read only for the second error.
    """
    judgements = list(_readable(rows, match, place))
    names = Counter(opinion.criterion for each in judgements for opinion in each.opinions)
    if not names:
        return
    asked = [config.criterion] if config.criterion else list(config.weights)
    if set(names) == {OVERALL}:
        asked = []  # there is nothing to choose from
    for name in (*asked, *config.floors):
        if name not in names:
            raise DialectError(
                f"{place}: no judgement looked at has the criterion {name!r}. "
                f"{did_you_mean(name, names)}Criteria: {_listed(names)}."
            )
    if not asked and all(not each.overall for each in judgements):
        everything = rows if every_row is None else every_row()
        differ = _disagreement(_readable(everything, match, place), list(names))
        raise DialectError(
            f"{place}: the judgements are by {len(names)} criteria, and none of them is the "
            f"opinion as a whole: {_listed(names)}.{differ} "
            f"Say which decides: {' or '.join(f'--criterion {name}' for name in names)}; or weigh "
            f"several in a config, read.pairs.weights: {{{', '.join(f'{n}: 1' for n in names)}}}. "
            "The others stay in the metadata."
        )


def takes_criterion(rows: Sequence[Row], match: Match, place: str) -> bool:
    """Whether the judgements of a file are by criteria, from which one can be chosen."""
    if not is_judged(match):
        return False
    found = _readable(rows, match, place)
    return any(opinion.criterion != OVERALL for each in found for opinion in each.opinions)


def _readable(rows: Iterable[Row], match: Match, place: str) -> Iterator[Judgement]:
    """The judgements in rows; every row reports its fault when it is read."""
    assemble = dialect_of(match).assemble
    if assemble is not None:
        found = assemble([_read(row_values, row, match) for row in rows], place)
        yield from (each for _, each in found if isinstance(each, Judgement))
        return
    for row in rows:
        judgement = _read(judge_row, row, match)
        if judgement is not None:
            yield judgement


def _read(read: Callable[[Row, Match], Read], row: Row, match: Match) -> Read | None:
    try:
        return read(row, match)
    except RowFault:
        return None


def _listed(names: Mapping[str, int]) -> str:
    shown = ", ".join(list(names)[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _disagreement(judgements: Iterable[Judgement], names: Sequence[str]) -> str:
    """How often two criteria prefer different completions."""
    if len(names) != 2:
        return ""
    compared = differ = 0
    for judgement in judgements:
        if len(judgement.opinions) == 2:
            compared += 1
            differ += len({_order(judgement, name) for name in names}) > 1
    if not compared:
        return ""
    share = f"{100 * differ / compared:.3g}%"
    return f" They differ in {differ:,} of {compared:,} judgements ({share})."


def _order(judgement: Judgement, name: str) -> tuple[int, ...]:
    """The place of each completion among the values of a criterion."""
    scores = [s or 0.0 for o in judgement.opinions if o.criterion == name for s in o.scores]
    levels = sorted(set(scores))
    return tuple(map(levels.index, scores))
