"""A judge in this process: what it says follows from the request alone."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from prefdata.config.asking import LimitsConfig
from prefdata.records.chat import (
    Asked,
    ChatAnswer,
    ChatFailure,
    ChatRequest,
    ChatUsage,
    Reply,
)
from tests.judge.simulated import Skill

Says = Callable[[ChatRequest], ChatAnswer | ChatFailure]

_WORTH = re.compile(r"worth (\d+)")


@dataclass
class JudgeAsker:
    """Answers by `says`, in the order that it is asked or, `backwards`, the other way round."""

    says: Says
    backwards: bool = False
    asked: list[ChatRequest] = field(default_factory=list)

    def replies(self, asked: Iterator[Asked], limits: LimitsConfig) -> Iterator[list[Reply]]:
        every = list(asked)
        for each in reversed(every) if self.backwards else every:
            self.asked.append(each.request)
            yield [Reply(each.key, number, self.says(each.request)) for number in each.numbers]

    def tally(self) -> Counter[str]:
        return Counter(requests=len(self.asked))


def answer(text: str, **besides: object) -> ChatAnswer:
    """An answer that ended by itself."""
    return ChatAnswer(text, "stop", usage=ChatUsage(100, 5), **besides)  # type: ignore[arg-type]


def draw(request: ChatRequest, what: str) -> float:
    """A number from 0 to 1 that follows from a request."""
    digest = hashlib.sha256(f"{what} {request.key}".encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def worths(request: ChatRequest) -> list[int]:
    """What the answers that are shown are worth, by their own words, in the order shown."""
    shown = next(message.content or "" for message in request.messages if message.role == "user")
    return [int(worth) for worth in _WORTH.findall(shown)]


def skilled(skill: Skill, *, graded: bool = False) -> Says:
    """A judge of known skill and bias; `graded`: with log probabilities."""

    def says(request: ChatRequest) -> ChatAnswer:
        if len(worths(request)) < 2:
            return answer('{"verdict": "tie"}')
        first, second = worths(request)
        is_biased = draw(request, "bias") < skill.bias
        is_right = draw(request, "right") < skill.right
        takes_first = is_biased or (first > second) == is_right
        verdict = "A" if takes_first else "B"
        tokens = _tokens(verdict) if graded else ()
        return answer(json.dumps({"verdict": verdict}), top_tokens=tokens)

    return says


def _tokens(verdict: str) -> tuple[tuple[tuple[str, float], ...], ...]:
    other = "B" if verdict == "A" else "A"
    sure = lambda text: ((text, 0.0),)  # noqa: E731
    candidates = ((verdict, math.log(0.8)), (other, math.log(0.15)), ("tie", math.log(0.05)))
    return (sure('{"'), sure("verdict"), sure('":'), sure(' "'), candidates, sure('"}'))


def rating(request: ChatRequest) -> ChatAnswer:
    """Points by what an answer is worth, for every criterion that the request names."""
    schema = json.loads(request.parameters).get("response_format")
    assert schema is not None, "a schema is asked for"
    names = schema["json_schema"]["schema"]["required"]
    (worth,) = worths(request)
    return answer(json.dumps({name: min(max(worth, 1), 5) for name in names}))
