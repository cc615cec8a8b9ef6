"""Labels in words, which need no statement: English and Chinese, as judges and people write them.

A, [[B]], model_a, Response 1, the second, left, tie, both bad; A>>B, A=B; strongly prefer A, B is
worse; 回答1更好, 第一个, 左, 平局, 都不好; or the name of one of the two models, or of one of the
two fields. A bare number is no word, nor is a bare C: only in double brackets is it the tie of
MT-bench.

A word is read by the names of the two fields, where these are known (`marks`): beside response_0
and response_1, `model_1` is the second.
"""

from __future__ import annotations

import re

from prefdata.dialects.labels.marks import Mark, mark_of, opposite, side_of_mark
from prefdata.dialects.labels.phrases import phrase_marks
from prefdata.dialects.labels.preference import FIRST, SECOND, TIE, Preference
from prefdata.dialects.values import describe
from prefdata.errors import RowFault
from prefdata.records.unicode_form import normal_form

_LONGEST = 80
_GAPS = re.compile(r"[\s_\-()\[\].:*\"'`“”‘’「」【】,，。、!！;；]+")

_NOUN = (
    r"(?:model|response|answer|output|completion|assistant|option|candidate|conversation|"
    r"text|reply|summary|side)"
)
_BETTER = r"(?:(?:is|was)?(?:much|slightly|clearly)?(?:better|preferred)|wins|won|isthewinner)"
_ENGLISH = re.compile(
    rf"(?:the)?(?:{_NOUN}(?P<marked>a|b|0|1|2)|(?P<letter>a|b)|"
    rf"(?P<ordinal>1st|2nd|first|second|left|right)(?:{_NOUN}|one)?){_BETTER}?"
)
_TIES = frozenset((
    "tie", "tied", "draw", "equal", "same", "both", "neither", "bothbad", "bothgood",
    "tiebothbad", "tiebothgood", "bothequal", "bothareequal", "bothareequallygood",
    "bothareequallybad", "bothareequal", "equallygood", "equallybad", "aboutthesame", "thesame",
    "nopreference", "bothareequally", "neutral", "nodifference", "similar", "equivalent",
    "aboutequal", "nearlythesame", "roughlyequal", "samequality", "equalquality",
    "botharegood", "botharebad", "=", "==", "≈",
))  # fmt: skip
_COMPARED = re.compile(
    rf"{_NOUN}?(?P<left>a|b|0|1|2)(?P<sign>>{{1,3}}|<{{1,3}}|=+|≈){_NOUN}?(?P<right>a|b|0|1|2)"
)

_THING = r"(?:回答|回复|回应|答案|答复|模型|选项|候选|响应|输出|助手|方案|文本|摘要|译文)"
_WHICH = r"(?P<which>a|b|0|1|2|一|二|甲|乙|左|右)"
_DEGREE = r"(?:明显|显著|稍微|略微|稍|略|远远|远|大幅|要|更加|强烈|轻微)?(?:地)?"
_CHINESE = re.compile(
    rf"(?:选择?|偏好|倾向|{_DEGREE}偏好)?(?:{_THING}{_WHICH}|"
    rf"第(?P<nth>一|二|1|2)(?:个|条|项|种)?{_THING}?|"
    rf"(?P<place>左|右)(?:边|侧|面)?(?:的)?{_THING}?|(?P<person>甲|乙|a|b|前者|后者){_THING}?|"
    rf"(?P<digit>1|2)(?=更|较|明显|略|稍|好|优|胜))"
    rf"(?:{_DEGREE}(?:(?P<worse>更差|较差|更劣|较劣|差|劣|败|输)|"
    r"更好|更优|更佳|较好|较优|好|优|胜|胜出|获胜|赢))?"
)
_THAN = re.compile(
    rf"{_THING}?(?P<one>a|b|0|1|2|一|二|甲|乙){_DEGREE}"
    rf"(?:(?P<worse>不如)|优于|好于|胜过|强于|比(?={_THING}?.(?:更?好|更?优|强)))"
    rf"{_THING}?(?P<other>a|b|0|1|2|一|二|甲|乙)(?:更?好|更?优|强)?"
)
_CHINESE_TIES = frozenset((
    "平局", "平", "平手", "打平", "持平", "一样", "一样好", "一样差", "同样好", "同样差", "相同",
    "差不多", "都好", "都不好", "都很好", "都很差", "都差", "都不行", "都一般", "两个都好",
    "两个都不好", "两个都很好", "两个都很差", "两者都好", "两者都不好", "两者一样", "两者相当",
    "相当", "均好", "均不好", "不分上下", "不相上下", "难分高下", "皆可", "均可", "一样的",
    "没有区别", "无差别", "都可以", "都行",
    "都可", "都不错", "两个都差", "两个都行", "两个都可以", "两者都可以", "两者都差", "两者都行",
))  # fmt: skip


