"""Serves a campaign until somebody stops it."""

from __future__ import annotations

from collections.abc import Callable

from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.web.annotate.application import application
from prefdata.web.app.serving import listen, run
from prefdata.web.app.site import Site, site_of


def serve(
    campaign: Campaign,
    host: str = "127.0.0.1",
    port: int = 0,
    public_url: str | None = None,
    on_ready: Callable[[Site], None] = lambda site: None,
    *,
    live: bool = False,
) -> None:
    """Serves the pages of a campaign, until SIGINT or SIGTERM is handled as it was before.

    Args:
        campaign: What people judge; it stays open.
        host: A name or an address of this machine.
        port: Where to listen; 0: any that is free.
        public_url: Where people reach it, if a proxy stands in front: scheme, host, path.
        on_ready: Called once requests are taken, with the site, which makes links.
        live: Read templates and assets again for each page.

    Raises:
        UsageError: the host, the port or the public address cannot be used.
        OutputError: another program uses the port.
    """
    listening = listen(host, port)
    try:
        port = listening.getsockname()[1]
        site = site_of(str(campaign.path), host=host, port=port, public_url=public_url)
        app = application(campaign, site, live=live)
        run(app, listening, proxied=public_url is not None, ready=lambda: on_ready(site))
    finally:
        listening.close()
