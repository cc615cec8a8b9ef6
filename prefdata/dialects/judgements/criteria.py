"""The criteria of a file of judgements: which there are, and whether it is said which decides."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from prefdata.config.pairs import PairsConfig
from prefdata.config.similar_names import did_you_mean
from prefdata.dialects.convert import judge_row
from prefdata.dialects.dialect import Match, Row
from prefdata.errors import DialectError, RowFault
from prefdata.records.judgement import OVERALL, Judgement

_SHOWN = 20


def refuse_undecided(rows: Sequence[Row], match: Match, config: PairsConfig, place: str) -> None:
    """Raises DialectError if a criterion of the config is none of the file's, or if its judgements
    are by several criteria of which none is the judge's opinion as a whole."""
    judgements = list(_readable(rows, match))
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
        raise DialectError(
            f"{place}: the judgements are by {len(names)} criteria, and none of them is the "
            f"opinion as a whole: {_listed(names)}.{_disagreement(judgements, list(names))} Say "
            f"which decides: {' or '.join(f'--criterion {name}' for name in names)}; the others "
            "stay in the metadata."
        )


def _readable(rows: Sequence[Row], match: Match) -> Iterable[Judgement]:
    for row in rows:
        try:
            yield judge_row(row, match)
        except RowFault:  # every row reports its fault when it is read
            continue


def _listed(names: Mapping[str, int]) -> str:
    shown = ", ".join(list(names)[:_SHOWN])
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")


def _disagreement(judgements: Sequence[Judgement], names: Sequence[str]) -> str:
    """In how many rows looked at two criteria prefer different completions."""
    if len(names) != 2:
        return ""
    orders = [
        [_order(each, name) for name in names] for each in judgements if len(each.opinions) == 2
    ]
    differ = sum(first != second for first, second in orders)
    return f" They differ in {differ:,} of {len(orders):,} rows looked at."


def _order(judgement: Judgement, name: str) -> tuple[int, ...]:
    scores = next(o.scores for o in judgement.opinions if o.criterion == name)
    return tuple(sorted(range(len(scores)), key=lambda index: -(scores[index] or 0.0)))
