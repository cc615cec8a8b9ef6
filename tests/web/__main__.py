"""Serves the pages of a small campaign while somebody works on them: read anew for each page.

python -m tests.web --kind ranking --beside accuracy --port 8200 --project /tmp/try.sqlite
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.web.annotate.serving import serve
from prefdata.web.app.site import Site
from tests.web.served import new_campaign

TEXTS = [
    "The capital is **Paris**.\n\n- one\n- two\n\n```py\nprint(1 < 2)\n```",
    "It is Paris. See [here](https://example.org) <script>alert(1)</script>.",
    "مرحبا بالعالم، كيف حالك؟",
    "你好，世界。今天天气很好。",
    "A long text. " * 500,
]


@click.command()
@click.option("--kind", default="pairwise", show_default=True)
@click.option("--beside", multiple=True)
@click.option("--port", default=0)
@click.option("--public-url")
@click.option("--project", type=click.Path(path_type=Path))
def main(
    kind: str, beside: tuple[str, ...], port: int, public_url: str | None, project: Path | None
) -> None:
    """Serve a campaign of some items, and print a link for each role."""
    with tempfile.TemporaryDirectory() as folder:
        path = project or Path(folder, "project.sqlite")
        guidelines = "# Guidelines\n\nBe *fair*; see [more](https://example.org)."
        knobs = {"kind": kind, "beside": beside, "guidelines": guidelines}
        campaign = Campaign.open(path) if path.exists() else new_campaign(path, TEXTS * 8, **knobs)

        def ready(site: Site) -> None:
            for role in ("lead", "annotator"):
                click.echo(f"{role} {site.join_link(campaign.invite(role).token)}")

        serve(campaign, port=port, public_url=public_url, on_ready=ready, live=True)


if __name__ == "__main__":
    main()
