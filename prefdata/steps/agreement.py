"""How the rewards of all scored rows go with the labels, and with the margins rows state."""

from __future__ import annotations

import numpy as np
import polars as pl

from prefdata.steps.scored import Scored
from prefdata.verdicts.scores import Agreement


def accuracy_of(scored: Scored) -> float | None:
    """Share of rows whose chosen reward is the higher one; a tie is not. None without rows."""
    return float((scored.reward_margins > 0).mean()) if len(scored) else None


def agreement_of(scored: Scored) -> Agreement:
    """Same signs, and rank correlation (Spearman's: mean ranks for equal values)."""
    stated = scored.as_stated[scored.states_preference]
    has_margin = ~np.isnan(scored.given)
    margins = (scored.given[has_margin], scored.reward_margins[has_margin])
    return Agreement(
        rows=int(has_margin.sum()),
        signed=len(stated),
        agree_ratio=float((stated > 0).mean()) if len(stated) else None,
        spearman=_spearman(pl.DataFrame(dict(zip(("given", "reward"), margins, strict=True)))),
    )


def _spearman(margins: pl.DataFrame) -> float | None:
    if any(column.n_unique() < 2 for column in margins):
        return None
    return float(margins.select(pl.corr("given", "reward", method="spearman")).item())
