"""Two responses, the models that wrote them, and the name of the model that won.

Fields: those of a judged pair; model_a and model_b (model_1, model_2); winner, the name of one of
the two models, or a word for a tie. Polarity: the response of the model that the label names is the
better one.
"""

from __future__ import annotations

from prefdata.dialects.dialect import Dialect, DialectPart, Labels, Values
from prefdata.dialects.judged import (
    FIRST,
    JUDGE_PARTS,
    MORE_RESPONSES,
    SECOND,
    TIE,
    judged_record,
    verdict,
)
from prefdata.dialects.values import describe, is_unstated, text
from prefdata.errors import RowFault
from prefdata.records.record import Record


def convert(values: Values) -> Record:
    """Converts one row to a record."""
    return judged_record(values, _better(values))


def _better(values: Values) -> str:
    winner = text(values.get("winner"), "winner").strip()
    models = [text(values.get(name), name).strip() for name in ("model_a", "model_b")]
    won = [side for side, model in zip((FIRST, SECOND), models, strict=True) if model == winner]
    if len(won) == 1:
        return won[0]
    if not won and verdict(winner) == TIE:
        return TIE
    shown = " and ".join(map(describe, models))
    raise RowFault(
        "unknown-label", f"winner is {describe(winner)}, and not one of the models {shown}"
    )


WINNER_MODEL = Dialect(
    name="winner-model",
    summary="two responses, the models that wrote them, and the name of the model that won",
    polarity="the response of the model that winner names is the better one",
    parts=(
        *JUDGE_PARTS,
        DialectPart("model_a", ("model_a", "model_1", "model1"), held=False),
        DialectPart("model_b", ("model_b", "model_2", "model2"), held=False),
        DialectPart("winner", ("winner", "winner_model", "preferred_model"), held=False),
    ),
    convert=convert,
    without=MORE_RESPONSES,
    by_values=True,
    labels=Labels(
        ("winner", "model_a", "model_b"),
        "the name of one of the row's two models, or a tie",
        _better,
        is_unstated,
    ),
)
