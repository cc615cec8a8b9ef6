"""Activations computed twice, to hold fewer of them in memory (gradient checkpointing)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from prefdata.errors import ModelError


@contextmanager
def computed_twice(model: Any) -> Iterator[None]:
    """A model of transformers whose layers keep their inputs alone from forward to backward.

    Raises ModelError for one that cannot do that.
    """
    try:
        # the name before transformers 5.20
        enable = getattr(model, "activation_checkpointing_enable", None)
        (enable or model.gradient_checkpointing_enable)({"use_reentrant": False})
    except ValueError as error:
        raise ModelError(
            f"{type(model).__name__} cannot compute its activations twice: turn "
            "backbone.gradient_checkpointing off"
        ) from error
    try:
        yield
    finally:
        disable = getattr(model, "activation_checkpointing_disable", None)
        (disable or model.gradient_checkpointing_disable)()
