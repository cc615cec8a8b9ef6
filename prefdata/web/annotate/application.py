"""The application of `prefdata annotate`: its pages, and every address that it answers to."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp

from prefdata.pipeline.annotation.campaign import Campaign
from prefdata.web.annotate.doors import Answer, Call, Open, accepts_gzip, door
from prefdata.web.annotate.joining import joining_routes
from prefdata.web.annotate.judging import judging_routes
from prefdata.web.annotate.leading import leading_routes
from prefdata.web.annotate.showing import shown_project
from prefdata.web.app.entrance import Entrance
from prefdata.web.app.pages import Pages
from prefdata.web.app.site import Site

ASSETS: Final = Path(__file__).parent / "assets"
_REPORT: Final = Path(__file__).parents[2] / "reports" / "assets"
SHARED: Final = (
    "choice.js",
    "colours.css",
    "dom.js",
    "layout.css",
    "numbers.js",
    "parts.css",
    "switches.js",
    "words.js",
    "words_apart.js",
)
"""Assets of the report that these pages use, too."""


def application(campaign: Campaign, site: Site, *, live: bool = False) -> ASGIApp:
    """The pages of a campaign, as an ASGI application.

    Args:
        campaign: What people judge.
        site: Where it is reached.
        live: Read templates and assets again for each page, for whoever works on them.
    """
    shared = {name: _REPORT / name for name in SHARED}
    pages = Pages(ASSETS, site, shared, live)
    project = msgspec.Raw(msgspec.json.encode(shown_project(campaign.config)))
    opened = Open(campaign, site, pages, project)
    title = campaign.config.title

    async def asset(request: Request) -> Response:
        given = request.path_params
        packed = accepts_gzip(request)
        return pages.assets.answer(given["fingerprint"], given["name"], packed=packed)

    def error_page(status: int, said: str, language: str) -> str:
        return pages.html("notice.html", language, title=title, text=said, code=status)

    routes = [  # looked through in this order: what is asked most often is first
        *judging_routes(opened),
        door(opened, "/", _page("annotator.html")),
        door(opened, "/lead", _page("lead.html"), lead=True),
        Route("/assets/{fingerprint}/{name}", asset),
        *joining_routes(opened),
        *leading_routes(opened),
    ]
    return Entrance(Router(routes, redirect_slashes=False), site, error_page)


def _page(template: str) -> Answer:
    def answer(call: Call) -> Response:
        config = call.campaign.config
        language = config.language or call.request.scope["language"]
        page = call.open.pages.html(
            template, language, title=config.title, role=call.signed.person.role
        )
        return HTMLResponse(page)

    return answer
