"""Rules on the order of turns."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from prefdata.records.arrays import Flags, Ints
from prefdata.records.context import media_fields, prompt_text, refers_to_media, rows_with_context
from prefdata.records.record import ASSISTANT, ROLES, SYSTEM, TOOL, USER, Record
from prefdata.records.texts import SideTexts, TextView
from prefdata.results.sentences import Sentence
from prefdata.rules.gates import join
from prefdata.rules.quote import completions, quote
from prefdata.rules.rule import Rule

_ASKING = (USER, SYSTEM)


def _contexts_differ(record: Record) -> Sentence | None:
    for side, messages in completions(record):
        for position, message in enumerate(messages):
            if message.role in _ASKING:
                return Sentence(
                    "turns.asks",
                    place=f"{side}[{position}]",
                    role=message.role,
                    quote=quote(message.content or ""),
                )
        for position, (before, message) in enumerate(pairwise(messages), start=1):
            if before.role == message.role == ASSISTANT:
                place, first = f"{side}[{position}]", f"{side}[{position - 1}]"
                return Sentence("turns.second-answer", place=place, before=first)
    return None


def _not_assistant(record: Record) -> Sentence | None:
    for side, messages in completions(record):
        if messages and messages[-1].role != ASSISTANT:
            return Sentence("turns.ends-with", side=side, role=messages[-1].role)
    return None


def _consecutive_roles(record: Record) -> Sentence | None:
    for side, messages in completions(record):
        turns = [
            *((f"prompt[{i}]", m.role) for i, m in enumerate(record.prompt)),
            *((f"{side}[{i}]", m.role) for i, m in enumerate(messages)),
        ]
        for (before, role), (after, next_role) in pairwise(turns):
            if role == next_role != TOOL:
                return Sentence("turns.same-role", before=before, after=after, role=role)
    return None


def _late_system(record: Record) -> Sentence | None:
    roles = [message.role for message in record.prompt]
    for position, (before, role) in enumerate(pairwise(roles), start=1):
        if role == SYSTEM != before:
            return Sentence("turns.late-system", place=f"prompt[{position}]", role=before)
    return None


def _contexts_differ_rows(view: TextView) -> Ints:
    parts = []
    for side in view.completions:
        codes = side.role_codes
        asking = (codes == ROLES.index(USER)) | (codes == ROLES.index(SYSTEM))
        parts.append(side.rows_of_messages(np.flatnonzero(asking)))
        parts.append(side.rows_of_messages(_repeats(side)))
    return join(parts)


def _not_assistant_rows(view: TextView) -> Ints:
    parts = []
    for side in view.completions:
        rows = np.flatnonzero(side.counts)
        last = side.role_codes[side.firsts[rows + 1] - 1]
        parts.append(rows[last != ROLES.index(ASSISTANT)])
    return join(parts)


def _consecutive_rows(view: TextView) -> Ints:
    inside = [side.rows_of_messages(_repeats(side) + 1) for side in view.sides]
    return join([*inside, *(_repeats_across(view.prompt, side) for side in view.completions)])


def _repeats(side: SideTexts) -> Ints:
    """Messages followed, in the same row, by a message with the same role."""
    if side.is_single:
        return np.zeros(0, np.int64)
    same: Flags = side.role_codes[1:] == side.role_codes[:-1]
    borders = side.firsts[(side.firsts > 0) & (side.firsts < len(side.role_codes))]
    same[borders - 1] = False
    return np.flatnonzero(same)


def _repeats_across(prompt: SideTexts, side: SideTexts) -> Ints:
    """Rows whose completion begins with the role of the last message of the prompt."""
    rows = np.flatnonzero((prompt.counts > 0) & (side.counts > 0))
    last, first = prompt.firsts[rows + 1] - 1, side.firsts[rows]
    return np.asarray(rows[prompt.role_codes[last] == side.role_codes[first]])


def _late_system_rows(view: TextView) -> Ints:
    side = view.prompt
    messages = np.flatnonzero(side.role_codes == ROLES.index(SYSTEM))
    rows = side.rows_of_messages(messages)
    return rows[messages > side.firsts[rows]]


def _media(record: Record) -> Sentence | None:
    prompt = prompt_text((message.content, message.extra) for message in record.prompt)
    if not refers_to_media(record.metadata, prompt):
        return None
    names = tuple(media_fields(record.metadata, prompt))
    if not names:
        return Sentence("turns.placeholder")
    return Sentence("turns.media", fields=names)


def _media_rows(view: TextView) -> Ints:
    prompt = view.prompt
    return rows_with_context(view.metadata, prompt.contents, prompt.extras, prompt.firsts)


RULES = (
    Rule(
        "unseen-media",
        "record",
        "warning",
        "The row refers to images, video or audio, which no step looks at; only references are "
        "compared.",
        "Nothing: its pictures go to the column images. read.media: drop removes such rows.",
        _media,
        _media_rows,
    ),
    Rule(
        "contexts-differ",
        "record",
        "error",
        "A completion contains a question or an earlier answer: the two sides answer different "
        "turns.",
        "Cut both sides at the first assistant message that differs, or drop the row.",
        _contexts_differ,
        _contexts_differ_rows,
    ),
    Rule(
        "not-assistant",
        "record",
        "error",
        "A completion does not end with an assistant message.",
        "Cut the completion after its last assistant message, or drop the row.",
        _not_assistant,
        _not_assistant_rows,
    ),
    Rule(
        "consecutive-roles",
        "record",
        "warning",
        "Two messages in a row have the same role; many chat templates refuse that.",
        "Join the messages, or put the missing turn between them.",
        _consecutive_roles,
        _consecutive_rows,
    ),
    Rule(
        "late-system",
        "record",
        "warning",
        "A system message stands after other messages; many chat templates refuse that.",
        "Move the system message to the beginning of the prompt.",
        _late_system,
        _late_system_rows,
    ),
)
