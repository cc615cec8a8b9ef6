"""Counting the labels of a file by value, to tell whether they are those of its dialect.

A row with a label that its dialect does not know is quarantined. If there are many, the file is
probably of another dialect, whose values overlap: of labels 0 and 1, read as numbers from 1 to 2,
the ones would stay, and point the wrong way.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from msgspec import Raw

from prefdata.dialects import dialect_of
from prefdata.dialects.dialect import Labels, Match, Row
from prefdata.dialects.fields import claims, field_names
from prefdata.dialects.judged import JUDGED
from prefdata.dialects.labels.restated import restated_readings
from prefdata.dialects.labels.words import model_preference, word_preference
from prefdata.dialects.paths import with_paths
from prefdata.dialects.values import decode_json, shortened
from prefdata.errors import RowFault

_VALUES = 1000
"""Values that are counted one by one; graded labels may have any number of them."""

_SHOWN = 8
_SAMPLE = 200
_HEAD = ("Readings that fit every row with a label:",)


@dataclass
class LabelCounts:
    """Rows by label: those that the dialect knows, and the others. `silent`: rows without one."""

    known: Counter[str] = field(default_factory=Counter)
    unknown: Counter[str] = field(default_factory=Counter)
    silent: int = 0

    @property
    def rows(self) -> int:
        """The rows that state a label."""
        return self.known.total() + self.unknown.total()

    def contradict(self, limit: float) -> bool:
        """Whether the share of unknown labels is above `limit`. A single one is no pattern, unless
        it is half of all."""
        return contradicts(self.unknown.total(), self.rows, limit)

    def add(self, value: str, *, known: bool) -> None:
        counts = self.known if known else self.unknown
        counts[value if value in counts or len(counts) < _VALUES else "other values"] += 1


def contradicts(unknown: int, rows: int, limit: float) -> bool:
    """Whether `unknown` of `rows` labels contradict a dialect."""
    return unknown > limit * rows and rows > 1 and (unknown > 1 or 2 * unknown >= rows)


def count_labels(rows: Iterable[Mapping[str, object]], match: Match) -> LabelCounts:
    """Counts the labels of rows (values as in `convert_row`). Rows that cannot be decoded do not
    count."""
    counts = LabelCounts()
    labels = labels_of(match)
    if labels is None:
        return counts
    for row in rows:
        try:
            values = _values(row, labels, match)
        except RowFault:
            continue
        said = {part: value for part, value in values.items() if part in labels.parts}
        if all(map(labels.is_silent, said.values())):
            counts.silent += 1
        else:
            counts.add(_shown(said), known=_is_known(labels, values))
    return counts


def labels_of(match: Match) -> Labels | None:
    """The labels that the dialect of a file knows; None if its fields say which side is better."""
    return dialect_of(match).labels


def refusal(
    place: str, counts: LabelCounts, match: Match, limit: float, readings: Sequence[str] = ()
) -> str:
    """Why a file is refused: what its dialect knows, what the file holds, and what to do.
    `readings`: what could be stated instead, with the flags (`stated_instead`)."""
    labels = labels_of(match)
    assert labels is not None, "labels were counted"
    unknown = counts.unknown.total()
    return (
        f"{place}: {unknown:,} of {counts.rows:,} labels contradict the dialect {match.dialect}. "
        f"It knows {labels.allowed}; besides, the file holds {_listed(counts.unknown)}. "
        f"Known values there: {_listed(counts.known) or 'none'}. Nothing is read: the labels that "
        "happen to fit may point the wrong way. Name the dialect that the file is of with "
        f"--dialect{_numbered(counts)}, {_said(match)}, or mend the labels. If these rows alone "
        f"are wrong, remove them, or raise read.max_unknown_labels (now {limit:g}) in the config."
        + "".join(f"\n{line}" for line in (*_HEAD[: len(readings)], *readings))
    )


def stated_instead(rows: Callable[[], Iterable[Row]], match: Match) -> list[str]:
    """The readings that fit every label of a file, with the flags that each needs; none if there
    are too many, or if it has no label with two completions."""
    sample = list(islice(rows(), _SAMPLE))
    decoded = [{name: _decoded_or_none(value) for name, value in row.items()} for row in sample]
    mapping = dict(match.mapping)
    both = any(_names_models(row, match) for row in decoded)
    return restated_readings(JUDGED, dialect_of(match), rows(), decoded, mapping, both=both)


def _names_models(row: Row, match: Match) -> bool:
    """Whether the label of a row is a word, and the name of the other model as well."""
    labels = labels_of(match)
    if labels is None or not labels.besides:
        return False
    values = _values(dict(row), labels, match)
    word = word_preference(values.get("label"))
    model = model_preference(values.get("label"), *(values.get(part) for part in labels.besides))
    return word is not None and model is not None and word.side != model.side


def _decoded_or_none(value: object) -> object:
    try:
        return _decoded(value, "a field")
    except RowFault:
        return None


def _values(row: Mapping[str, object], labels: Labels, match: Match) -> dict[str, object]:
    """The label of a row, by part; of several fields for a part the first one with a value."""
    row = with_paths(row, match.paths)
    claimed = claims(dialect_of(match), tuple(row), dict(match.mapping))
    values: dict[str, object] = {**field_names(claimed)}
    for part in labels.parts + labels.besides:
        decoded = [_decoded(row[name], part) for name in claimed.get(part, ())]
        if decoded:
            values[part] = next((v for v in decoded if not labels.is_silent(v)), decoded[0])
    return values


def _decoded(value: object, part: str) -> object:
    return decode_json(value, part) if isinstance(value, Raw) else value


def _is_known(labels: Labels, values: Mapping[str, object]) -> bool:
    try:
        labels.read(values)
    except RowFault:
        return False
    return True


def _shown(values: Mapping[str, object]) -> str:
    if len(values) == 1:
        return shortened(next(iter(values.values())))
    return " ".join(f"{part}={shortened(value)}" for part, value in values.items())


def _listed(counts: Counter[str]) -> str:
    """Values with their rows, the most frequent first.

    >>> _listed(Counter({"0": 20, "'x'": 1}))
    "0 in 20 rows, 'x' in 1 row"
    """
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    shown = [f"{value} in {n:,} row{'' if n == 1 else 's'}" for value, n in ordered[:_SHOWN]]
    more = len(ordered) - _SHOWN
    return ", ".join(shown) + (f", and {more:,} more values" if more > 0 else "")


def _said(match: Match) -> str:
    """How to say what the labels mean."""
    if match.label is not None:
        return (
            "say with --label what every value means (without it the readings that fit are shown)"
        )
    return "say what they mean with --label (--dialect judged alone shows the readings that fit)"


def _numbered(counts: LabelCounts) -> str:
    """The dialects for labels that number the two responses, if these labels could."""
    if {*counts.known, *counts.unknown} <= {"0", "1", "2", "'0'", "'1'", "'2'"}:
        return " (judge-zero-based or judge-one-based, with --map label=FIELD)"
    return ""
