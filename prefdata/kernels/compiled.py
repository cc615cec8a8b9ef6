"""Compiling a function on its first call, and keeping the result on disk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., Any])


def compiled(*, inline: bool = False, any_order: bool = False) -> Callable[[Function], Function]:
    """Makes a function one that Numba compiles, without Python objects.

    What was compiled is kept beside the module or in the user's cache folder; where neither can
    be written to, every process compiles anew. `inline`: as part of its callers; meant for
    functions of numbers, since arrays cost a count of references at every call. `any_order`:
    sums may be taken in any order, which lets them run in vector instructions.
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
