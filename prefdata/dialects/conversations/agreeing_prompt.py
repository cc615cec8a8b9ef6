"""A prompt field beside two whole conversations: whether they agree, and which says more.

Files often give the prompt twice, once in a field and once at the beginning of both conversations,
and not quite the same: the field lacks the system message, is only the last turn, or has other
white space. Then the common beginning of the conversations is the prompt, since it is what the
sides answer.
"""

from __future__ import annotations

from collections.abc import Mapping

from prefdata.dialects.messages import Messages
from prefdata.records.record import SYSTEM, USER, Message, user

_Turns = list[tuple[str, str | None, str | None]]


def fuller_prompt(prompt: Messages, chosen: Messages, rejected: Messages) -> Messages | None:
    """The prompt of two conversations, if `prompt` agrees with their common beginning and says
    less, or the same with other white space; else None.

    A system message may stand in either of them, but not another in each.
    """
    if chosen[0].role not in (USER, SYSTEM):
        return None
    common = _common(chosen, rejected)
    asked, shared = _turns(prompt), _turns(common)
    if not asked or not _agree(asked, shared):
        return None
    given = tuple(m for m in prompt if m.role == SYSTEM)
    repeated = tuple(m for m in common if m.role == SYSTEM)
    if given and repeated and given != repeated:
        return None
    fuller = common if repeated else (*given, *common)
    return None if fuller == prompt else fuller


def agreeing_field(
    candidates: Mapping[str, object], chosen: Messages, rejected: Messages
) -> str | None:
    """The one of several fields whose text is the prompt that two conversations begin with; None if
    that is none or more than one."""
    shared = _turns(_common(chosen, rejected))
    fitting = [
        name
        for name, value in candidates.items()
        if isinstance(value, str) and shared and _agree(_turns((user(value),)), shared)
    ]
    return fitting[0] if len(fitting) == 1 else None


def _common(chosen: Messages, rejected: Messages) -> Messages:
    most = max(min(len(chosen), len(rejected)) - 1, 0)
    shared = next((i for i in range(most) if chosen[i] != rejected[i]), most)
    return chosen[:shared]


def _agree(asked: _Turns, shared: _Turns) -> bool:
    """Whether turns are all of the shared ones, the last of them, or the first before a further
    question."""
    if shared[-len(asked) :] == asked:
        return True
    goes_on = shared[len(asked) :]
    return shared[: len(asked)] == asked and any(role == USER for role, _, _ in goes_on)


def _turns(messages: Messages) -> _Turns:
    """The messages but for system messages, without regard to white space."""
    return [(m.role, _squeezed(m), m.extra) for m in messages if m.role != SYSTEM]


def _squeezed(message: Message) -> str | None:
    return None if message.content is None else " ".join(message.content.split())
