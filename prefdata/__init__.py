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
    from prefdata.config.load import load_config
    from prefdata.config.model import BuildConfig
    from prefdata.errors import PrefdataError
    from prefdata.pipeline.audit import audit
    from prefdata.pipeline.build import build
    from prefdata.pipeline.collection.collect import collect
    from prefdata.pipeline.collection.judge import judge
    from prefdata.pipeline.convert import convert
    from prefdata.pipeline.dedupe import dedupe
    from prefdata.pipeline.embed_filter import embed_filter
    from prefdata.pipeline.explain import explain
    from prefdata.pipeline.inspect import inspect
    from prefdata.pipeline.push import push
    from prefdata.pipeline.score import score
    from prefdata.pipeline.train import train
    from prefdata.pipeline.validate import validate
    from prefdata.pipeline.verify import verify


__all__ = [
    "BuildConfig",
    "PrefdataError",
    "audit",
    "build",
    "collect",
    "convert",
    "dedupe",
    "embed_filter",
    "explain",
    "inspect",
    "judge",
    "load_config",
    "push",
    "score",
    "train",
    "validate",
    "verify",
]

_HOMES = {
    "BuildConfig": "prefdata.config.model",
    "PrefdataError": "prefdata.errors",
    "audit": "prefdata.pipeline.audit",
    "build": "prefdata.pipeline.build",
    "collect": "prefdata.pipeline.collection.collect",
    "convert": "prefdata.pipeline.convert",
    "dedupe": "prefdata.pipeline.dedupe",
    "embed_filter": "prefdata.pipeline.embed_filter",
    "explain": "prefdata.pipeline.explain",
    "inspect": "prefdata.pipeline.inspect",
    "judge": "prefdata.pipeline.collection.judge",
    "load_config": "prefdata.config.load",
    "push": "prefdata.pipeline.push",
    "score": "prefdata.pipeline.score",
    "train": "prefdata.pipeline.train",
    "validate": "prefdata.pipeline.validate",
    "verify": "prefdata.pipeline.verify",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'prefdata' has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
