"""Modules that workers need: imported once, by the server that forks them."""

from __future__ import annotations

_READING = ("prefdata.steps.read.ready", "prefdata.steps.read.check")
BUILDING = (
    *_READING,
    "prefdata.steps.read.ingest",
    "prefdata.steps.duplicates.near",
    "prefdata.steps.semantic.embed",
    "prefdata.steps.write.write_ledger",
    "prefdata.kernels.shingle",
    "prefdata.kernels.sketch",
    "prefdata.kernels.compare",
)
VALIDATING = (*_READING, "prefdata.steps.read.validate_rows")
CONVERTING = ("prefdata.steps.convert.write_converted",)
