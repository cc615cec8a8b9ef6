"""The command `prefdata annotate`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import click

from prefdata.cli.options import shared as options
from prefdata.cli.options.knobs import in_order, knob
from prefdata.errors import OutputError
from prefdata.extras import demand
from prefdata.startup import Terminated

if TYPE_CHECKING:
    from prefdata.config.annotation import AnnotationConfig
    from prefdata.pipeline.annotation.campaign import Campaign
    from prefdata.web.app.site import Site

_PORT = 8765
"""The same each time where it can be: browsers keep unsent answers by the port."""

_FILE = click.Path(path_type=Path)

_reading = in_order(
    knob("read.dialect", "--dialect", metavar="NAME"),
    knob("read.label", "--label", metavar="MEANING"),
    click.option(
        "--map", "mapping", metavar="PART=FIELD,...",
        help="Which field holds what: prompt=query,completions=answers.",
    ),
)  # fmt: skip


@click.command()
@click.argument("sources", nargs=-1)
@click.option(
    "--project", "path", required=True, type=_FILE,
    help="File of the campaign (SQLite): items, votes and people. Created if it does not exist.",
)  # fmt: skip
@click.option(
    "--config", "file", type=click.Path(exists=True, dir_okay=False),
    help="What people are asked in a new campaign, in YAML (`prefdata schema annotation`).",
)  # fmt: skip
@click.option(
    "--kind", type=click.Choice(["pairwise", "ranking", "rating"]),
    help="Kind of question in a new campaign (pairwise).",
)  # fmt: skip
@click.option(
    "--review", type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Ask about the rows on the review sheet of this output folder, which its audit wrote.",
)  # fmt: skip
@click.option(
    "--import", "votes", multiple=True, metavar="VOTES",
    help="Import the votes in a file, such as an export of another tool, then stop. May be "
    "repeated.",
)  # fmt: skip
@click.option(
    "--export", type=click.Path(dir_okay=False, allow_dash=True),
    help="Write all votes as judgements in JSON Lines (- for stdout), then stop.",
)  # fmt: skip
@_reading
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on; 0.0.0.0 lets other machines in.",
)
@click.option(
    "--port", type=int, show_default=f"{_PORT}, or any that is free", help="Port to listen on."
)
@click.option(
    "--public-url", metavar="URL", help="Public address of the page, if it is behind a proxy."
)
def annotate(
    sources: tuple[str, ...],
    *,
    path: Path,
    file: str | None,
    kind: str | None,
    review: Path | None,
    votes: tuple[str, ...],
    export: str | None,
    host: str,
    port: int | None,
    public_url: str | None,
    **given: Any,
) -> int:
    """Let people judge completions in the browser; build reads their votes.

    \b
    prefdata annotate completions.jsonl --project labels.sqlite
    prefdata annotate --review OUT --project review.sqlite
    prefdata annotate --project labels.sqlite --import label_studio.json
    prefdata build labels.sqlite --out OUT
    prefdata build raw/ --out OUT --decisions review.sqlite

    Prints a link for the lead and a link to invite annotators. Every vote is on disk before the
    page shows it as saved. `prefdata build` and `prefdata agreement` can read the campaign while
    people are judging.
    """
    serving = not votes and export is None
    serve = _server() if serving else None
    from prefdata.cli.show.annotation import show_imported, show_opened
    from prefdata.pipeline.annotation.importing import import_votes
    from prefdata.pipeline.annotation.opening import open_campaign

    build = options.configured(given)
    opened = open_campaign(
        path,
        sources,
        review=review,
        config=_project(file, kind),
        build=build,
        may_be_empty=bool(votes),
    )
    campaign = opened.campaign
    try:
        if export != "-":
            show_opened(opened)
        if votes:
            show_imported(import_votes(campaign, votes, build))
        if export is not None:
            _export(campaign, export)
        if serve is not None:
            serve(campaign, host, port, public_url)
    finally:
        campaign.close()
    return 0


def _server() -> Any:
    """What serves the pages. Raises MissingExtraError before anything is made or read."""
    demand("annotate", "what serves the pages")
    from prefdata.web.annotate.serving import serve

    def until_stopped(
        campaign: Campaign, host: str, port: int | None, public_url: str | None
    ) -> None:
        def ready(site: Site) -> None:
            _show_links(campaign, site, host, public_url)

        try:
            port = _free_port(host) if port is None else port
            serve(campaign, host, port, public_url, ready)
        except (KeyboardInterrupt, Terminated) as stop:
            stop.add_note("Every vote that a page has shown as saved is saved")
            raise

    return until_stopped


def _free_port(host: str) -> int:
    from prefdata.web.app.serving import listen

    try:
        listen(host, _PORT).close()
    except OutputError:  # another campaign is open
        return 0
    return _PORT


def _project(file: str | None, kind: str | None) -> AnnotationConfig | None:
    from prefdata.config.annotation import AnnotationConfig, load_annotation

    if file is None and kind is None:
        return None
    config = AnnotationConfig() if file is None else load_annotation(file)
    return config if kind is None else config.model_copy(update={"kind": kind})


def _export(campaign: Campaign, place: str) -> None:
    from prefdata.io.files.atomic import atomic_file

    if place == "-":
        for line in campaign.export():
            click.echo(line, nl=False)
        return
    rows = 0
    with atomic_file(Path(place), checksum=False) as file:
        for line in campaign.export():
            file.write(line)
            rows += 1
    click.echo(f"{place}: {rows:,} judgements.")


def _show_links(campaign: Campaign, site: Site, host: str, public_url: str | None) -> None:
    from prefdata.web.app.site import is_loopback

    lead = site.join_link(campaign.invite("lead", uses=1, days=1).token)
    others = site.join_link(campaign.invite("annotator").token)
    click.echo(f"For the lead (once, today):  {lead}")
    click.echo(f"For those who judge:         {others}")
    if public_url is not None:
        click.echo(f"Listening at {host} for the proxy behind {public_url}.")
    elif is_loopback(host):
        click.echo("Only this machine reaches them; --host 0.0.0.0 lets others in, unencrypted.")
    else:
        click.echo(
            f"Whoever reaches {host} reaches the page, unencrypted: put a proxy with TLS before "
            "it, and name it with --public-url."
        )
    port = urlsplit(site.url).port
    again = "" if public_url or port is None else f" With --port {port} these links work again."
    click.echo(f"Ctrl-C stops it; votes are saved as they are cast.{again}")
