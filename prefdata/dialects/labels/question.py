"""The error that asks what the labels of a file mean: what there is, and what could be said of it.

It is made of every row of the file, in bounded memory, and only where the file would be refused
anyway. Evidence is shown beside each reading, and decides nothing.
"""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from prefdata.dialects.dialect import Dialect, Row
from prefdata.dialects.fields import Claims, claims, is_blank
from prefdata.dialects.labels.neutral import Pair, score_pairs
from prefdata.dialects.labels.offers import Offer, offers, score_offers
from prefdata.dialects.labels.preference import FIRST, SECOND, TIE, number_in
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.tally import LabelTally
from prefdata.dialects.labels.worse_names import names_worse
from prefdata.dialects.values import decoded, is_unstated

_SHOWN = 12
_PLANS = 1024

_Plan = tuple[tuple[str, ...], tuple[Pair, ...]]
"""The fields of a row that may hold its label, and its pairs of scores."""


def question(
    place: str,
    rows: Iterable[Row],
    dialect: Dialect,
    mapping: Mapping[str, str],
    *,
    sample: Sequence[Row],
    flags: Sequence[str] = (),
    tried: LabelReading | None = None,
) -> str:
    """What is asked of the user of a file with two completions and a label without a meaning.

    `rows`: all of the file, as Python values or `msgspec.Raw`. `dialect`: whose parts first, second
    and label are claimed. `flags`: what else has to be passed for the file to be read. `tried`: a
    reading that the user stated, which fits no row.
    """
    claimed = claims(dialect, _fields(sample), mapping)
    first, second = claimed["first"][0], claimed["second"][0]
    has_label = "label" in claimed
    tally = _counted(rows, dialect, mapping, has_label=has_label)
    found = _offers(tally, claimed, has_label=has_label)
    before = "".join(f"{flag} " for flag in flags)
    lines = [line for offer in found for line in _lines(offer, before, (first, second))]
    if has_label:
        labels = " and ".join(repr(name) for name in claimed["label"])
        what = (
            f"what the values of {labels} say of {first!r} and {second!r} is not stated"
            f"{'' if tried is None else f': --label {tried.text} fits no row'}. "
            f"{values_held(tally)}"
        )
        if any(map(names_worse, claimed["label"])):
            what += f" By its name {labels} says which is worse."
        tail = (
            f"{'To say it otherwise' if lines else 'Say what each value means'}: {before}--label "
            f"VALUE=first|second|tie,... (first is {first!r}); rows of a value that is left out "
            "are quarantined."
        )
    else:
        scores = f"{claimed['first_score'][0]!r} and {claimed['second_score'][0]!r}"
        what = (
            f"{scores} are scores of {first!r} and {second!r}, and whether more is better is not "
            "stated."
        )
        tail = "If a field says which is better, name it: --map label=FIELD."
    head = f"Readings that fit every row with {'a label' if has_label else 'scores'}:"
    end = f"{tail} Nothing is guessed: pass what the description of the data states."
    return "\n".join([f"{place}: {what}", *([head, *lines] if lines else []), end])


def readings(
    rows: Iterable[Row],
    dialect: Dialect,
    mapping: Mapping[str, str],
    *,
    sample: Sequence[Row],
    flags: Sequence[str],
    both: bool = False,
) -> list[str]:
    """The lines of the readings that fit every label of a file; none if the file has no label with
    two completions. Arguments as in `question`; `both`: each also with its sides turned round."""
    claimed = claims(dialect, _fields(sample), mapping)
    if not {"first", "second", "label"} <= claimed.keys():
        return []
    tally = _counted(rows, dialect, mapping, has_label=True)
    found = _offers(tally, claimed, has_label=True)
    fields = claimed["first"][0], claimed["second"][0]
    if both:
        found += offers(tally, fields, names_worse=True)
    before = "".join(f"{flag} " for flag in flags)
    return [line for offer in found for line in _lines(offer, before, fields)]


def _offers(tally: LabelTally, claimed: Claims, *, has_label: bool) -> list[Offer]:
    if not has_label:
        return score_offers(tally)
    fields = claimed["first"][0], claimed["second"][0]
    return offers(tally, fields, names_worse=any(map(names_worse, claimed["label"])))


def _fields(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(n for row in rows for n, v in row.items() if not is_blank(v)))


def _counted(
    rows: Iterable[Row], dialect: Dialect, mapping: Mapping[str, str], *, has_label: bool
) -> LabelTally:
    """Labels by value; of a file without labels, the order of its scores, as 1, -1 or 0."""
    tally = LabelTally()
    plans: dict[tuple[str, ...], _Plan] = {}
    for row in rows:
        names = tuple(row)
        if names not in plans:
            if len(plans) >= _PLANS:
                plans.clear()
            plans[names] = _plan(names, dialect, mapping, has_label=has_label)
        labels, scores = plans[names]
        beside = [(pair, decoded(row[pair[0]]), decoded(row[pair[1]])) for pair in scores]
        if has_label:
            held = [decoded(row[name]) for name in labels]
            tally.add(next((value for value in held if not is_unstated(value)), None), beside)
        else:
            tally.add(_order(beside))
    return tally


def _plan(
    names: tuple[str, ...], dialect: Dialect, mapping: Mapping[str, str], *, has_label: bool
) -> _Plan:
    claimed = claims(dialect, names, mapping)
    if has_label:
        return claimed.get("label", ()), tuple(score_pairs(names))
    if "first_score" in claimed and "second_score" in claimed:
        return (), ((claimed["first_score"][0], claimed["second_score"][0]),)
    return (), ()


def _order(beside: Sequence[tuple[Pair, object, object]]) -> int | None:
    for _, first, second in beside:
        one, other = number_in(first), number_in(second)
        if one is not None and other is not None:
            return (one > other) - (one < other)
    return None


def values_held(tally: LabelTally) -> str:
    """The values and their rows, the most frequent first."""
    counts = Counter({tally.written[key]: n for key, n in tally.values.items()})
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{value} in {_rows(n)}" for value, n in ordered[:_SHOWN]]
    more = len(ordered) - _SHOWN
    if more > 0:
        shown.append(f"{more:,} more values in {_rows(sum(n for _, n in ordered[_SHOWN:]))}")
    if tally.others:
        shown.append(f"other values in {_rows(tally.others)}")
    silent = f"; {_rows(tally.silent)} without a label" if tally.silent else ""
    return f"It holds {', '.join(shown) or 'nothing'}{silent}."


def _rows(count: int) -> str:
    return f"{count:,} row{'' if count == 1 else 's'}"


def _lines(offer: Offer, before: str, fields: Pair) -> list[str]:
    total = max(offer.sides.total(), 1)
    share = {side: f"{100 * offer.sides[side] / total:.3g}%" for side in (FIRST, SECOND, TIE)}
    said = [
        f"chosen is {fields[0]} in {share[FIRST]}, {fields[1]} in {share[SECOND]}, "
        f"ties {share[TIE]}"
    ]
    said += [
        f"{pair[0]} and {pair[1]} agree in {agree:,} of {_rows(of)} where they differ"
        for pair, agree, of in offer.agreeing
    ]
    if offer.dialect is not None and not before:
        said.append(f"the same as --dialect {offer.dialect}")
    flag = f"{before}--label {shlex.quote(offer.reading.text)}"
    return [f"  {flag}", f"      {'; '.join(said)}"]
