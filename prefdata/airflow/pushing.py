"""PushOperator: publishes a dataset and emits it as an asset for other DAGs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import Asset

from prefdata.airflow.assets import asset_uri
from prefdata.airflow.command import Value, switch
from prefdata.airflow.operator import PrefdataOperator, Switch

if TYPE_CHECKING:
    from airflow.sdk import Context

_EVENT_FIELDS = ("fingerprint", "commit", "commits", "bytes_sent", "url", "tag", "kept", "splits")


class PushOperator(PrefdataOperator):
    """`prefdata push`: publishes a dataset, in one commit; what is there already is not sent again.

    out: the output folder of a build.
    target: ORG/NAME on the Hub, an fsspec URL, or a folder.
    config: what goes along and how, such as {"parts": ["ledger"], "license": "cc-by-4.0"}; the
        options of the command say what there is.
    dry_run: only show what would be sent.
    conn_id: connection with the token of the Hub.

    The outlet is the asset of the dataset (`hf://datasets/ORG/NAME`, a URL, `file:///...`), with
    commit, fingerprint and counts in its event. Where `target` is a template or mapped, where a dry
    run is asked for, or `outlets` is given, there is no outlet but what `outlets` says.
    """

    command: ClassVar[str] = "push"
    template_fields: Sequence[str] = (
        *PrefdataOperator.template_fields, "out", "target", "dry_run",
    )  # fmt: skip

    def __init__(
        self,
        *,
        out: str | os.PathLike[str],
        target: str,
        dry_run: Switch = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("outlets") is None and dry_run is False:
            uri = asset_uri(target, kwargs.get("cwd"))
            kwargs["outlets"] = [] if uri is None else [Asset(name=uri, uri=uri)]
        super().__init__(**kwargs)
        self.out = out
        self.target = target
        self.dry_run = dry_run

    def options(self) -> dict[str, Value]:
        return {"dry_run": switch(self.dry_run)}

    def places(self) -> list[str]:
        return [os.fspath(self.out), self.target]

    def reads(self) -> list[str]:
        return [os.fspath(self.out)]

    def writes(self) -> list[str]:
        uri = asset_uri(self.target, self.cwd)
        return [] if switch(self.dry_run) or uri is None else [uri]

    def announce(self, context: Context, result: Mapping[str, Any]) -> None:
        """Adds fingerprint, commit and counts to the event of each asset."""
        for outlet in self.outlets:
            if isinstance(outlet, Asset):
                context["outlet_events"][outlet].extra = {
                    name: result[name] for name in _EVENT_FIELDS
                }
