"""Rows that have come as far as the semantic filters."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from runs import run_on

from prefdata.config.load import config_of
from prefdata.engines.local import LocalEngine
from prefdata.pipeline.stages.prepare import prepare
from prefdata.steps.duplicates.exact import make_keys
from prefdata.steps.progress import silent
from prefdata.steps.semantic.embed import embed
from prefdata.steps.semantic.filter_rows import FilterRows
from prefdata.steps.semantic.read_embeddings import read_embedded


def remaining(
    folder: Path, rows: Sequence[dict[str, Any]], *, given: Sequence[str] = (), **meaning: Any
) -> FilterRows:
    """The rows, read and embedded by n-grams; `given`: evaluation prompts, and examples too."""
    source, texts = folder / "a.jsonl", folder / "given.jsonl"
    source.write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")
    texts.write_text("".join(f"{json.dumps({'text': t})}\n" for t in given), encoding="utf-8")
    files = [str(texts)] if given else []
    like = {"keep": files, "drop": files, **meaning.pop("like", {})}
    config = config_of(
        {
            "encoder": {"name": "ngrams", "cache": str(folder / "cache")},
            "against": {"files": files},
            "semantic": {"contrast": {"action": "flag"}, "like": like, **meaning},
            "check": {"rules": {"empty-completion": "off", "identical-sides": "off"}},
        }
    )
    with LocalEngine(1, ()) as engine:
        ready = prepare(run_on([str(source)], folder, config, engine=engine))
        keys = make_keys(engine, ready.trail.shards, ready.trail.verdicts, folder / "keys")
        embed(
            engine,
            ready.trail.shards,
            ready.trail.verdicts,
            config.encoder,
            folder / "vectors",
            silent,
        )
    return FilterRows(
        embedded=read_embedded(folder / "vectors"),
        shards=ready.trail.shards,
        keys=keys,
        sources=ready.trail.names,
        config=config.semantic,
        encoder=config.encoder,
        evaluation=ready.evaluation,
        keep=ready.keep,
        drop=ready.drop,
    )
