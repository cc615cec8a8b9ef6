"""What a campaign of annotation says: to annotators, to its lead, and to those who send votes.

Times are seconds since 1970, as float. `shown` means a *showing*: an item as one person sees it,
in an order of its own; its number is all that an annotator learns of an item.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Role = Literal["annotator", "lead"]
VotePurpose = Literal["vote", "repeat", "gold", "practice", "adjudication", "review"]


class VoteAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one person says of one item, by the places at which completions were shown.

    `choice`: pairwise, from 1 (the first is much better) by 4 (a tie) to 7 (the second is much
    better), or "both-bad", or "unsure". `places`: ranking, a place for each completion, from 1,
    ties allowed, without gaps. `ratings`: by criterion, points for each completion. `unsure`: the
    person has no opinion as a whole.
    """

    choice: int | Literal["both-bad", "unsure"] | None = None
    places: tuple[int, ...] | None = None
    ratings: dict[str, tuple[int | None, ...]] | None = None
    unsure: bool = False


class NewVote(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A vote as it is sent. `request`: a UUID of the sender; the same again is the same vote.

    `item`: number of the showing. `active_ms`, `total_ms`: time without and with idle time.
    `flag`: a reason why the item should not be used, such as "unsafe". `confidence`: 0 to 1.
    """

    request: str
    item: int
    answer: VoteAnswer
    active_ms: int | None = None
    total_ms: int | None = None
    comment: str | None = None
    flag: str | None = None
    confidence: float | None = None


class Participant(msgspec.Struct, frozen=True):
    """A person of the campaign."""

    id: int
    name: str
    role: Role
    language: str | None
    is_paused: bool = False


class Invited(msgspec.Struct, frozen=True):
    """A fresh invitation. `token`: said this once; the campaign keeps its checksum only."""

    id: int
    token: str


class Invitation(msgspec.Struct, frozen=True):
    """An invitation that was made. `uses_left`, `expires`: None: without a limit."""

    id: int
    role: Role
    name: str | None
    made: float
    expires: float | None
    is_revoked: bool
    uses_left: int | None


class Joined(msgspec.Struct, frozen=True):
    """A fresh session. `session`: the secret of the cookie; `csrf`: what each POST has to bring."""

    session: str
    csrf: str
    expires: float
    person: Participant


class SignedIn(msgspec.Struct, frozen=True):
    """Whose session it is."""

    person: Participant
    csrf: str
    expires: float


class VoteProgress(msgspec.Struct, frozen=True):
    """`done`: items that the person has answered (practice apart). `today`: since midnight UTC."""

    done: int
    quota: int | None
    today: int


class ShownTurn(msgspec.Struct, frozen=True):
    """One message. `extra`: JSON text of its other fields, such as tool calls."""

    role: str
    text: str
    extra: str | None = None


class ShownCompletion(msgspec.Struct, frozen=True):
    """One completion, without what wrote it. `label`: A, B, ... in the order shown."""

    label: str
    messages: tuple[ShownTurn, ...]


class OwnVote(msgspec.Struct, frozen=True):
    """A person's own vote. `item`: number of the showing."""

    seq: int
    item: int
    at: float
    answer: VoteAnswer
    comment: str | None
    flag: str | None
    confidence: float | None
    title: str = ""


class ShownItem(msgspec.Struct, frozen=True):
    """An item as one person sees it. `id`: number of the showing. `answer`: the last vote on it."""

    id: int
    kind: Literal["pairwise", "ranking", "rating"]
    purpose: Literal["vote", "practice"]
    prompt: tuple[ShownTurn, ...]
    completions: tuple[ShownCompletion, ...]
    answer: OwnVote | None = None


class NextItems(msgspec.Struct, frozen=True):
    """What a person judges next.

    `state`: judge; done: nothing is left, or the quota is reached; paused; waiting: others hold
    what is left, and it may come back.
    """

    state: Literal["judge", "done", "paused", "waiting"]
    items: tuple[ShownItem, ...] = ()


class KnownAnswer(msgspec.Struct, frozen=True):
    """What is known of a practice item. `text`: Markdown."""

    text: str
    is_right: bool | None


class SavedVote(msgspec.Struct, frozen=True):
    """A vote that is on the disk. `explanation`: of practice items."""

    saved: int
    progress: VoteProgress
    explanation: KnownAnswer | None = None


class MeasuredShare(msgspec.Struct, frozen=True):
    """A share with its 95% interval; None without any case."""

    cases: int
    value: float | None = None
    low: float | None = None
    high: float | None = None


class PersonFigures(msgspec.Struct, frozen=True):
    """One annotator beside the rest.

    `label`: p7, or the name if names were asked for. `votes`: items answered, practice apart.
    `agreement`: with the majority of the others of an item. `gold`: right answers, a tie half.
    `consistency`: repeats answered as before. `position`: decided votes for what was shown first.
    `seconds`: median active time of a vote. `hours`: active time of all votes.
    """

    id: int
    label: str
    votes: int
    today: int
    last: float | None
    is_paused: bool
    is_revoked: bool
    agreement: MeasuredShare
    gold: MeasuredShare
    consistency: MeasuredShare
    position: MeasuredShare
    seconds: float | None
    hours: float


class AgreementFigure(msgspec.Struct, frozen=True):
    """Krippendorff's alpha of one criterion. `source`: None: all. `absent`: code why it is None."""

    criterion: str
    source: str | None
    items: int
    alpha: float | None
    low: float | None
    high: float | None
    absent: str | None = None


class CampaignPace(msgspec.Struct, frozen=True):
    """`hours`: votes in each of the last 24 hours, the oldest first. `seconds`: median active time
    of a vote. `left`: votes still wanted. `left_seconds`: active time that these will take."""

    hours: tuple[int, ...]
    seconds: float | None
    left: int
    left_seconds: float | None


class CampaignOverview(msgspec.Struct, frozen=True):
    """Where the campaign stands. `agreement` was measured over the votes up to number `measured`
    (None: not yet measured), and is measured again in the background."""

    state: Literal["running", "paused", "done"]
    items: int
    done: int
    disputed: int
    votes: int
    people: int
    pace: CampaignPace
    agreement: tuple[AgreementFigure, ...] = ()
    measured: int | None = None


class MeasuredPerson(msgspec.Struct, frozen=True):
    """What was measured of one person; see `PersonFigures`."""

    id: int
    agreement: MeasuredShare
    gold: MeasuredShare
    consistency: MeasuredShare
    position: MeasuredShare
    seconds: float | None = None


class MeasuredVotes(msgspec.Struct, frozen=True):
    """What was measured over the votes up to number `upto`.

    `ranks`: items, and how much another vote on each would tell; empty if items go in order.
    """

    upto: int
    agreement: tuple[AgreementFigure, ...]
    people: tuple[MeasuredPerson, ...]
    ranks: tuple[tuple[int, float], ...] = ()


class ItemKeys(msgspec.Struct, frozen=True):
    """An item for figures: texts stand as short keys. `gold`: the known answer, by completions."""

    id: int
    prompt: str
    completions: tuple[str, ...]
    source: str | None
    gold: VoteAnswer | None


class CountedVote(msgspec.Struct, frozen=True):
    """A person's last vote on a showing, for figures. `answer`: by completions."""

    person: int
    item: int
    purpose: VotePurpose
    answer: VoteAnswer
    shown: tuple[int, ...] | None
    active_ms: int | None


class SideVote(msgspec.Struct, frozen=True):
    """One vote on a disputed item, by the places of `DisputedItem.completions`."""

    label: str
    at: float
    answer: VoteAnswer
    comment: str | None
    flag: str | None
    confidence: float | None


class DisputedItem(msgspec.Struct, frozen=True):
    """An item on which people disagree. `item`: number of the item; `models`: once it is decided,
    in the order of `completions`; `decided`: the lead's answer."""

    item: int
    kind: Literal["pairwise", "ranking", "rating"]
    prompt: tuple[ShownTurn, ...]
    completions: tuple[ShownCompletion, ...]
    votes: tuple[SideVote, ...]
    decided: SideVote | None = None
    models: tuple[str | None, ...] | None = None


class GuidelineQuestion(msgspec.Struct, frozen=True):
    """A question on the guidelines, or on an item. `item`: number of the item, not of a showing."""

    id: int
    item: int | None
    label: str
    text: str
    at: float
    reply: str | None = None
    replied_at: float | None = None


class NewItem(msgspec.Struct, frozen=True):
    """An item to add. `key`: its identity, nothing is added twice under one; "" makes it from the
    prompt and the completions.

    `prompt`: messages {role, content, ...}, `completions`: {messages, model?, id?, ...}, both as
    they are written in a judgement. `gold`: the known answer, by the places of `completions`.
    `priority`: more is sooner. `row`: other fields of the source's row, such as tools; they come
    out with the judgement.
    """

    prompt: list[dict[str, Any]]
    completions: list[dict[str, Any]]
    key: str = ""
    source: str | None = None
    line: int | None = None
    gold: VoteAnswer | None = None
    explanation: str | None = None
    is_practice: bool = False
    priority: float = 0.0
    row: dict[str, Any] = {}


class AddedItems(msgspec.Struct, frozen=True):
    """`known`: there were already, and were left as they are."""

    added: int
    known: int


class ImportedVote(msgspec.Struct, frozen=True):
    """A vote from elsewhere. `key`: of the item. `answer`: by the places shown, or, where `shown`
    is None (unknown), by those of the item's completions. `at`: seconds since 1970, or None."""

    key: str
    judge: str
    answer: VoteAnswer
    shown: tuple[int, ...] | None = None
    at: float | None = None
    comment: str | None = None
    confidence: float | None = None
