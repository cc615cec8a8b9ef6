"""The two ways in which functions with a kernel work: plainly, and by the kernel."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from prefdata.kernels import compiled


@contextmanager
def _with(seconds: float) -> Iterator[None]:
    before = compiled.PLAIN_SECONDS
    compiled.PLAIN_SECONDS = seconds
    try:
        yield
    finally:
        compiled.PLAIN_SECONDS = before


def plainly() -> AbstractContextManager[None]:
    return _with(math.inf)


def by_kernels() -> AbstractContextManager[None]:
    return _with(-1.0)


Way = Callable[[], AbstractContextManager[None]]
WAYS = plainly, by_kernels
