"""Compiles functions with Numba on their first call, caches the result on disk, and says which
work is worth it."""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

PLAIN_SECONDS = 0.7
"""How long a process works in plain Python before it loads the compiler, which takes as long."""

COMPILING = "prefdata compiles its inner loops, once on this machine: some ten seconds"

_spent = 0.0


def pays(seconds: float, *, ahead: float = 0.0) -> bool:
    """Whether work that would take plain Python so long should be done by a kernel.

    What a process has done plainly so far counts too, so that many small calls do not add up.
    `ahead`: seconds of plain work that is sure to follow and asks for itself. It is only a matter
    of time: a kernel and the plain function beside it have the same result.
    """
    global _spent
    _spent = math.inf if "numba" in sys.modules else _spent + seconds
    return _spent + ahead > PLAIN_SECONDS


def compiled(*, inline: bool = False, any_order: bool = False) -> Callable[[Function], Function]:
    """A decorator that compiles a function with Numba, without Python objects.

    The result is cached beside the module or in the user's cache folder; if neither is writable,
    every process compiles anew. `inline`: into its callers; for functions of numbers only, since
    arrays cost a reference count at every call. `any_order`: sums may be reordered, which allows
    vector instructions.
    """
    from numba import njit  # for `pays`, which is asked before, there is no need of it

    _tell_when_compiling()
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


@functools.cache
def _tell_when_compiling() -> None:
    """Has a terminal told, once, that a kernel of ours is not in the cache and compiled now."""
    from numba.core import event

    class Teller(event.Listener):
        def __init__(self) -> None:
            self._has_told = False

        def on_start(self, begun: Any) -> None:
            is_ours = begun.data["dispatcher"].py_func.__module__.startswith("prefdata.")
            if is_ours and not self._has_told and sys.stderr is not None and sys.stderr.isatty():
                self._has_told = True
                sys.stderr.write(COMPILING + "\n")

        def on_end(self, ended: Any) -> None:
            pass

    event.register("numba:compile", Teller())
