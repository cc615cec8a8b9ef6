"""What the lead may ask: how the campaign stands, disagreements, questions, invitations, votes."""

from __future__ import annotations

from typing import Annotated

import msgspec
from starlette.concurrency import iterate_in_threadpool
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from prefdata.results.annotation import Role, VoteAnswer
from prefdata.web.annotate.doors import Call, Number, Open, door
from prefdata.web.annotate.showing import shown_dispute
from prefdata.web.app.refusal import Refusal

_MOST_DISPUTES = 50

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=80)]


class _Adjudication(msgspec.Struct, forbid_unknown_fields=True):
    item: Number
    answer: VoteAnswer
    comment: str | None = None


class _Reply(msgspec.Struct, forbid_unknown_fields=True):
    question: Number
    text: str


class _Invite(msgspec.Struct, forbid_unknown_fields=True):
    role: Role = "annotator"
    name: _Name | None = None
    uses: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    days: Annotated[float, msgspec.Meta(gt=0, le=3650)] | None = 30


class _Revoke(msgspec.Struct, forbid_unknown_fields=True):
    invitation: Number | None = None
    person: Number | None = None


class _Whom(msgspec.Struct, forbid_unknown_fields=True):
    person: Number | None = None


_ADJUDICATION = msgspec.json.Decoder(_Adjudication)
_REPLY = msgspec.json.Decoder(_Reply)
_INVITE = msgspec.json.Decoder(_Invite)
_REVOKE = msgspec.json.Decoder(_Revoke)
_WHOM = msgspec.json.Decoder(_Whom)


def leading_routes(opened: Open) -> list[Route]:
    """The routes of the lead."""
    asked = {
        "overview": _overview,
        "people": _people,
        "disagreements": _disagreements,
        "questions": _questions,
        "invitations": _invitations,
        "export": _export,
    }
    posted = {
        "adjudicate": _adjudicate,
        "reply": _reply,
        "invite": _invite,
        "revoke": _revoke,
        "pause": _pause,
        "resume": _resume,
    }
    return [
        *(door(opened, f"/api/lead/{name}", each, lead=True) for name, each in asked.items()),
        *(
            door(opened, f"/api/lead/{name}", each, post=True, lead=True)
            for name, each in posted.items()
        ),
    ]


def _overview(call: Call) -> Response:
    return call.say(call.campaign.overview())


def _people(call: Call) -> Response:
    names = call.request.query_params.get("names") == "true"
    return call.say({"people": call.campaign.people(names=names)})


def _disagreements(call: Call) -> Response:
    count = min(call.number("count") or 20, _MOST_DISPUTES)
    found = call.campaign.disagreements(call.number("before"), count)
    return call.say({"items": [shown_dispute(item, call.open.rendered) for item in found]})


def _adjudicate(call: Call) -> Response:
    said = call.read(_ADJUDICATION)
    decided = call.campaign.adjudicate(call.person, said.item, said.answer, said.comment)
    return call.say({"decided": decided})


def _questions(call: Call) -> Response:
    return call.say({"questions": call.campaign.questions()})


def _reply(call: Call) -> Response:
    said = call.read(_REPLY)
    return call.say(call.campaign.reply(said.question, said.text))


def _invitations(call: Call) -> Response:
    return call.say({"invitations": call.campaign.invitations()})


def _invite(call: Call) -> Response:
    wanted = call.read(_INVITE)
    made = call.campaign.invite(wanted.role, name=wanted.name, uses=wanted.uses, days=wanted.days)
    return call.say({"id": made.id, "link": call.open.site.join_link(made.token)})


def _revoke(call: Call) -> Response:
    said = call.read(_REVOKE)
    if (said.invitation is None) == (said.person is None):
        raise Refusal(422, "not-json", detail="it names an invitation or a person, one of them")
    call.campaign.revoke(invitation=said.invitation, person=said.person)
    return call.say({"revoked": True})


def _pause(call: Call) -> Response:
    call.campaign.pause(call.read(_WHOM).person)
    return call.say({"paused": True})


def _resume(call: Call) -> Response:
    call.campaign.resume(call.read(_WHOM).person)
    return call.say({"paused": False})


def _export(call: Call) -> Response:
    """All votes so far: what comes later does not change what is sent."""
    lines = call.campaign.export(call.campaign.last_vote())
    return StreamingResponse(
        iterate_in_threadpool(lines),
        media_type="application/jsonl",
        headers={"content-disposition": 'attachment; filename="votes.jsonl"'},
    )
