"""One completion a row, with points for several aspects: the score sheet of an annotation team.

The columns are known by the usual English and Chinese names of aspects; another one is mapped onto
an aspect (`--map accuracy=FIELD`). Each is a criterion of its own. A column of the whole, if there
is one, decides; without it the user says which criterion does, or weighs several.
"""

from __future__ import annotations

from prefdata.dialects.assembly import completion, context
from prefdata.dialects.comparisons.parts import JUDGE_PART, judge_name
from prefdata.dialects.dialect import Dialect, DialectPart, Values
from prefdata.dialects.fields import CHOSEN_NAMES, PROMPT_PARTS, REJECTED_NAMES
from prefdata.dialects.judgements.direction import directed
from prefdata.dialects.judgements.ratings import COMPLETION_PART
from prefdata.dialects.values import number
from prefdata.records.judgement import OVERALL, Completion, Judgement, Opinion

_CHINESE = {
    "accuracy": ("准确",),
    "completeness": ("完整",),
    "relevance": ("相关", "切题"),
    "fluency": ("流畅", "通顺"),
    "safety": ("安全",),
    "ethics": ("伦理", "道德"),
    "harmlessness": ("无害",),
    "correctness": ("正确",),
    "coherence": ("连贯",),
    "clarity": ("清晰", "清楚"),
    "truthfulness": ("真实",),
    "honesty": ("诚实",),
    "factuality": ("事实",),
    "usefulness": ("有用", "有帮助", "实用"),
    "instruction_following": ("指令遵循", "遵循指令"),
    "logic": ("逻辑",),
    "readability": ("可读",),
    "conciseness": ("简洁",),
    "creativity": ("创意", "创造"),
}
"""Aspect to the roots of its Chinese names. Aspects of which more is not plainly better (length,
complexity, harm) are no part of it."""

_WHOLE = ("overall", "overall_score", "overall_rating", "total_score")
_WHOLE_CHINESE = (
    "总分",
    "总评",
    "总体",
    "总体评分",
    "综合",
    "综合评分",
    "综合得分",
    "整体",
    "整体评分",
)
_LEAST = 2
"""Aspects that a row needs: one number beside a text may be anything."""


def _aspect(name: str) -> DialectPart:
    english = (name, f"{name}_score", f"{name}_rating")
    chinese = (
        f"{root}{ending}{points}"
        for root in _CHINESE[name]
        for ending in ("", "性", "度")
        for points in ("", "评分", "打分", "得分", "分")
    )
    return DialectPart(name, english, required=False, fallbacks=tuple(chinese))


def rated_by_aspects(values: Values) -> Judgement:
    """Converts one row of a completion and its points by aspect."""
    prompt = context(values)
    points = {name: number(values.get(name), name) for name in _names(values)}
    opinions = tuple(Opinion("rating", (given,), name) for name, given in points.items())
    model = values.get("model")
    answer = Completion(
        completion(values.get("completion"), "completion", prompt),
        model=None if model is None else str(model),
    )
    overall = (OVERALL,) if OVERALL in points else ()
    return Judgement(prompt, (answer,), opinions, overall, judge=judge_name(values.get("judge")))


def _names(values: Values) -> list[str]:
    return [name for name in (*_CHINESE, OVERALL) if name in values]


def _has_several(values: Values) -> bool:
    return sum(number(values[name], name) is not None for name in _names(values)) >= _LEAST


RATED_ASPECTS = directed(
    Dialect(
        name="rated-aspects",
        summary="one completion a row, with points for several aspects (accuracy, fluency, ...)",
        polarity="more points are better",
        parts=(
            *PROMPT_PARTS,
            COMPLETION_PART,
            *map(_aspect, _CHINESE),
            DialectPart(OVERALL, _WHOLE, required=False, fallbacks=_WHOLE_CHINESE),
            DialectPart("model", ("model", "generator"), required=False, held=False),
            JUDGE_PART,
        ),
        judge=rated_by_aspects,
        meets=True,
        fits=_has_several,
        by_values=True,
        without=(
            *CHOSEN_NAMES, *REJECTED_NAMES, "helpfulness", "label", "kto_tag", "rating", "score",
            "reward",
        ),
    ),
    higher=True,
)  # fmt: skip
