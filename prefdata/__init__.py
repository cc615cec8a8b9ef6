"""prefdata: raw human or model preferences in, a dataset you can prove is sound out.

>>> import prefdata
>>> manifest = prefdata.build(["raw.jsonl"], out="dataset")  # doctest: +SKIP
>>> manifest.counts.balance()  # doctest: +SKIP
0

Names are loaded when they are first used, so that importing the package costs nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from prefdata.version import __version__ as __version__

if TYPE_CHECKING:
    from prefdata.config.collect import CollectConfig as CollectConfig
    from prefdata.config.gate import GateConfig as GateConfig
    from prefdata.config.judge import JudgeConfig as JudgeConfig
    from prefdata.config.load import load_config as load_config
    from prefdata.config.model import BuildConfig as BuildConfig
    from prefdata.config.push import PushConfig as PushConfig
    from prefdata.errors import ConfigError as ConfigError
    from prefdata.errors import ConflictError as ConflictError
    from prefdata.errors import ContradictedError as ContradictedError
    from prefdata.errors import DataError as DataError
    from prefdata.errors import DialectError as DialectError
    from prefdata.errors import IntegrityError as IntegrityError
    from prefdata.errors import LockedError as LockedError
    from prefdata.errors import MissingExtraError as MissingExtraError
    from prefdata.errors import ModelError as ModelError
    from prefdata.errors import OfflineError as OfflineError
    from prefdata.errors import OutputError as OutputError
    from prefdata.errors import PrefdataError as PrefdataError
    from prefdata.errors import RefusedError as RefusedError
    from prefdata.errors import RunError as RunError
    from prefdata.errors import SourceError as SourceError
    from prefdata.errors import TransientError as TransientError
    from prefdata.errors import UnavailableError as UnavailableError
    from prefdata.errors import UsageError as UsageError
    from prefdata.io.sources.in_memory import Rows as Rows
    from prefdata.io.sources.in_memory import Sources as Sources
    from prefdata.pipeline.agreement import agreement as agreement
    from prefdata.pipeline.audit import audit as audit
    from prefdata.pipeline.build import build as build
    from prefdata.pipeline.card import CardWritten as CardWritten
    from prefdata.pipeline.card import card as card
    from prefdata.pipeline.collection.collect import collect as collect
    from prefdata.pipeline.collection.judge import judge as judge
    from prefdata.pipeline.convert import convert as convert
    from prefdata.pipeline.dedupe import dedupe as dedupe
    from prefdata.pipeline.diff import diff as diff
    from prefdata.pipeline.embed_filter import embed_filter as embed_filter
    from prefdata.pipeline.explain import Explanation as Explanation
    from prefdata.pipeline.explain import Explanations as Explanations
    from prefdata.pipeline.explain import explain as explain
    from prefdata.pipeline.gate import gate as gate
    from prefdata.pipeline.inspect import inspect as inspect
    from prefdata.pipeline.push import push as push
    from prefdata.pipeline.run.manifest import read_manifest as read_manifest
    from prefdata.pipeline.score import score as score
    from prefdata.pipeline.train import train as train
    from prefdata.pipeline.validate import validate as validate
    from prefdata.pipeline.verify import Verification as Verification
    from prefdata.pipeline.verify import verify as verify
    from prefdata.reports.page.plot import Plot as Plot
    from prefdata.results.agreement import AgreementReport as AgreementReport
    from prefdata.results.audit import AuditReport as AuditReport
    from prefdata.results.changes import Changes as Changes
    from prefdata.results.collection import CollectionManifest as CollectionManifest
    from prefdata.results.conversion import Conversion as Conversion
    from prefdata.results.gate import Gate as Gate
    from prefdata.results.inspection import Inspection as Inspection
    from prefdata.results.judging import JudgeResult as JudgeResult
    from prefdata.results.manifest import Counts as Counts
    from prefdata.results.manifest import Manifest as Manifest
    from prefdata.results.publication import Publication as Publication
    from prefdata.results.scores import ScoreResult as ScoreResult
    from prefdata.results.training import TrainingResult as TrainingResult
    from prefdata.results.validation import Validation as Validation


__all__ = [
    "BuildConfig",
    "PrefdataError",
    "agreement",
    "audit",
    "build",
    "card",
    "collect",
    "convert",
    "dedupe",
    "diff",
    "embed_filter",
    "explain",
    "gate",
    "inspect",
    "judge",
    "load_config",
    "push",
    "read_manifest",
    "score",
    "train",
    "validate",
    "verify",
]

_HOMES = {
    "AgreementReport": "prefdata.results.agreement",
    "AuditReport": "prefdata.results.audit",
    "BuildConfig": "prefdata.config.model",
    "CardWritten": "prefdata.pipeline.card",
    "Changes": "prefdata.results.changes",
    "CollectConfig": "prefdata.config.collect",
    "CollectionManifest": "prefdata.results.collection",
    "ConfigError": "prefdata.errors",
    "ConflictError": "prefdata.errors",
    "ContradictedError": "prefdata.errors",
    "Conversion": "prefdata.results.conversion",
    "Counts": "prefdata.results.manifest",
    "DataError": "prefdata.errors",
    "DialectError": "prefdata.errors",
    "Explanation": "prefdata.pipeline.explain",
    "Explanations": "prefdata.pipeline.explain",
    "Gate": "prefdata.results.gate",
    "GateConfig": "prefdata.config.gate",
    "Inspection": "prefdata.results.inspection",
    "IntegrityError": "prefdata.errors",
    "JudgeConfig": "prefdata.config.judge",
    "JudgeResult": "prefdata.results.judging",
    "LockedError": "prefdata.errors",
    "Manifest": "prefdata.results.manifest",
    "MissingExtraError": "prefdata.errors",
    "ModelError": "prefdata.errors",
    "OfflineError": "prefdata.errors",
    "OutputError": "prefdata.errors",
    "Plot": "prefdata.reports.page.plot",
    "PrefdataError": "prefdata.errors",
    "Publication": "prefdata.results.publication",
    "PushConfig": "prefdata.config.push",
    "RefusedError": "prefdata.errors",
    "Rows": "prefdata.io.sources.in_memory",
    "RunError": "prefdata.errors",
    "ScoreResult": "prefdata.results.scores",
    "SourceError": "prefdata.errors",
    "Sources": "prefdata.io.sources.in_memory",
    "TrainingResult": "prefdata.results.training",
    "TransientError": "prefdata.errors",
    "UnavailableError": "prefdata.errors",
    "UsageError": "prefdata.errors",
    "Validation": "prefdata.results.validation",
    "Verification": "prefdata.pipeline.verify",
    "agreement": "prefdata.pipeline.agreement",
    "audit": "prefdata.pipeline.audit",
    "build": "prefdata.pipeline.build",
    "card": "prefdata.pipeline.card",
    "collect": "prefdata.pipeline.collection.collect",
    "convert": "prefdata.pipeline.convert",
    "dedupe": "prefdata.pipeline.dedupe",
    "diff": "prefdata.pipeline.diff",
    "embed_filter": "prefdata.pipeline.embed_filter",
    "explain": "prefdata.pipeline.explain",
    "gate": "prefdata.pipeline.gate",
    "inspect": "prefdata.pipeline.inspect",
    "judge": "prefdata.pipeline.collection.judge",
    "load_config": "prefdata.config.load",
    "push": "prefdata.pipeline.push",
    "read_manifest": "prefdata.pipeline.run.manifest",
    "score": "prefdata.pipeline.score",
    "train": "prefdata.pipeline.train",
    "validate": "prefdata.pipeline.validate",
    "verify": "prefdata.pipeline.verify",
}
"""Where each name is: those of `__all__`, and types of what goes in, comes out, or is raised."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'prefdata' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
