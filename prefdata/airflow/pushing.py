"""The operator that publishes a dataset, and the asset that it is for other DAGs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import Asset

from prefdata.airflow.assets import asset_uri
from prefdata.airflow.command import Value, several, switch
from prefdata.airflow.operator import PrefdataOperator, Switch

if TYPE_CHECKING:
    from airflow.sdk import Context

_OF_EVENT = ("fingerprint", "commit", "commits", "bytes_sent", "url", "tag", "kept", "splits")


class PushOperator(PrefdataOperator):
    """`prefdata push`: publishes a dataset, in one commit; what is there already is not sent again.

    out: the output folder of a build.
    target: ORG/NAME on the Hub, an fsspec URL, or a folder.
    parts: what goes along: ledger, dropped, quarantine, report, review, or all.
    reward_model: folder of a reward model that goes along.
    license: licence of the dataset, as the Hub names it.
    private: the repository is private, or made so.
    branch, revision, tag, message: as the options of the command.
    hand_written: whose text of the card stays where people changed both: local or published.
    replace: delete data there that prefdata did not publish.
    verify: read back what was sent, and compare.
    patience: seconds for which a service that is unavailable is tried again.
    dry_run: only show what would be sent.

    The outlet is the asset of the dataset (`hf://datasets/ORG/NAME`, a URL, `file:///...`), with
    commit, fingerprint and counts in its event. Where `target` is a template or mapped, where a dry
    run is asked for, or `outlets` is given, there is no outlet but what `outlets` says.
    """

    command: ClassVar[str] = "push"
    template_fields: Sequence[str] = (
        *PrefdataOperator.template_fields, "out", "target", "parts", "reward_model", "license",
        "private", "branch", "revision", "tag", "message", "hand_written", "replace", "verify",
        "patience", "dry_run",
    )  # fmt: skip

    def __init__(
        self,
        *,
        out: str | os.PathLike[str],
        target: str,
        parts: str | Sequence[str] = (),
        reward_model: str | os.PathLike[str] | None = None,
        license: str | None = None,  # noqa: A002 - as the option of the command
        private: Switch = False,
        branch: str | None = None,
        revision: str | None = None,
        tag: str | None = None,
        message: str | None = None,
        hand_written: str | None = None,
        replace: Switch = False,
        verify: Switch = True,
        patience: float | str | None = None,
        dry_run: Switch = False,
        **kwargs: Any,
    ) -> None:
        if kwargs.get("outlets") is None and dry_run is False:
            uri = asset_uri(target, kwargs.get("cwd"))
            kwargs["outlets"] = [] if uri is None else [Asset(name=uri, uri=uri)]
        super().__init__(**kwargs)
        self.out = out
        self.target = target
        self.parts = parts
        self.reward_model = reward_model
        self.license = license
        self.private = private
        self.branch = branch
        self.revision = revision
        self.tag = tag
        self.message = message
        self.hand_written = hand_written
        self.replace = replace
        self.verify = verify
        self.patience = patience
        self.dry_run = dry_run

    def options(self) -> dict[str, Value]:
        return {
            "with": several(self.parts),
            "reward_model": self.reward_model,
            "license": self.license,
            "private": switch(self.private),
            "branch": self.branch,
            "revision": self.revision,
            "tag": self.tag,
            "message": self.message,
            "hand_written": self.hand_written,
            "replace": switch(self.replace),
            "no_verify": not switch(self.verify),
            "patience": self.patience,
            "dry_run": switch(self.dry_run),
        }

    def places(self) -> list[str]:
        return [os.fspath(self.out), self.target]

    def announce(self, context: Context, result: Mapping[str, Any]) -> None:
        """Attaches what was published to the event of each asset."""
        for outlet in self.outlets:
            if isinstance(outlet, Asset):
                context["outlet_events"][outlet].extra = {name: result[name] for name in _OF_EVENT}
