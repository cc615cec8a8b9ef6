"""Modules that workers need: imported once, by the server that forks them."""

from __future__ import annotations

_READING = (
    "prefdata.kernels.json_lines",
    "prefdata.kernels.traits",
    "prefdata.kernels.characters",
    "prefdata.kernels.xxh3",
)
BUILDING = (
    *_READING,
    "prefdata.steps.read.ingest",
    "prefdata.steps.read.check",
    "prefdata.steps.duplicates.near",
    "prefdata.steps.semantic.embed",
    "prefdata.steps.write.write_ledger",
    "prefdata.kernels.shingle",
    "prefdata.kernels.sketch",
    "prefdata.kernels.compare",
)
VALIDATING = (*_READING, "prefdata.steps.read.validate_rows")
CONVERTING = ("prefdata.steps.convert.write_converted",)
