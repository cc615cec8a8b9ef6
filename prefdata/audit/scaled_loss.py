"""How well margins tell labels when they are brought to the scale that suits them best."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from prefdata.audit.view import Floats
from prefdata.transforms.pairwise import losses, sigmoid

_LARGEST = 64.0  # scale, of margins of mean square 1
_HALVINGS = 40


def scaled_loss(margins: Floats, labels: npt.NDArray[np.floating]) -> float:
    """The least mean of -log sigmoid(sign(label) * scale * margin) over scales of 0 and more.

    Pairs (n) count by the size of their label. A stack of views gives each its scale, so a penalty
    that shrinks margins is none the worse for it. log 2 where there is nothing to be told.
    """
    shares = np.abs(labels, dtype=np.float64)
    beyond = np.sign(labels) * margins.astype(np.float64)
    square = shares @ beyond**2
    if not square:
        return float(np.log(2))
    beyond /= np.sqrt(square / shares.sum())
    low, high = 0.0, _LARGEST
    for _ in range(_HALVINGS):  # convex in the scale: towards where it is flat
        middle = (low + high) / 2
        rises = shares @ (beyond * sigmoid(-middle * beyond)) < 0
        low, high = (low, middle) if rises else (middle, high)
    return float(shares @ losses(low * beyond) / shares.sum())
