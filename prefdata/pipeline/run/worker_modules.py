"""Modules that workers need: imported once, by the server that forks them."""

from __future__ import annotations

LARGE = 64 << 20
"""Bytes of sources from which workers are sure to be used, and kernels to be worth their loading
where all that is done is to read."""

_KERNELS = "prefdata.steps.read.ready"
_VALIDATING = ("prefdata.steps.read.check", "prefdata.steps.read.validate_rows")
BUILDING = (
    _KERNELS,
    "prefdata.steps.read.check",
    "prefdata.steps.read.ingest",
    "prefdata.steps.duplicates.near",
    "prefdata.steps.semantic.embed",
    "prefdata.steps.write.write_ledger",
    "prefdata.kernels.shingle",
    "prefdata.kernels.sketch",
    "prefdata.kernels.compare",
)
CONVERTING = ("prefdata.steps.convert.write_converted",)


def validating(size: int) -> tuple[str, ...]:
    """What it takes to validate so many bytes of sources."""
    return (_KERNELS, *_VALIDATING) if size >= LARGE else _VALIDATING
