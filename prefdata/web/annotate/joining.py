"""How people come in by a link, and leave."""

from __future__ import annotations

import hmac
import secrets
import time

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from prefdata.errors import AnswerError, SignedOutError
from prefdata.results.annotation import Invitation, SignedIn
from prefdata.web.annotate.doors import Call, Open, address_of, door, in_thread, signed_in
from prefdata.web.app.bodies import FORM_BYTES, form_fields, read_body
from prefdata.web.app.cookies import JOINING, SESSION, cookie, cookie_value
from prefdata.web.app.refusal import LANGUAGES, Refusal, sentence

NAME_CHARACTERS = 80
_JOINING_SECONDS = 3600


def joining_routes(opened: Open) -> list[Route]:
    """The routes by which people come and go."""

    async def show(request: Request) -> Response:
        return await in_thread(opened, lambda: _shown(opened, request))

    async def join(request: Request) -> Response:
        fields = form_fields(await read_body(request, FORM_BYTES))
        return await in_thread(opened, lambda: _joined(opened, request, fields))

    return [
        Route("/join/{token}", show, methods=["GET"]),
        Route("/join/{token}", join, methods=["POST"]),
        door(opened, "/leave", _leave, post=True),
    ]


def _invitation(opened: Open, request: Request) -> Invitation:
    """The invitation that a link stands for.

    Raises:
        Refusal: none, or there were too many attempts, right or wrong, from there.
    """
    address = address_of(request)
    waits = (each.seconds_to_wait(address) for each in (opened.joins, opened.wrong_links))
    if seconds := max(waits):
        raise Refusal(429, "too-many", seconds=seconds)
    opened.joins.took(address)
    try:
        return opened.campaign.peek(request.path_params["token"])
    except SignedOutError:
        opened.wrong_links.took(address)
        raise Refusal(404, "invitation") from None


def _shown(opened: Open, request: Request, *, fault: str = "", name: str = "") -> Response:
    """The page of an invitation; `fault` is what was wrong with what was sent."""
    invitation = _invitation(opened, request)
    known = _known(opened, request)
    language = opened.campaign.config.language or request.scope["language"]
    token = secrets.token_urlsafe(32)
    page = opened.pages.html(
        "join.html",
        language,
        title=opened.campaign.config.title,
        role=invitation.role,
        name=name or invitation.name or "",
        name_characters=NAME_CHARACTERS,
        action=opened.site.prefix + f"/join/{request.path_params['token']}",
        csrf=token,
        error=fault,
        known=known.person.name if known else "",
        home=_home(opened, known.person.role if known else invitation.role),
        language_is_given=opened.campaign.config.language is not None,
    )
    response = HTMLResponse(page, 422 if fault else 200)
    response.headers.append(
        "set-cookie", cookie(opened.site, JOINING, token, seconds=_JOINING_SECONDS)
    )
    return response


def _known(opened: Open, request: Request) -> SignedIn | None:
    """Who follows the link, if it is somebody who has joined already."""
    try:
        return signed_in(opened, request)
    except Refusal:
        return None


def _joined(opened: Open, request: Request, fields: dict[str, str]) -> Response:
    """Signs somebody in who has filled in the page, which its token and its cookie show."""
    token = cookie_value(opened.site, JOINING, request.cookies)
    if not token or not hmac.compare_digest(fields.get("csrf", "").encode(), token.encode()):
        raise Refusal(403, "csrf")
    _invitation(opened, request)
    name = " ".join(fields.get("name", "").split())
    language = fields.get("language")
    language = language if language in LANGUAGES else None
    if not 1 <= len(name) <= NAME_CHARACTERS or not name.isprintable():
        said = sentence("name", language or request.scope["language"])
        fault = said.format(limit=NAME_CHARACTERS)
        return _shown(opened, request, fault=fault, name=name[:NAME_CHARACTERS])
    try:
        joined = opened.campaign.join(request.path_params["token"], name, language)
    except AnswerError as error:
        return _shown(opened, request, fault=str(error), name=name)
    response = RedirectResponse(_home(opened, joined.person.role), 303)
    seconds = max(0, int(joined.expires - time.time()))
    for each in (
        cookie(opened.site, SESSION, joined.session, seconds=seconds),
        cookie(opened.site, JOINING, "", seconds=0),
    ):
        response.headers.append("set-cookie", each)
    return response


def _home(opened: Open, role: str) -> str:
    return opened.site.prefix + ("/lead" if role == "lead" else "/")


def _leave(call: Call) -> Response:
    site = call.open.site
    call.campaign.leave(cookie_value(site, SESSION, call.request.cookies))
    response = call.say({"left": True})
    response.headers.append("set-cookie", cookie(site, SESSION, "", seconds=0))
    return response
