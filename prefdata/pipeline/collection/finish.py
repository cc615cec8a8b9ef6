"""Ends a run of `collect` or `judge`: the books are looked at, the manifest is written."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from prefdata.errors import RunError
from prefdata.pipeline.run.manifest import write_manifest
from prefdata.pipeline.run.output_run import OutputRun
from prefdata.results.collection import CollectionManifest
from prefdata.results.layout import MANIFEST_CHECKSUM
from prefdata.version import __version__


def finish(output: OutputRun, folder: Path, manifest: CollectionManifest) -> CollectionManifest:
    """Writes the manifest into a folder whose files are complete; it is published when the block of
    `output` ends.

    Raises RunError if the counts do not add up; nothing is published then.
    """
    if problems := manifest.counts.imbalances():
        raise RunError(
            f"not everything is accounted for: {'; '.join(problems)}. Nothing was published; this "
            "is a fault of prefdata, please report it."
        )
    manifest = manifest.model_copy(update={"checksum": MANIFEST_CHECKSUM})
    write_manifest(folder, manifest)
    output.finished = folder
    return manifest


def versions(*libraries: str) -> dict[str, str]:
    """Versions of what the written bytes depend on; `libraries`: besides prefdata."""
    return {"prefdata": __version__, **{name: version(name) for name in libraries}}
