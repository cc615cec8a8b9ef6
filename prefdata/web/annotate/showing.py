"""What the page is given to show: texts beside their HTML, words in both languages."""

from __future__ import annotations

from typing import Any

from prefdata.config.annotation import AnnotationConfig, BilingualText
from prefdata.results.annotation import (
    DisputedItem,
    KnownAnswer,
    ShownCompletion,
    ShownItem,
    ShownTurn,
)
from prefdata.web.annotate.doors import plain
from prefdata.web.app.markdown import Rendered, guidelines_html


def shown_item(item: ShownItem, rendered: Rendered) -> dict[str, Any]:
    """An item as one person sees it."""
    return plain(item, "prompt", "completions") | _texts(item, rendered)


def shown_dispute(item: DisputedItem, rendered: Rendered) -> dict[str, Any]:
    """An item on which people disagree, as the lead sees it."""
    return plain(item, "prompt", "completions") | _texts(item, rendered)


def shown_explanation(known: KnownAnswer, rendered: Rendered) -> dict[str, Any]:
    """What is known of a practice item."""
    return {"html": rendered.html(known.text), "right": known.is_right}


def _texts(item: ShownItem | DisputedItem, rendered: Rendered) -> dict[str, Any]:
    return {
        "prompt": [_turn(turn, rendered) for turn in item.prompt],
        "completions": [_completion(each, rendered) for each in item.completions],
    }


def _completion(completion: ShownCompletion, rendered: Rendered) -> dict[str, Any]:
    messages = [_turn(turn, rendered) for turn in completion.messages]
    return {"label": completion.label, "messages": messages}


def _turn(turn: ShownTurn, rendered: Rendered) -> dict[str, Any]:
    shown = {"role": turn.role, "text": turn.text, "html": rendered.html(turn.text)}
    return shown if turn.extra is None else {**shown, "extra": turn.extra}


def shown_project(config: AnnotationConfig) -> dict[str, Any]:
    """What is asked, and in which words."""
    return {
        "title": config.title,
        "kind": config.kind,
        "criteria": [
            {
                "name": criterion.name,
                "label": _words(criterion.label or criterion.name),
                "definition": _words(criterion.definition),
                "anchors": {str(at): _words(said) for at, said in criterion.anchors.items()},
                "safety": criterion.safety,
            }
            for criterion in config.rated
        ],
        "scale": {"least": config.scale.least, "most": config.scale.most},
        "beside": list(config.beside),
        "guidelines_html": guidelines_html(config.guidelines) if config.guidelines else "",
        "confidence": config.confidence,
        "language": config.language,
    }


def _words(said: str | BilingualText) -> dict[str, str]:
    if isinstance(said, str):
        return {"en": said, "zh": said}
    return {"en": said.en, "zh": said.zh or said.en}
