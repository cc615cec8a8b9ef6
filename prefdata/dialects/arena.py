"""Arena battles: two models answer the same questions, and people prefer one of them.

Newer files: prompt, response_a, response_b (texts, or lists of turns, also as JSON text) and
winner_model_a, winner_model_b, winner_tie, of which exactly one is true. Older files:
conversation_a, conversation_b (whole conversations) and winner (model_a, model_b, tie,
tie (bothbad)). MT-bench's human judgements are of this kind; their `turn` says which question was
judged, and what comes after its answer is cut off.

Polarity: the model named by the true flag or by `winner` is the better one; a tie becomes a record
with model a's completion as chosen and margin 0.0.

A battle of several turns is two conversations that differ from the first answer on: the prompt is
their common beginning and the completions are the rest, with user turns that `contexts-differ`
finds.
"""

from __future__ import annotations

from prefdata.dialects.assembly import conversation, split_conversations, with_better_chosen
from prefdata.dialects.comparisons.parts import JUDGE_PART
from prefdata.dialects.dialect import Dialect, DialectPart, Labels, Values
from prefdata.dialects.fields import is_blank
from prefdata.dialects.labels.preference import FIRST, SECOND, TIE, number_in
from prefdata.dialects.labels.words import preferred_side
from prefdata.dialects.messages import Messages
from prefdata.dialects.values import decode_json, describe, is_unstated, text
from prefdata.errors import RowFault
from prefdata.records.record import USER, Message, Record, assistant, user

_FLAGS = {"won_first": FIRST, "won_second": SECOND, "tie": TIE}
_TRUTH = {"1": True, "true": True, "1.0": True, "0": False, "false": False, "0.0": False}


def convert(values: Values) -> Record:
    """Converts one battle of the newer kind to a record."""
    better = _flagged(values)
    names = ("prompt", "first", "second")
    turns = [_turns(values.get(name), name) for name in names]
    if any(listed is None for listed in turns):
        # All three are lists, or none is: "[1] see below" is an answer.
        turns = [[text(values.get(name), name)] for name in names]
    questions, first, second = (listed or [] for listed in turns)
    battle = split_conversations(
        _dialogue(questions, first, "first"), _dialogue(questions, second, "second")
    )
    return _battle_record(battle, better)


def convert_conversations(values: Values) -> Record:
    """Converts one battle of the older kind to a record."""
    better = _winner(values)
    sides = [_until(values.get("turn"), conversation(values, n)) for n in ("first", "second")]
    return _battle_record(split_conversations(*sides), better)


def _until(turn: object, dialogue: Messages) -> Messages:
    """A conversation up to the answer to its question number `turn`; all of it if there is none."""
    if is_blank(turn):
        return dialogue
    number = number_in(turn)
    if number is None or not number.is_integer() or number < 1:
        raise RowFault("wrong-type", f"turn is {describe(turn)}, not the number of a question")
    asked = [i for i, message in enumerate(dialogue) if message.role == USER]
    return dialogue[: asked[int(number)]] if number < len(asked) else dialogue


def _winner(values: Values) -> str:
    return preferred_side(values.get("winner"))


def _battle_record(battle: Record, better: str) -> Record:
    margin = 0.0 if better == TIE else None
    return with_better_chosen(battle, second_is_better=better == SECOND, margin=margin)


def _flagged(values: Values) -> str:
    raised = [side for name, side in _FLAGS.items() if _flag(values.get(name), name)]
    if len(raised) != 1:
        raise RowFault(
            "unknown-label",
            f"of winner_model_a, winner_model_b and winner_tie {len(raised)} are true, not one",
        )
    return raised[0]


def _flag(value: object, name: str) -> bool:
    known = _TRUTH.get(str(value).strip().casefold()) if value is not None else False
    if known is None:
        raise RowFault("unknown-label", f"{name} is {describe(value)}, neither 0 nor 1")
    return known


def _is_lowered(value: object) -> bool:
    """Whether a flag is missing or false: a battle in which none is true states no winner."""
    return is_unstated(value) or _TRUTH.get(str(value).strip().casefold()) is False


def _turns(value: object, name: str) -> list[object] | None:
    """The turns of a list, or of JSON text with a list of texts; None for any other text."""
    if isinstance(value, str):
        if value[:1] != "[":
            return None
        try:
            value = decode_json(value, name)
        except RowFault as fault:
            if fault.reason == "lone-surrogate":
                raise
            return None
        if not isinstance(value, list) or not all(t is None or isinstance(t, str) for t in value):
            return None
    if isinstance(value, list) and not value:
        raise RowFault("empty-conversation", f"{name} is an empty list of turns")
    return value if isinstance(value, list) else None


def _dialogue(questions: list[object], answers: list[object], name: str) -> Messages:
    if len(questions) != len(answers):
        raise RowFault(
            "missing-field", f"{name} has {len(answers)} turns to {len(questions)} of the prompt"
        )
    dialogue: list[Message] = []
    for question, answer in zip(questions, answers, strict=True):
        dialogue += [
            user(text(question, "a turn of prompt")),
            assistant(text(answer, f"a turn of {name}")),
        ]
    return tuple(dialogue)


ARENA = Dialect(
    name="arena",
    summary="Arena battles: a prompt, two responses and three winner flags",
    polarity="the model whose winner flag is true gave the better one; winner_tie is a tie",
    parts=(
        DialectPart("prompt", ("prompt",)),
        DialectPart("first", ("response_a",)),
        DialectPart("second", ("response_b",)),
        DialectPart("won_first", ("winner_model_a",), held=False),
        DialectPart("won_second", ("winner_model_b",), held=False),
        DialectPart("tie", ("winner_tie",), required=False, held=False),
        JUDGE_PART,
    ),
    convert=convert,
    judge_part=JUDGE_PART.name,
    labels=Labels(tuple(_FLAGS), "three flags, 0 or 1, of which one is 1", _flagged, _is_lowered),
)
ARENA_CONVERSATIONS = Dialect(
    name="arena-conversations",
    summary="Arena battles: two whole conversations and a winner",
    polarity="the model that winner names gave the better one",
    parts=(
        DialectPart("first", ("conversation_a",)),
        DialectPart("second", ("conversation_b",)),
        DialectPart("winner", ("winner",), held=False),
        DialectPart("turn", ("turn",), required=False, held=False),
        JUDGE_PART,
    ),
    convert=convert_conversations,
    judge_part=JUDGE_PART.name,
    labels=Labels(("winner",), "model_a, model_b or a tie", _winner, is_unstated),
)
