"""Results as HTML, for notebooks: what the command prints, in the same tables."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from io import StringIO
from pathlib import Path
from typing import Any

from rich.console import Console

from prefdata.cli.show.tables import shown_on

_WIDTH = 110
_OUT = "OUT"
"""The folder that the commands below a table name: a result does not know where it was written."""

_PRE = (
    '<pre style="white-space:pre-wrap;overflow-wrap:anywhere;line-height:1.3;'
    "font-family:Menlo,'DejaVu Sans Mono',Consolas,monospace\">{code}</pre>"
)
_SHOWN: dict[str, tuple[str, str, tuple[object, ...]]] = {
    "AgreementReport": ("agreement", "show_agreement", ()),
    "AuditReport": ("audit", "show_audit", (Path(_OUT), Path(_OUT))),
    "Changes": ("changes", "show_changes", ()),
    "CollectionManifest": ("collection", "show_collection", (_OUT,)),
    "Conversion": ("conversion", "show_conversion", (_OUT,)),
    "Inspection": ("inspection", "show_inspection", ()),
    "JudgeResult": ("judging", "show_judging", (_OUT,)),
    "Manifest": ("tables", "show_manifest", (_OUT,)),
    "Publication": ("publication", "show_publication", ()),
    "ScoreResult": ("scores", "show_scores", (_OUT,)),
    "TrainingResult": ("training", "show_training", (_OUT,)),
    "Validation": ("tables", "show_validation", ()),
}
"""Type of a result to the module that shows it, its function, and what that takes besides."""


def html_of(result: object) -> str | None:
    """What the command prints of a result, as HTML, every text escaped; None if it has no table."""
    kind = type(result).__name__
    if kind not in _SHOWN:
        return None
    module, name, places = _SHOWN[kind]
    show: Callable[..., Any] = getattr(import_module(f"prefdata.cli.show.{module}"), name)
    screen = Console(
        record=True,
        file=StringIO(),
        width=_WIDTH,
        highlight=False,
        emoji=False,
        force_jupyter=False,
    )
    with shown_on(screen):
        show(result, *places)
    return screen.export_html(inline_styles=True, code_format=_PRE)
