"""The question about one completion a row: what its label, or the size of its number, says."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

from prefdata.dialects.dialect import Dialect, Row
from prefdata.dialects.fields import claims, filled, plain
from prefdata.dialects.labels.neutral import tokens_of
from prefdata.dialects.labels.preference import FIRST, SECOND, TIE, label_key, number_in
from prefdata.dialects.labels.reading import LabelReading
from prefdata.dialects.labels.tally import NEGATIVE, LabelTally
from prefdata.dialects.labels.worse_names import measures_harm
from prefdata.dialects.values import decoded

_FEW = 3
_MEASURES = frozenset((
    "metric", "measure", "criterion", "dimension", "attribute", "score_type", "score_name",
    "rating_type", "aspect",
))  # fmt: skip
_RANKS = frozenset(("rank", "ranking", "place", "position", "排名", "名次"))
_IDENTITY = frozenset(("id", "idx", "index", "turn", "seed", "row", "user", "annotator", "split"))
_SCALES = frozenset((
    "grade", "score", "rating", "points", "votes", "upvotes", "likes", "quality", "stars",
    "reward", "评分", "得分", "分数", "打分",
))  # fmt: skip


def label_question(
    place: str,
    rows: Iterable[Row],
    dialect: Dialect,
    mapping: Mapping[str, str],
    *,
    sample: Sequence[Row],
    flags: Sequence[str] = (),
) -> str:
    """What is asked of the user of completions with a label that does not say which are wanted."""
    # only files that are about to be refused ask
    from prefdata.dialects.labels.question import values_held

    name = claims(dialect, _fields(sample), mapping)["label"][0]
    tally = LabelTally()
    for row in rows:
        tally.add(decoded(row.get(name)))
    before = "".join(f"{flag} " for flag in flags)
    lines = [
        f"  {before}--label {shlex.quote(text)}\n      {_share(LabelReading.parse(text), tally)}"
        for text in _readings(tally, harm=measures_harm(name))
    ]
    head = "Readings that fit every row with a label:"
    return "\n".join((
        f"{place}: whether the values of {name!r} say that a completion is wanted is not stated. "
        f"{values_held(tally)}",
        *([head, *lines] if lines else []),
        f"{'To say it otherwise' if lines else 'Say what each value means'}: {before}--label "
        "VALUE=wanted|unwanted,...; rows of a value that is left out are quarantined. "
        "Nothing is guessed: pass what the description of the data states.",
    ))  # fmt: skip


def _readings(tally: LabelTally, *, harm: bool) -> list[str]:
    if tally.others or not tally.values:
        return []
    keys = sorted(tally.values, reverse=not harm)
    if len(keys) == 1:
        return [_text(keys, side) for side in ("wanted", "unwanted")]
    if len(keys) == 2:
        return [_text(keys, "wanted", "unwanted"), _text(keys, "unwanted", "wanted")]
    if tally.signs[NEGATIVE] and tally.signs.total() == tally.rows:
        return ["positive=first", "positive=second"]
    return []


def _text(keys: Sequence[str], *sides: str) -> str:
    meant = {"wanted": FIRST, "unwanted": SECOND}
    pairs = tuple((key, meant[side]) for key, side in zip(keys, sides, strict=True))
    written = LabelReading("values", pairs).text
    return written.replace(f"={FIRST}", "=wanted").replace(f"={SECOND}", "=unwanted")


def _share(reading: LabelReading, tally: LabelTally) -> str:
    sides = {key: reading.of_key(key, number_in(key)) for key in tally.values}
    wanted = sum(tally.values[k] for k, v in sides.items() if v is not None and v.side == FIRST)
    ties = sum(tally.values[k] for k, v in sides.items() if v is not None and v.side == TIE)
    share = 100 * wanted / max(tally.rows, 1)
    return f"{share:.3g}% are wanted" + (f", {ties:,} rows neither" if ties else "")


def direction_question(place: str, name: str, why: str, flags: Sequence[str] = ()) -> str:
    """What is asked of the user of completions with a number of which more may be better or not."""
    before = "".join(f"{flag} " for flag in flags)
    order = ("lower", "higher") if measures_harm(name) or is_rank(name) else ("higher", "lower")
    lines = [f"  {before}--label {which}=better" for which in order]
    return "\n".join((
        f"{place}: whether more of {name!r} is better is not stated: {why}",
        "Say which:",
        *lines,
        "Nothing is guessed: pass what the description of the data states.",
    ))  # fmt: skip


def is_rank(name: str) -> bool:
    """Whether a field is a rank by its name."""
    return bool({*tokens_of(name)} & _RANKS) or any(
        word in name for word in _RANKS if not word.isascii()
    )


def doubted(rows: Sequence[Row], name: str) -> str | None:
    """Why a number that is called a rating may be one of which less is better; None if nothing
    says so."""
    if measures_harm(name) or is_rank(name):
        return "its name speaks of less."
    for field in _fields(rows):
        if plain(field) in _MEASURES:
            said = {str(row[field]) for row in rows if row.get(field) is not None}
            if said and all(map(measures_harm, said)):
                return f"{field!r} says that it measures {', '.join(sorted(said)[:_FEW])}."
    return None


def single_mapping(
    dialect: Dialect, rows: Sequence[Row], mapping: Mapping[str, str], part: str
) -> dict[str, str] | None:
    """The mapping with which rows of unknown names have the parts of a dialect of one completion a
    row, `part` (label or rating) being the only field that can be it; None if that is not plain."""
    fields = _fields(rows)
    claimed = claims(dialect, fields, mapping)
    wanted = {each.name for each in dialect.parts if each.required} - {part}
    if part in claimed or part in mapping or not wanted <= claimed.keys():
        return None
    taken = {name for names in claimed.values() for name in names}
    fits = _is_label if part == "label" else _is_rating
    found = [
        name
        for name in fields
        if name not in taken
        and not {*tokens_of(name)} & _IDENTITY
        and fits(name, [row[name] for row in rows if row.get(name) is not None])
    ]
    if len(found) != 1 or any(mark in found[0] for mark in ",="):
        return None
    return {**mapping, part: found[0]}


def _is_label(name: str, values: Sequence[object]) -> bool:
    keys = {label_key(value) for value in values}
    return None not in keys and 1 < len(keys) <= _FEW and all(len(str(k)) < 30 for k in keys)


def _is_rating(name: str, values: Sequence[object]) -> bool:
    is_measure = bool({*tokens_of(name)} & _SCALES) or measures_harm(name)
    return is_measure and all(number_in(value) is not None for value in values)


def _fields(rows: Iterable[Row]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for row in rows for name in filled(row)))
