"""How sure a judge is of its verdict, by the log probabilities of the verdict's token."""

from __future__ import annotations

import math
from collections.abc import Sequence

Candidates = Sequence[tuple[str, float]]
"""What may have stood for one token, with natural log probabilities."""

_TO = {"a": 1.0, "b": -1.0, "tie": 0.0, "t": 0.0, "ti": 0.0}
_AROUND = " \t\r\n\"'`{}:,.▁Ġ"


def preference(reply: str, tokens: Sequence[Candidates]) -> float | None:
    """Probability of A less that of B (-1 to 1) at the token of the verdict; None: not known.

    `tokens`: the candidates for each of the first tokens of the reply.

    >>> import math
    >>> preference("B", [[("B", math.log(0.7)), ("A", math.log(0.2)), ("tie", math.log(0.1))]])
    -0.5
    """
    start = _verdict_start(reply)
    if start is None:
        return None
    offset = 0
    for candidates in tokens:
        chosen = max(
            (token for token, _ in candidates if token and reply.startswith(token, offset)),
            key=len,
            default=None,
        )
        if chosen is None:
            return None
        offset += len(chosen)
        if offset > start:
            return _balance(candidates)
    return None


def _verdict_start(reply: str) -> int | None:
    """Where the verdict stands: behind the last member name of an object, or at the beginning."""
    text = reply.lstrip()
    begins = len(reply) - len(text)
    if not text.startswith(("{", "`")):
        return begins
    name = reply.rfind('"verdict"')
    colon = reply.find(":", name)
    if name < 0 or colon < 0:
        return None
    quote = reply.find('"', colon)
    return None if quote < 0 else quote + 1


def _balance(candidates: Candidates) -> float | None:
    share = {1.0: 0.0, -1.0: 0.0, 0.0: 0.0}
    for token, log_probability in candidates:
        said = _TO.get(token.strip(_AROUND).casefold())
        if said is not None and not math.isnan(log_probability) and log_probability <= 1e-6:
            share[said] += math.exp(log_probability)
    known = math.fsum(share.values())
    return round((share[1.0] - share[-1.0]) / known, 6) if known > 0 else None
