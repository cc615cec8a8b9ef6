"""Compiles functions with Numba on their first call, and caches the result on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(*, inline: bool = False, any_order: bool = False) -> Callable[[Function], Function]:
    """A decorator that compiles a function with Numba, without Python objects.

    The result is cached beside the module or in the user's cache folder; if neither is writable,
    every process compiles anew. `inline`: into its callers; for functions of numbers only, since
    arrays cost a reference count at every call. `any_order`: sums may be reordered, which allows
    vector instructions.
    """
    options: dict[str, Any] = {"nogil": True, "inline": "always" if inline else "never"}
    if any_order:
        options["fastmath"] = {"reassoc", "contract"}

    def decorate(function: Function) -> Function:
        try:
            made: Function = njit(cache=True, **options)(function)
        except RuntimeError:  # what Numba raises when there is nowhere to keep it
            made = njit(**options)(function)
        return made

    return decorate
