"""Which modules the workers of a run will need: imported once, by the server they come from."""

from __future__ import annotations

BUILDING = (
    "prefdata.steps.ingest",
    "prefdata.steps.check",
    "prefdata.steps.near",
    "prefdata.steps.embed",
    "prefdata.steps.write_ledger",
    "prefdata.kernels.shingle",
    "prefdata.kernels.sketch",
    "prefdata.kernels.compare",
)
VALIDATING = ("prefdata.steps.survey",)
CONVERTING = ("prefdata.steps.write_converted",)
