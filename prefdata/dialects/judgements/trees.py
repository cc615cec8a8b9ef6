"""OASST: message trees, one message a row; siblings under a user's message carry a rank.

Fields: message_id, parent_id, role (prompter or assistant), text, rank; rank 0 is the best. Whole
trees, one a row, hold the same: `prompt` is a message with nested `replies`. The prompt of a reply
is the path to it. A reply without rank, or without a ranked sibling, is in no pair.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.messages import message
from prefdata.dialects.values import number
from prefdata.errors import RowFault
from prefdata.records.judgement import Completion, Judgement, Opinion
from prefdata.records.record import ASSISTANT, Message

_DEEPEST = 200
"""The most messages of a path; a longer one may be a cycle."""


def tree_message(values: Values) -> Judgement:
    """Checks that a row is a message of a tree; its judgement is made of all rows together."""
    spoken = _message(values)
    number(values.get("rank"), "rank")
    return Judgement((), (Completion((spoken,)),), ())


def _message(values: Values) -> Message:
    return message({"role": values.get("role"), "content": values.get("text")}, "text")


def assemble(
    rows: Sequence[Values | None], place: str
) -> Iterator[tuple[tuple[int, ...], Judgement | RowFault]]:
    """The ranked replies of all trees, each with the rows of the path to it."""
    places = {str(v["message_id"]): row for row, v in enumerate(rows) if v is not None}
    for row, values in enumerate(rows):
        if values is None:
            continue
        try:
            yield from _reply(row, values, rows, places)
        except RowFault as fault:
            yield (row,), fault


def _reply(
    row: int, values: Values, rows: Sequence[Values | None], places: Mapping[str, int]
) -> Iterable[tuple[tuple[int, ...], Judgement | RowFault]]:
    spoken = _message(values)
    if spoken.role != ASSISTANT:
        unanswered = RowFault("one-completion", "the message has no two ranked replies")
        return [((row,), unanswered)]
    path = _path(values, rows, places)
    prompt = tuple(_message(each) for at in path if (each := rows[at]) is not None)
    rank = number(values.get("rank"), "rank")
    answer = Completion((spoken,), id=str(values["message_id"]), metadata=_written(values))
    judgement = Judgement(prompt, (answer,), (Opinion("rank", (rank,)),))
    return [((row, *path), judgement)]


def _written(values: Values) -> str | None:
    metadata = values.get("metadata")
    return metadata if isinstance(metadata, str) and metadata != "{}" else None


def _path(
    values: Values, rows: Sequence[Values | None], places: Mapping[str, int]
) -> tuple[int, ...]:
    """The rows of the messages before a reply, the first one first."""
    path: list[int] = []
    parent = values.get("parent_id")
    while parent is not None:
        at = places.get(str(parent))
        before = None if at is None else rows[at]
        if at is None or before is None or len(path) >= _DEEPEST:
            raise RowFault("missing-field", f"its parent message {parent!s:.40} is not there")
        path.append(at)
        parent = before.get("parent_id")
    if not path:
        raise RowFault("missing-field", "a reply of the assistant has no parent message")
    return tuple(reversed(path))


def assemble_nested(
    rows: Sequence[Values | None], place: str
) -> Iterator[tuple[tuple[int, ...], Judgement | RowFault]]:
    """The rankings of the replies in whole trees: one for each message with several of them."""
    for row, values in enumerate(rows):
        if values is None:
            continue
        try:
            found = list(_rankings(values))
        except RowFault as fault:
            yield (row,), fault
            continue
        for judgement in found:
            yield (row,), judgement
        if not found:
            yield (row,), RowFault("one-completion", "no message has two replies of the assistant")


def _rankings(values: Values) -> Iterator[Judgement]:
    """The rankings of one tree, without recursion: trees of data may be deep."""
    todo: list[tuple[Mapping[str, object], tuple[Message, ...]]] = [(_node(values["prompt"]), ())]
    while todo:
        node, path = todo.pop()
        path = (*path, _message(node))
        if len(path) > _DEEPEST:
            raise RowFault("wrong-type", f"a tree is more than {_DEEPEST} messages deep")
        nested = node.get("replies") or []
        if not isinstance(nested, list):
            raise RowFault("wrong-type", "replies is not a list")
        replies = [_node(reply) for reply in nested]
        todo += [(reply, path) for reply in reversed(replies)]
        said = [_message(reply) for reply in replies]
        if len(said) > 1 and all(message.role == ASSISTANT for message in said):
            ranks = tuple(number(reply.get("rank"), "rank") for reply in replies)
            completions = tuple(Completion((message,)) for message in said)
            yield Judgement(path, completions, (Opinion("rank", ranks),))


def _node(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise RowFault("wrong-type", "a message of the tree is not an object")
    return value


def _is_tree(values: Values) -> bool:
    root = values["prompt"]
    return isinstance(root, Mapping) and "replies" in root and "text" in root


def nested_tree(values: Values) -> Judgement:
    """Checks that a row is a tree; its judgements are made of it by `assemble_nested`."""
    _message(_node(values["prompt"]))
    return Judgement((), (), ())


OASST_TREES = Dialect(
    name="oasst-trees",
    summary="OASST: whole message trees, one a row, replies with a rank",
    polarity="rank 0 is the best reply of its parent",
    parts=(DialectPart("prompt", ("prompt",)),),
    judge=nested_tree,
    fits=_is_tree,
    meets=True,
    by_values=True,
    assemble=assemble_nested,
)
OASST = Dialect(
    name="oasst",
    summary="OASST: message trees, one message a row, replies with a rank",
    polarity="rank 0 is the best reply of its parent",
    parts=(
        DialectPart("message_id", ("message_id",)),
        DialectPart("parent_id", ("parent_id",), required=False),
        DialectPart("role", ("role",)),
        DialectPart("text", ("text",)),
        DialectPart("rank", ("rank",), required=False),
    ),
    judge=tree_message,
    meets=True,
    assemble=assemble,
)

TREES = (OASST, OASST_TREES)
