"""The URI by which Airflow knows a published dataset as an asset."""

from __future__ import annotations

import os
import re
from pathlib import Path
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
