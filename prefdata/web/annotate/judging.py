"""What annotators may ask: what is next, what they said, how far they are."""

from __future__ import annotations

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from prefdata.results.annotation import NewVote
from prefdata.web.annotate.doors import Call, Number, Open, door, whole
from prefdata.web.annotate.showing import shown_explanation, shown_item

_MOST_NEXT = 5
_MOST_MINE = 200
_MOST_SKIPPED = 50


class _Question(msgspec.Struct, forbid_unknown_fields=True):
    text: str
    item: Number | None = None


_VOTE = msgspec.json.Decoder(NewVote)
_QUESTION = msgspec.json.Decoder(_Question)


def judging_routes(opened: Open) -> list[Route]:
    """The routes of whoever judges."""
    return [
        door(opened, "/api/me", _me),
        door(opened, "/api/next", _next),
        door(opened, "/api/vote", _vote, post=True),
        door(opened, "/api/mine", _mine),
        door(opened, "/api/item/{number}", _item),
        door(opened, "/api/question", _ask, post=True),
        door(opened, "/api/questions", _questions),
        door(opened, "/api/link", _link, post=True),
    ]


def _me(call: Call) -> Response:
    person = call.signed.person
    return call.say(
        {
            "site": call.open.site.name,
            "person": {
                "id": person.id,
                "name": person.name,
                "role": person.role,
                "language": person.language,
            },
            "csrf": call.signed.csrf,
            "project": call.open.project,
            "progress": call.campaign.progress(call.person),
        }
    )


def _next(call: Call) -> Response:
    count = min(call.number("count") or 2, _MOST_NEXT)
    skipped = call.request.query_params.get("skip", "").split(",")[:_MOST_SKIPPED]
    found = call.campaign.next(call.person, count, [whole(each) for each in skipped if each])
    items = [shown_item(item, call.open.rendered) for item in found.items]
    return call.say({"state": found.state, "items": items})


def _vote(call: Call) -> Response:
    vote = call.read(_VOTE)
    whole(str(vote.item))
    saved = call.campaign.answer(call.person, vote)
    answer = {"saved": saved.saved, "progress": saved.progress}
    if saved.explanation is not None:
        answer["explanation"] = shown_explanation(saved.explanation, call.open.rendered)
    return call.say(answer)


def _mine(call: Call) -> Response:
    count = min(call.number("count") or 50, _MOST_MINE)
    return call.say({"votes": call.campaign.mine(call.person, call.number("before"), count)})


def _item(call: Call) -> Response:
    return call.say(shown_item(call.campaign.item(call.person, call.place()), call.open.rendered))


def _ask(call: Call) -> Response:
    asked = call.read(_QUESTION)
    return call.say(call.campaign.ask(call.person, asked.item, asked.text))


def _questions(call: Call) -> Response:
    return call.say({"questions": call.campaign.my_questions(call.person)})


def _link(call: Call) -> Response:
    """A link by which the same person goes on with another device."""
    return call.say({"link": call.open.site.join_link(call.campaign.link(call.person).token)})
