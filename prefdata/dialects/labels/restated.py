"""The readings that could be stated in place of what a dialect says its labels mean."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping, Sequence

from prefdata.dialects.dialect import Dialect, Row
from prefdata.dialects.fields import Claims, claims, filled

_PARTS = ("prompt", "first", "second", "label")


def restated_readings(
    judged: Dialect,
    dialect: Dialect,
    rows: Iterable[Row],
    sample: Sequence[Row],
    mapping: Mapping[str, str],
    *,
    both: bool = False,
) -> list[str]:
    """The readings that fit every row, each with all flags that reading it so needs; none where the
    dialect has no two fields of texts. `judged`: the dialect that reads as stated. `both`: words
    may mean their opposite, as names of models do that are turned round."""
    fields = tuple(dict.fromkeys(name for row in sample for name in filled(row)))
    known = _held(dialect, claims(dialect, fields, mapping))
    if not {"first", "second", "label"} <= known.keys():
        return []
    plain = claims(judged, fields, mapping)
    added = {
        part: name
        for part, name in known.items()
        if plain.get(part, ()) != (name,) and part not in mapping
    }
    if any(mark in name for name in added.values() for mark in ",="):
        return []
    flags = [f"--dialect {judged.name}"]
    if added:
        written = ",".join(f"{part}={name}" for part, name in added.items())
        flags.append(f"--map {shlex.quote(written)}")
    # only files that are about to be refused ask
    from prefdata.dialects.labels.question import readings

    lines = readings(rows, judged, {**mapping, **added}, sample=sample, flags=flags, both=both)
    if dialect.labels is not None and dialect.labels.signed:
        by_sign = [f"  {' '.join(flags)} --label {each}" for each in ("positive=first", "signed")]
        lines = by_sign + [line for line in lines if line.rstrip() not in by_sign]
    return lines


def _held(dialect: Dialect, claimed: Claims) -> dict[str, str]:
    """The fields of the parts that a judgement of two has, by its names for them."""
    found = {part: claimed[part][0] for part in _PARTS if part in claimed}
    labels = dialect.labels
    if labels is not None and len(labels.parts) == 1 and labels.parts[0] in claimed:
        found["label"] = claimed[labels.parts[0]][0]
    return found
