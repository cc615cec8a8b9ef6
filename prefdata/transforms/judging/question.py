"""The messages by which a model is asked for a verdict or ratings, and the form of its reply."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from prefdata.config.annotation import CriterionConfig
from prefdata.config.judge import RubricConfig, worded
from prefdata.records.record import ASSISTANT, SYSTEM, USER, Message
from prefdata.transforms.judging.template import Template, as_text, fence_of, fenced, filled

VERDICTS = ("A", "B", "tie")

Messages = tuple[Message, ...]


def verdict_question(
    prompt: Messages,
    first: Messages,
    second: Messages,
    template: Template,
    rubric: RubricConfig,
    *,
    reasoning: bool,
) -> Messages:
    """Asks which of two completions is better. `first` is shown as answer A."""
    texts = {
        "conversation": as_text(prompt),
        "answer_a": as_text(first),
        "answer_b": as_text(second),
    }
    return _asked(texts, template, rubric, reasoning=reasoning, anchors=False)


def rating_question(
    prompt: Messages,
    completion: Messages,
    template: Template,
    rubric: RubricConfig,
    *,
    reasoning: bool,
) -> Messages:
    """Asks for points by each criterion."""
    texts = {"conversation": as_text(prompt), "answer": as_text(completion)}
    return _asked(texts, template, rubric, reasoning=reasoning, anchors=True)


def repair_question(
    asked: Messages, reply: str, template: Template, rubric: RubricConfig
) -> Messages:
    """Asks once more, after a reply that could not be read; without reasons."""
    values = {
        "fence": "",
        "least": str(rubric.scale.least),
        "most": str(rubric.scale.most),
        "example": _example(rubric, reasoning=False),
    }
    again = filled(template.parts["repair"], values)
    return (*asked, Message(ASSISTANT, reply), Message(USER, again))


def _asked(
    texts: dict[str, str],
    template: Template,
    rubric: RubricConfig,
    *,
    reasoning: bool,
    anchors: bool,
) -> Messages:
    language, fence = template.language, fence_of(texts.values())
    values = {
        "fence": fence,
        "criteria": _criteria(rubric.criteria, language, anchors=anchors),
        "least": str(rubric.scale.least),
        "most": str(rubric.scale.most),
        "example": _example(rubric, reasoning=reasoning),
    }
    values |= {name: fenced(name, text, fence, language) for name, text in texts.items()}
    form = template.parts["reasoned" if reasoning else "direct"]
    values["form"] = filled(form, values)
    user = Message(USER, filled(template.parts["user"], values))
    system = filled(template.parts["system"], values)
    return (Message(SYSTEM, system), user) if system else (user,)


def _criteria(criteria: Sequence[CriterionConfig], language: str, *, anchors: bool) -> str:
    lines = []
    for each in criteria:
        label = worded(each.label, language) if each.label else each.name
        shown = each.name if label.casefold() == each.name.casefold() else f"{each.name} ({label})"
        meaning = worded(each.definition, language)
        lines.append(f"- {shown}: {meaning}" if meaning else f"- {shown}")
        if anchors:
            points = sorted(each.anchors.items())
            lines += [f"  {point} = {worded(text, language)}" for point, text in points]
    return "\n".join(lines)


def _example(rubric: RubricConfig, *, reasoning: bool) -> str:
    middle = (rubric.scale.least + rubric.scale.most) // 2
    points: dict[str, Any] = {"reasoning": "..."} if reasoning else {}
    points |= {each.name: middle for each in rubric.criteria}
    return json.dumps(points, ensure_ascii=False)


def reply_schema(rubric: RubricConfig | None, *, reasoning: bool) -> dict[str, Any]:
    """The JSON Schema of a reply: points by the criteria of a rubric, or a verdict (None)."""
    said: dict[str, Any] = {"reasoning": {"type": "string"}} if reasoning else {}
    if rubric is None:
        said["verdict"] = {"type": "string", "enum": list(VERDICTS)}
    else:
        points = list(range(rubric.scale.least, rubric.scale.most + 1))
        said |= {each.name: {"type": "integer", "enum": points} for each in rubric.criteria}
    return {
        "type": "object",
        "properties": said,
        "required": list(said),
        "additionalProperties": False,
    }


def response_format(schema: dict[str, Any]) -> dict[str, Any]:
    """The parameter by which a server is asked to enforce a schema."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "judgement", "strict": True, "schema": schema},
    }


PROBE = (Message(USER, 'Reply with the JSON object {"verdict": "tie"} and nothing else.'),)
"""What a server is asked to find out which parameters it takes."""
