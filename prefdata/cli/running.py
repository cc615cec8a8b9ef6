"""Runs a command that writes a folder: with progress, log lines and its result on stdout."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prefdata.cli.options import shared as options
from prefdata.cli.show.lines import clean
from prefdata.credentials import text_without_credentials
from prefdata.errors import ConfigError, DataError
from prefdata.startup import is_first_process

if TYPE_CHECKING:
    from prefdata.config.model import BuildConfig
    from prefdata.results.manifest import Counts, Manifest


_SHOWN = 3
"""Reasons that an error names, of the most rows."""


def built(
    run: Callable[..., Manifest],
    sources: tuple[str, ...],
    config: BuildConfig,
    given: dict[str, Any],
) -> None:
    """Runs a build (`run`) as `filled` does, and shows its manifest.

    Raises DataError if rows were read and none is kept.
    """
    from prefdata.cli.show.tables import show_manifest

    manifest = filled(run, show_manifest, sources, config, given, update=given["update"])
    counts = manifest.counts
    if counts.read and not counts.kept:
        reasons = counts.dropped | _quarantined(counts, Path(given["out"]))
        refuse_nothing_left(counts.rows_read, 0, verb="is kept", reasons=reasons, to_do=_WHY)


def _quarantined(counts: Counts, out: Path) -> dict[str, int]:
    from prefdata.io.files.ledger import quarantine_reasons

    return quarantine_reasons(out) if counts.quarantined else {}


_WHY = (
    "`prefdata explain OUT --reason CODE` shows the rows of a reason, and OUT/quarantine holds "
    "those that could not be read."
)


def refuse_none_kept(counts: Counts, verb: str, to_do: str) -> None:
    """Raises DataError if the counts say that rows were read and none is kept."""
    reasons = counts.dropped | {"quarantined": counts.quarantined}
    refuse_nothing_left(counts.read, counts.kept, verb=verb, reasons=reasons, to_do=to_do)


def refuse_nothing_left(
    read: int, left: int, *, verb: str, reasons: Mapping[str, int], to_do: str
) -> None:
    """Raises DataError, which is exit code 1, if rows were read and none of them is left.

    `verb`: what became of no row. `reasons`: of the others, with their rows. `to_do`: a sentence.
    """
    if not read or left:
        return
    some = ((reason, rows) for reason, rows in reasons.items() if rows)
    most = sorted(some, key=lambda item: -item[1])
    named = ", ".join(f"{rows:,} {reason}" for reason, rows in most[:_SHOWN])
    more = f", and {len(most) - _SHOWN} more reasons" if len(most) > _SHOWN else ""
    why = f" ({named}{more})" if named else ""
    help_ = "".join(f"{reason}: {remedy(reason)} " for reason, _ in most[:1] if remedy(reason))
    raise DataError(f"none of the {read:,} rows read {verb}{why}. {help_}{to_do}")


def remedy(reason: str) -> str:
    """What to do about the rows of a reason, if it is that of a rule; else an empty text."""
    from prefdata.rules.registry import rule_named

    with suppress(ConfigError):
        return rule_named(reason).fix
    return ""


def filled(
    run: Callable[..., Any],
    show: Callable[[Any, str], None],
    sources: tuple[str, ...],
    config: BuildConfig,
    given: dict[str, Any],
    **besides: Any,
) -> Any:
    """Calls `run` with progress, and prints its result: `show(result, out)`, or JSON; returns it.

    `given`: the options of the command, among them those of `options.running`, out and force.
    `besides`: further arguments of `run`. Under torchrun, `run` returns None in processes of other
    ranks, and nothing is printed.
    """
    from prefdata.cli.show.progress import progress

    options.required(sources, config)
    silence = given["quiet"] or not is_first_process()
    with progress(quiet=silence) as report, logged(quiet=silence):
        result = run(
            sources,
            out=given["out"],
            config=config,
            workers=given["workers"],
            force=given["force"],
            report=report,
            **besides,
        )
    if result is None:
        return None
    if given["as_json"]:
        click.echo(result.model_dump_json(indent=2))
    elif not given["quiet"]:
        show(result, given["out"])
    return result


@contextmanager
def logged(*, quiet: bool) -> Iterator[None]:
    """Prints log messages on stderr within the context; with `quiet` only warnings and errors."""
    log = logging.getLogger("prefdata")
    before, propagate, handler = log.level, log.propagate, _Lines()
    log.addHandler(handler)
    log.propagate = False
    log.setLevel(logging.WARNING if quiet else logging.INFO)
    try:
        yield
    finally:
        log.setLevel(before)
        log.propagate = propagate
        log.removeHandler(handler)


class _Lines(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        with suppress(OSError):  # stderr is full or closed: that is no reason to end a run
            click.echo(clean(text_without_credentials(record.getMessage())), err=True)
