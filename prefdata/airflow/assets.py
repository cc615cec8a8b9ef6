"""The names by which Airflow (assets) and OpenLineage know datasets.

OpenLineage's provider is imported only when it asks, so only where it is installed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

_ON_THE_HUB = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")


def asset_uri(target: str, cwd: str | None = None) -> str | None:
    """The URI of the dataset that `prefdata push` publishes to `target`, without credentials.

    None if it is unknown before the task runs: for templates, and for relative folders without an
    absolute `cwd`, which depend on the worker.

    >>> asset_uri("org/name"), asset_uri("s3://key:secret@bucket/x/"), asset_uri("/data/x")
    ('hf://datasets/org/name', 's3://bucket/x', 'file:///data/x')
    >>> asset_uri("{{ params.target }}"), asset_uri("./x")
    (None, None)
    """
    if not target or "{{" in target or "{%" in target:
        return None
    if "://" in target:
        parts = urlsplit(target)
        place = parts.netloc.rpartition("@")[2]
        return urlunsplit((parts.scheme, place, parts.path.rstrip("/"), "", ""))
    if _ON_THE_HUB.fullmatch(target):
        return f"hf://datasets/{target}"
    path = os.path.join(cwd or "", target)  # noqa: PTH118 - kept as given
    return Path(os.path.normpath(path)).as_uri() if os.path.isabs(path) else None  # noqa: PTH117


def dataset_name(place: str, cwd: str | None = None) -> tuple[str, str] | None:
    """Namespace and name of a dataset, as OpenLineage writes them; None where there is none to
    name: standard input, or a relative path without `cwd`.

    >>> dataset_name("/data/raw"), dataset_name("s3://key:secret@bucket/raw/*.jsonl")
    (('file', '/data/raw'), ('s3://bucket', 'raw/*.jsonl'))
    >>> dataset_name("hf://datasets/org/name"), dataset_name("-")
    (('hf://datasets', 'org/name'), None)
    """
    if not place or place == "-":
        return None
    if "://" not in place:
        path = os.path.normpath(os.path.join(cwd or "", place))  # noqa: PTH118
        return ("file", path) if os.path.isabs(path) else None  # noqa: PTH117
    parts = urlsplit(asset_uri(place) or place)
    if parts.scheme == "file":
        return "file", parts.path
    return f"{parts.scheme}://{parts.netloc}", parts.path.strip("/") or "/"


def lineage(
    inputs: Sequence[str], outputs: Sequence[str], cwd: str | None, rows: int | None = None
) -> Any:
    """The `OperatorLineage` of a task. `rows`: those in each output, if they are known."""
    from airflow.providers.openlineage.extractors import OperatorLineage
    from openlineage.client.event_v2 import InputDataset, OutputDataset
    from openlineage.client.facet_v2 import output_statistics_output_dataset as statistics

    facets: dict[str, Any] = {}
    if rows is not None:
        facet = statistics.OutputStatisticsOutputDatasetFacet(rowCount=rows)
        facets = {"outputStatistics": facet}
    read, written = ([dataset_name(place, cwd) for place in each] for each in (inputs, outputs))
    return OperatorLineage(
        inputs=[InputDataset(namespace=one[0], name=one[1]) for one in read if one],
        outputs=[
            OutputDataset(namespace=one[0], name=one[1], outputFacets=facets)
            for one in written
            if one
        ],
    )
