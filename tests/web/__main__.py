"""Serves the pages of `prefdata annotate` while somebody works on them: read anew for each page.

python -m tests.web --kind ranking --port 8200
"""

from __future__ import annotations

import sys

import click

from prefdata.config.annotation import AnnotationConfig
from prefdata.config.load import config_of  # noqa: F401
from prefdata.web.annotate.serving import serve
from prefdata.web.app.site import Site
from tests.web.stand_in import StandIn


@click.command()
@click.option("--kind", default="pairwise")
@click.option("--port", default=0)
@click.option("--beside", multiple=True)
@click.option("--public-url")
def main(kind: str, port: int, beside: tuple[str, ...], public_url: str | None) -> None:
    """Serve a campaign of a few items."""
    config = AnnotationConfig(kind=kind, beside=beside, guidelines="# Guidelines\n\nBe *fair*.")
    campaign = StandIn(config)

    def ready(site: Site) -> None:
        for role in ("lead", "annotator"):
            print(role, site.join_link(campaign.invite(role).token))  # noqa: T201
        sys.stdout.flush()

    serve(campaign, port=port, public_url=public_url, on_ready=ready, live=True)  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
