"""Prints what `prefdata annotate` has made, read and imported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from prefdata.cli.show.lines import clean

if TYPE_CHECKING:
    from prefdata.pipeline.annotation.importing import ImportedVotes
    from prefdata.pipeline.annotation.opening import OpenedCampaign


def show_opened(opened: OpenedCampaign) -> None:
    """Prints what is in a campaign, and what its sources added."""
    campaign = opened.campaign
    name = clean(str(campaign.path))
    if opened.prepared is not None and opened.prepared.rows:
        prepared, added = opened.prepared, opened.added
        known = f", {added.known:,} known already" if added.known else ""
        click.echo(
            f"{name}: {added.added:,} items to judge ({campaign.config.kind}) from "
            f"{prepared.rows:,} rows{known}."
        )
        _show_left_out(prepared.left_out)
    if opened.known:
        click.echo(f"{name}: {opened.known:,} items with a known answer.")
    if not opened.is_new:
        overview = campaign.overview()
        click.echo(
            f"{name}: {overview.votes:,} votes; {overview.done:,} of {overview.items:,} items are "
            "done."
        )


def show_imported(done: ImportedVotes) -> None:
    """Prints how many votes were imported, and why others were not."""
    known = f", {done.known:,} known already" if done.known else ""
    items = f" {done.items:,} items are new." if done.items else ""
    click.echo(f"{done.new:,} votes from {done.rows:,} rows{known}.{items}")
    _show_left_out(done.left_out)
    for why in done.why.values():
        click.echo(f"  {clean(why)}")


def _show_left_out(reasons: Mapping[str, int]) -> None:
    if reasons:
        named = ", ".join(f"{count:,} {reason}" for reason, count in sorted(reasons.items()))
        click.echo(f"Left out: {named}.")
