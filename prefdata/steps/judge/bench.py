"""What a judge is asked about each pair or completion, and what its stored answers come to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

from prefdata.config.judge import JudgeConfig, RubricConfig
from prefdata.io.answers.answers import AnswerStore, Outcome
from prefdata.records.chat import ChatAnswer, ChatFailure, ChatRequest, parameters_text
from prefdata.transforms.judging.question import (
    PROBE,
    rating_question,
    repair_question,
    reply_schema,
    response_format,
    verdict_question,
)
from prefdata.transforms.judging.replies import ratings_in, verdict_in
from prefdata.transforms.judging.strength import preference
from prefdata.transforms.judging.subject import Subject
from prefdata.transforms.judging.template import Template, as_text, own_template

State = Literal["parsed", "unparsed", "failed", "not-asked"]


class Trial(NamedTuple):
    """One verdict that is wanted: a subject, by number, and the completions in the order in which
    they are shown; one completion is rated."""

    subject: int
    shown: tuple[int, ...]


@dataclass(frozen=True)
class Ruling:
    """What became of a trial. `verdict`: A, B or tie; `points`: by criterion; `grade`: probability
    of A less that of B. `answers`: the reply, and that of a repair; `failure`: of the first.
    `is_open`: something that was wanted for it was never asked."""

    state: State
    verdict: str | None = None
    points: dict[str, int] | None = None
    grade: float | None = None
    answers: tuple[ChatAnswer, ...] = ()
    failure: ChatFailure | None = None
    is_open: bool = False


@dataclass(frozen=True)
class Offers:
    """Parameters that the server takes: a schema for the reply, log probabilities of tokens."""

    structured: bool
    logprobs: bool


PLAIN = Offers(structured=False, logprobs=False)


@dataclass(frozen=True)
class Bench:
    """All that requests follow from. `model`: as requests call it; `judge`: as outputs do.
    `template`: one of the user; None: those of prefdata, in the language of the prompt or that of
    `config.template`."""

    subjects: list[Subject]
    config: JudgeConfig
    rubric: RubricConfig
    model: str
    judge: str
    template: Template | None = None
    offers: Offers = PLAIN

    def request(self, trial: Trial) -> ChatRequest:
        """The request for a verdict or ratings."""
        subject = self.subjects[trial.subject]
        template, reasoning = self._template(subject), self.config.reasoning
        shown = [subject.completions[place].messages for place in trial.shown]
        if self.config.kind == "rating":
            messages = rating_question(
                subject.prompt, shown[0], template, self.rubric, reasoning=reasoning
            )
        else:
            messages = verdict_question(
                subject.prompt, shown[0], shown[1], template, self.rubric, reasoning=reasoning
            )
        return ChatRequest(self.model, messages, self.parameters(reasoning=reasoning))

    def repair(self, trial: Trial, reply: str) -> ChatRequest:
        """The request that follows a reply that could not be read."""
        template = self._template(self.subjects[trial.subject])
        asked = self.request(trial).messages
        messages = repair_question(asked, reply, template, self.rubric)
        return ChatRequest(self.model, messages, self.parameters(reasoning=False))

    def parameters(self, *, reasoning: bool) -> str:
        """The parameters of a request, as JSON text."""
        rubric = self.rubric if self.config.kind == "rating" else None
        schema = reply_schema(rubric, reasoning=reasoning)
        return _parameters(self.config, schema, self.offers, len(rubric.criteria) if rubric else 0)

    def heard(self, trial: Trial, answers: AnswerStore) -> Ruling:
        """What the stored answers come to; a trial without any was not asked."""
        first = answers.get(self.request(trial).key, 0)
        if not isinstance(first, ChatAnswer):
            state: State = "not-asked" if first is None else "failed"
            return Ruling(state, failure=first, is_open=first is None)
        read = self.read(trial, first)
        if read.state == "parsed":
            return read
        second = answers.get(self.repair(trial, first.text).key, 0)
        if not isinstance(second, ChatAnswer):
            return replace(read, is_open=second is None)
        again = self.read(trial, second)
        return Ruling(again.state, again.verdict, again.points, again.grade, (first, second))

    def read(self, trial: Trial, answer: ChatAnswer) -> Ruling:
        """What one answer says, if it can be read."""
        subject = self.subjects[trial.subject]
        judged = [as_text(subject.prompt)]
        judged += [as_text(subject.completions[place].messages) for place in trial.shown]
        if self.config.kind == "rating":
            points = ratings_in(answer.text, judged, self.rubric, answer.finish)
            state: State = "unparsed" if points is None else "parsed"
            return Ruling(state, points=points, answers=(answer,))
        verdict = verdict_in(answer.text, judged, answer.finish)
        if verdict is None:
            return Ruling("unparsed", answers=(answer,))
        grade = preference(answer.text, answer.top_tokens) if answer.top_tokens else None
        return Ruling("parsed", verdict, grade=grade, answers=(answer,))

    def _template(self, subject: Subject) -> Template:
        if self.template is not None:
            return self.template
        chosen = self.config.template
        if chosen == "auto":
            chosen = "zh" if subject.language == "zh" else "en"
        return own_template(self.config.kind, chosen)

    def probe(self) -> ChatRequest:
        """A small request by which a server shows whether it takes the parameters."""
        schema = reply_schema(None, reasoning=False)
        return ChatRequest(self.model, PROBE, _parameters(self.config, schema, self.offers, 0))


def is_refused(outcome: Outcome | None) -> bool:
    """Whether a server said that it does not take a request as it is."""
    return isinstance(outcome, ChatFailure) and outcome.reason == "bad-request"


def _parameters(config: JudgeConfig, schema: dict[str, Any], offers: Offers, criteria: int) -> str:
    wants = config.logprobs if offers.logprobs and config.kind == "pairwise" else 0
    return parameters_text(
        {
            **config.parameters,
            "temperature": config.temperature,
            "max_tokens": config.reply_tokens(criteria),
            "seed": config.seed,
            "logprobs": True if wants else None,
            "top_logprobs": wants or None,
            "response_format": response_format(schema) if offers.structured else None,
        }
    )
