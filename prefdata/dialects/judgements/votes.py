"""Votes: a row of two completions and a label, in a file that names the judge of each."""

from __future__ import annotations

from prefdata.dialects.comparisons.parts import judge_name
from prefdata.dialects.dialect import Dialect, Values
from prefdata.dialects.labels.preference import SECOND, TIE, Preference
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion
from prefdata.records.record import Record


def vote_of(dialect: Dialect, values: Values, record: Record) -> Judgement:
    """The judgement of a row of a dialect of two completions; `record`: what it converts to.

    The first completion of the row counts as shown first. Raises RowFault if the label cannot be
    read.
    """
    assert dialect.labels is not None and dialect.judge_part is not None
    said = dialect.labels.read(values)
    side = said.side if isinstance(said, Preference) else str(said)
    completions = (record.chosen, record.rejected)
    strength = 1.0 if record.margin is None else record.margin
    points: tuple[float, ...] = (0.0 if side == TIE else strength, 0.0)
    if side == SECOND:
        completions, points = completions[::-1], points[::-1]
    if side != TIE and strength <= 0:
        raise RowFault("unknown-label", f"the strength of the preference is {strength:g}")
    return Judgement(
        record.prompt,
        tuple(Completion(messages) for messages in completions),
        (Opinion("verdict", points, graded=record.margin is not None),),
        judge=judge_name(values.get(dialect.judge_part)),
        shown=(0, 1),
        metadata=record.metadata,
    )
