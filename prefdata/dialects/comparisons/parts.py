"""The parts that judgements of two completions have in common, and the record of one."""

from __future__ import annotations

from collections.abc import Sequence

from prefdata.dialects.assembly import pair, with_better_chosen
from prefdata.dialects.dialect import DialectPart, Values
from prefdata.dialects.fields import is_blank
from prefdata.dialects.labels.preference import SECOND, TIE, Preference, number_in
from prefdata.records.record import Record

_JUDGES = (
    *("judge", "annotator", "annotator_id", "labeler", "worker", "rater", "evaluator"),
    *("evaluator_id", "user_id", "completed_by", "annotated_by", "labeled_by", "labelled_by"),
    *("reviewer", "reviewer_id", "annotator_name", "rater_name", "judge_name", "coder"),
)
JUDGE_PART = DialectPart(
    "judge",
    (),
    required=False,
    held=False,
    fallbacks=(*_JUDGES, "labeler_id", "worker_id", "rater_id", "judge_id", "标注员", "标注者",
               "评审", "评审员", "标注人"),
)  # fmt: skip
"""Who judged. Fallbacks only: two of these names are no contradiction."""


def judge_name(value: object) -> str | None:
    """The name of a judge, also one that is a number or, as in MT-bench, a list of texts."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) or None
    return None if is_blank(value) else str(value)


NOUNS = ("response", "answer", "output", "completion")
_CHINESE_NOUNS = ("回答", "答案", "回复", "模型回答", "输出", "选项")

LABEL_NAMES = (
    "label", "labels", "winner", "preferred", "preferred_response", "choice", "preference",
    "verdict", "judgment", "judgement", "better", "better_response", "preference_label",
    "human_label", "gold_label", "overall_preference", "preference_strength", "chosen_response_id",
)  # fmt: skip
LABEL_FALLBACKS = (
    "更优",
    "更好",
    "更好的回答",
    "更优回答",
    "优胜",
    "胜者",
    "标签",
    "偏好",
    "选择",
    "判断",
    "投票",
    "评判",
    "胜出",
    "赢家",
    "哪个更好",
)

_STEMS = ("score", "rating", "reward", "votes", "upvotes", "points", "grade", "quality")


def names(*marks: str) -> tuple[str, ...]:
    """Field names of one of two completions, by what marks it: response_a, answera, ..."""
    return tuple(f"{noun}{gap}{mark}" for mark in marks for noun in NOUNS for gap in ("_", ""))


def _chinese(*marks: str) -> tuple[str, ...]:
    return tuple(f"{noun}{gap}{m}" for m in marks for noun in _CHINESE_NOUNS for gap in ("", "_"))


FIRST_PART = DialectPart("first", names("1", "a"), fallbacks=_chinese("1", "a", "一", "甲"))
SECOND_PART = DialectPart("second", names("2", "b"), fallbacks=_chinese("2", "b", "二", "乙"))
MORE_COMPLETIONS = names("0", "3", "c")
"""Fields that show that there are not two responses, or that they are numbered from 0."""


def model_parts() -> tuple[DialectPart, DialectPart]:
    """Who wrote each of the two."""
    return _optional("first_model", _models("a1")), _optional("second_model", _models("b2"))


def _models(marks: str) -> tuple[str, ...]:
    nouns = ("model", "model_name", "generator", "模型")
    return tuple(f"{noun}{gap}{mark}" for noun in nouns for mark in marks for gap in ("_", ""))


def score_parts(*, required: bool = False) -> tuple[DialectPart, DialectPart]:
    """A score of each of the two; the names are in the same order, so that they belong together."""
    first, second = score_names("a", "1"), score_names("b", "2")
    return _optional("first_score", first, required), _optional("second_score", second, required)


def score_names(*marks: str) -> tuple[str, ...]:
    """Field names of the score of one of two completions: score_a, a_score, response_a_rating."""
    return tuple(
        name
        for stem in _STEMS
        for mark in marks
        for name in (
            f"{stem}_{mark}", f"{stem}{mark}", f"{mark}_{stem}",
            *(f"{noun}_{mark}_{stem}" for noun in NOUNS),
            *(f"{stem}_{noun}_{mark}" for noun in NOUNS),
        )
    )  # fmt: skip


def _optional(name: str, names: Sequence[str], required: bool = False) -> DialectPart:
    return DialectPart(name, (), required=required, held=False, fallbacks=tuple(names))


def compared_record(values: Values, preference: Preference) -> Record:
    """The record of a first and a second completion; a tie has the first one as chosen."""
    record = pair(values, "first", "second")
    second_is_better = preference.side == SECOND
    return with_better_chosen(record, second_is_better=second_is_better, margin=preference.margin)


def with_scores(preference: Preference, values: Values) -> Preference:
    """The preference with the difference of the scores as its strength, if it has none of its own
    and the scores agree with it; scores that say otherwise, or nothing, give no margin."""
    if preference.strength is not None or preference.side == TIE:
        return preference
    first, second = number_in(values.get("first_score")), number_in(values.get("second_score"))
    if first is None or second is None or first == second:
        return preference
    if (second > first) != (preference.side == SECOND):
        return preference
    return preference._replace(strength=abs(first - second))
