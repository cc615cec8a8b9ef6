"""Names that speak of the worse one: a field called loser, worst or rejected, a measure of harm."""

from __future__ import annotations

from prefdata.dialects.labels.neutral import tokens_of

_WORSE = frozenset((
    "worse", "worst", "loser", "loses", "losing", "lost", "rejected", "reject", "disliked",
    "dislike", "dispreferred", "unpreferred", "nonpreferred", "inferior", "weaker", "bad",
    "badness", "downvoted", "losers", "refused", "discarded", "undesirable", "unwanted",
))  # fmt: skip
_HARM = frozenset((
    "harm", "harmful", "harmfulness", "toxic", "toxicity", "unsafe", "offensive", "violation",
    "hallucination", "hallucinated", "spam", "perplexity", "ppl", "loss", "error", "errors", "cer",
    "wer", "penalty", "cost", "risk", "bias", "distance", "nll",
))  # fmt: skip
_BETTER = frozenset((
    "better", "best", "winner", "chosen", "preferred", "safe", "safer", "good", "liked", "selected",
))  # fmt: skip
_DENIED = ("non_preferred", "not_preferred", "non_chosen", "not_chosen")
_CHINESE = (
    "更差", "较差", "最差", "差的", "劣", "败", "输家", "被拒", "拒绝", "不喜欢", "有害", "毒性",
    "不安全",
)  # fmt: skip


def names_worse(field: str) -> bool:
    """Whether a name says that what it names is the worse one.

    >>> names_worse("which_is_worse"), names_worse("better_or_worse"), names_worse("更差")
    (True, False, True)
    """
    written = "".join(tokens_of(field))
    if any(name in written for name in _DENIED):
        return True
    words = {*tokens_of(field)}
    return (bool(words & _WORSE) and not words & _BETTER) or any(w in written for w in _CHINESE)


def measures_harm(name: str) -> bool:
    """Whether a name, of a field or a measure, says that less of it is better, or that true is bad.

    >>> measures_harm("is_harmful"), measures_harm("toxicity"), measures_harm("score")
    (True, True, False)
    """
    return names_worse(name) or bool({*tokens_of(name)} & _HARM)
