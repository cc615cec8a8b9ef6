"""Only the filters on embeddings: a build whose rows all stay in one split, or a look ahead."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from prefdata.config.load import overridden
from prefdata.config.model import BuildConfig
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.build import build
from prefdata.pipeline.run.reading import find, refuse_changed, workers_for
from prefdata.pipeline.run.worker_modules import BUILDING
from prefdata.pipeline.stages.compare_rows import Comparisons
from prefdata.pipeline.stages.prepare import prepare
from prefdata.pipeline.stages.preview import Preview
from prefdata.results.manifest import Manifest
from prefdata.steps.progress import Report, silent

_USUAL = {
    "semantic.contrast.action": "drop",
    "semantic.topic.action": "flag",
    "semantic.outliers.action": "flag",
    "semantic.similar.action": "drop",
}


def embed_filter(
    sources: Sequence[str | Path],
    *,
    out: str | Path,
    config: BuildConfig | None = None,
    workers: int | None = None,
    force: bool = False,
    update: bool = False,
    report: Report = silent,
) -> Manifest:
    """Drops rows by what they mean; returns the manifest of what is left.

    The same as `build`, with everything in the train split, and with filters on: those that
    `config.semantic` turns on, or the usual ones where it turns on none. Raises what `build`
    raises, and ModelError.
    """
    return build(
        sources,
        out=out,
        config=filtering(config or BuildConfig()),
        workers=workers,
        force=force,
        update=update,
        report=report,
    )


def filtering(config: BuildConfig) -> BuildConfig:
    """The config with everything in one split, and some filter on."""
    changes: dict[str, object] = {"split.test": 0.0, "split.validation": 0.0}
    if not config.semantic.is_on:
        changes |= _USUAL
    return overridden(config, changes)


def preview(
    sources: Sequence[str | Path],
    *,
    config: BuildConfig | None = None,
    rows: int = 6,
    workers: int | None = None,
    report: Report = silent,
) -> Preview:
    """What each filter would do, and the rows around its threshold; writes no dataset.

    All filters look at the same rows: those that rules and comparisons of texts leave. Raises what
    `embed_filter` raises.
    """
    config = filtering(config or BuildConfig())
    places = [str(source) for source in sources] or list(config.sources)
    with TemporaryDirectory(prefix="prefdata-") as folder:
        place = Path(folder)
        found = find(places, config.read, place / "spool")
        with LocalEngine(workers or workers_for(found), BUILDING) as engine:
            ready = prepare(engine, place, config, found, report)
            seen = Comparisons(ready, engine, place, config, report).look_ahead(rows)
            refuse_changed(found)
            return seen