def word_preference(label: object, fields: tuple[str, str] | None = None) -> Preference | None:
    """What a label in words says; None if it is no known word. `fields`: the names of the fields of
    the two completions. A list of one word is that word.

    >>> word_preference("A<<B"), word_preference("回答１更好")
    (Preference(side='second', strength=2.0), Preference(side='first', strength=None))
    >>> word_preference("model_1", ("response_0", "response_1")), word_preference("model_0")
    (Preference(side='second', strength=None), None)
    """
    if isinstance(label, list) and len(label) == 1:
        label = label[0]
    if not isinstance(label, str) or len(label) > _LONGEST:
        return None
    written = normal_form("NFKC", label).casefold().replace("≫", ">>").replace("≪", "<<")
    if written.strip() == "[[c]]":
        return Preference(TIE)
    word = _GAPS.sub("", written)
    if fields is not None and word and (side := _field_named(word, fields)):
        return Preference(side)
    if word in _TIES or word in _CHINESE_TIES:
        return Preference(TIE)
    if compared := _COMPARED.fullmatch(word):
        return _comparison(compared, fields)
    if said := _ENGLISH.fullmatch(word) or _CHINESE.fullmatch(word):
        groups = said.groupdict()
        worse = groups.pop("worse", None)
        mark = next(group for group in groups.values() if group)
        return _better(mark_of(mark), None, fields, is_worse=bool(worse))
    if said := _THAN.fullmatch(word):
        one, other = mark_of(said["one"]), mark_of(said["other"])
        return _better(one, other, fields, is_worse=bool(said["worse"]))
    if phrase := phrase_marks(written):
        return _better(phrase.named, phrase.other, fields, is_worse=phrase.is_worse)
    return None


def _field_named(word: str, fields: tuple[str, str]) -> str | None:
    named = [_GAPS.sub("", normal_form("NFKC", field).casefold()) == word for field in fields]
    return None if sum(named) != 1 else FIRST if named[0] else SECOND


def _better(
    named: Mark | None, other: Mark | None, fields: tuple[str, str] | None, *, is_worse: bool
) -> Preference | None:
    """The verdict of a word for one completion, which may name the other one as well."""
    side = None if named is None else side_of_mark(named, fields)
    if side is None or (other is not None and side_of_mark(other, fields) != opposite(side)):
        return None
    return Preference(opposite(side) if is_worse else side)


def _comparison(compared: re.Match[str], fields: tuple[str, str] | None) -> Preference | None:
    """A>B, and the like: the number of signs is the strength."""
    left, right = mark_of(compared["left"]), mark_of(compared["right"])
    sign = compared["sign"]
    said = _better(left, right, fields, is_worse=sign[0] == "<")
    if said is None:
        return None
    return Preference(TIE) if sign[0] in "=≈" else Preference(said.side, float(len(sign)))


def model_preference(label: object, first: object, second: object) -> Preference | None:
    """What a label says that names one of two models; None if it names neither, or both."""
    named = [_name(model) == _name(label) and bool(_name(label)) for model in (first, second)]
    return Preference(FIRST if named[0] else SECOND) if sum(named) == 1 else None


def _name(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return normal_form("NFKC", value[:1000]).strip().casefold()


def said_in_words(
    label: object,
    first_model: object = None,
    second_model: object = None,
    *,
    fields: tuple[str, str] | None = None,
) -> Preference:
    """What a label in words, or the name of a model, says. `fields`: as in `word_preference`.

    Raises RowFault for any other value, and for a name that is a word as well and says otherwise.
    """
    word, named = word_preference(label, fields), model_preference(label, first_model, second_model)
    if word is not None and named is not None and word.side != named.side:
        raise RowFault(
            "unknown-label",
            f"label is {describe(label)}: a word for the {word.side}, and the {named.side} model",
        )
    preference = word or named
    if preference is None:
        raise RowFault(
            "unknown-label", f"label is {describe(label)}: neither first, second nor tie"
        )
    return preference


def preferred_side(label: object, fields: tuple[str, str] | None = None) -> str:
    """The side that a label in words names: first, second or tie; `fields` as in `word_preference`.
    Raises RowFault for anything else.

    >>> preferred_side("Response A"), preferred_side("model_b"), preferred_side("tie (bothbad)")
    ('first', 'second', 'tie')
    """
    return said_in_words(label, fields=fields).side
