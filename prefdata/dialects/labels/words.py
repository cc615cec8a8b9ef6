"""Labels in words, which need no statement: English and Chinese, as judges and people write them.

A, [[B]], model_a, Response 1, the second, left, tie, both bad; A>>B, A=B; 回答1更好, 第一个, 左,
平局, 都不好; or the name of one of the two models. A bare number is no word, nor is a bare C: only
in double brackets is it the tie of MT-bench.
"""

from __future__ import annotations

import re

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
    rf"(?:the)?(?:{_NOUN}(?P<marked>a|b|1|2)|(?P<letter>a|b)|"
    rf"(?P<ordinal>1st|2nd|first|second|left|right)(?:{_NOUN}|one)?){_BETTER}?"
)
_TIES = frozenset((
    "tie", "tied", "draw", "equal", "same", "both", "neither", "bothbad", "bothgood",
    "tiebothbad", "tiebothgood", "bothequal", "bothareequal", "bothareequallygood",
    "bothareequallybad", "bothareequal", "equallygood", "equallybad", "aboutthesame", "thesame",
    "nopreference", "bothareequally",
))  # fmt: skip
_COMPARED = re.compile(
    rf"{_NOUN}?(?P<left>a|b|1|2)(?P<sign>>{{1,3}}|<{{1,3}}|=+|≈){_NOUN}?(?P<right>a|b|1|2)"
)

_THING = r"(?:回答|回复|回应|答案|答复|模型|选项|候选|响应|输出|助手|方案|文本|摘要|译文)"
_WHICH = r"(?P<which>a|b|1|2|一|二|甲|乙|左|右)"
_CHINESE = re.compile(
    rf"选?择?(?:{_THING}{_WHICH}|第(?P<nth>一|二|1|2)(?:个|条|项|种)?{_THING}?|"
    rf"(?P<place>左|右)(?:边|侧|面)?(?:的)?{_THING}?|(?P<person>甲|乙|a|b|前者|后者){_THING}?)"
    r"(?:更好|更优|更佳|较好|较优|好|优|胜|胜出|获胜|赢)?"
)
_THAN = re.compile(
    rf"{_THING}?(?P<one>a|b|1|2|一|二|甲|乙)"
    rf"(?:(?P<worse>不如)|优于|好于|胜过|强于|比(?={_THING}?.(?:更?好|更?优|强)))"
    rf"{_THING}?(?P<other>a|b|1|2|一|二|甲|乙)(?:更?好|更?优|强)?"
)
_CHINESE_TIES = frozenset((
    "平局", "平", "平手", "打平", "持平", "一样", "一样好", "一样差", "同样好", "同样差", "相同",
    "差不多", "都好", "都不好", "都很好", "都很差", "都差", "都不行", "都一般", "两个都好",
    "两个都不好", "两个都很好", "两个都很差", "两者都好", "两者都不好", "两者一样", "两者相当",
    "相当", "均好", "均不好", "不分上下", "不相上下", "难分高下", "皆可", "均可", "一样的",
    "没有区别", "无差别",
))  # fmt: skip
_FIRST = frozenset((
    "a", "1", "1st", "first", "left", "一", "甲", "左", "前者",
))  # fmt: skip


def word_preference(label: object) -> Preference | None:
    """What a label in words says; None if it is no known word.

    >>> word_preference("A<<B"), word_preference("回答１更好")
    (Preference(side='second', strength=2.0), Preference(side='first', strength=None))
    """
    if not isinstance(label, str) or len(label) > _LONGEST:
        return None
    written = normal_form("NFKC", label).casefold().replace("≫", ">>").replace("≪", "<<")
    if written.strip() == "[[c]]":
        return Preference(TIE)
    word = _GAPS.sub("", written)
    if word in _TIES or word in _CHINESE_TIES:
        return Preference(TIE)
    if compared := _COMPARED.fullmatch(word):
        return _comparison(compared)
    if said := _ENGLISH.fullmatch(word) or _CHINESE.fullmatch(word):
        mark = next(group for group in said.groups() if group)
        return Preference(FIRST if mark in _FIRST else SECOND)
    if said := _THAN.fullmatch(word):
        one, other = said["one"] in _FIRST, said["other"] in _FIRST
        if one != other:
            return Preference(FIRST if one != bool(said["worse"]) else SECOND)
    return None


def _comparison(compared: re.Match[str]) -> Preference | None:
    """A>B, and the like: the number of signs is the strength."""
    left, sign, right = compared["left"] in _FIRST, compared["sign"], compared["right"] in _FIRST
    if left == right:
        return None
    if sign[0] in "=≈":
        return Preference(TIE)
    return Preference(FIRST if left == (sign[0] == ">") else SECOND, float(len(sign)))


def model_preference(label: object, first: object, second: object) -> Preference | None:
    """What a label says that names one of two models; None if it names neither, or both."""
    named = [_name(model) == _name(label) and bool(_name(label)) for model in (first, second)]
    return Preference(FIRST if named[0] else SECOND) if sum(named) == 1 else None


def _name(value: object) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return None
    return normal_form("NFKC", value[:1000]).strip().casefold()


def said_in_words(
    label: object, first_model: object = None, second_model: object = None
) -> Preference:
    """What a label in words, or the name of a model, says.

    Raises RowFault for any other value, and for a name that is a word as well and says otherwise.
    """
    word, named = word_preference(label), model_preference(label, first_model, second_model)
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


def preferred_side(label: object) -> str:
    """The side that a label in words names: first, second or tie. Raises RowFault for anything
    else.

    >>> preferred_side("Response A"), preferred_side("model_b"), preferred_side("tie (bothbad)")
    ('first', 'second', 'tie')
    """
    return said_in_words(label).side
