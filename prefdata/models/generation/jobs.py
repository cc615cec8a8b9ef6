"""What a local model is to complete: requests as token ids, and batches of them by length."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from prefdata.models.generation.form import Form, form_of
from prefdata.records.chat import ChatRequest

KNOWN = frozenset(
    {"temperature", "top_p", "top_k", "seed", "max_tokens", "max_completion_tokens", "stop"}
    | {"tools", "logprobs", "top_logprobs", "response_format"}
)
"""Parameters that a local model heeds; a request that states others is refused."""

USUAL_TOKENS = 1024
"""Tokens of a completion at most, where a request states none."""


@dataclass(frozen=True)
class Sampling:
    """How tokens are drawn. `temperature` 0: the likeliest. `top_k` 0: of all tokens.

    `candidates`: how many tokens are told with their log probabilities, for each of the first.
    `form`: what the completion is held to; None: it is free.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    most: int = USUAL_TOKENS
    stop: tuple[str, ...] = ()
    candidates: int = 0
    form: Form | None = None


@dataclass(frozen=True)
class Job:
    """One completion to make. `ids`: of the prompt."""

    key: str
    number: int
    is_first: bool
    ids: tuple[int, ...]
    sampling: Sampling

    @property
    def room(self) -> int:
        """Tokens that it may need, of prompt and completion."""
        return len(self.ids) + self.sampling.most

    def uniforms(self) -> npt.NDArray[np.float64]:
        """Numbers (most) from 0 to 1 that decide which tokens are drawn.

        They follow from the request and the number alone, whatever is drawn beside them.
        """
        digest = hashlib.sha256(f"{self.key}:{self.number}".encode()).digest()
        seed = np.frombuffer(digest, np.uint64)
        return np.random.Generator(np.random.Philox(key=seed[:2])).random(self.sampling.most)


def sampling_of(request: ChatRequest, usual: Sampling) -> Sampling:
    """How a request wants its tokens drawn; `usual`: where it says nothing.

    Raises ValueError, in words, for parameters that a local model does not know.
    """
    given: Mapping[str, Any] = msgspec.json.decode(request.parameters)
    if unknown := sorted(given.keys() - KNOWN):
        raise ValueError(f"a local model does not know {', '.join(unknown)}")
    stop = given.get("stop") or ()
    most = given.get("max_completion_tokens", given.get("max_tokens", usual.most))
    found = Sampling(
        temperature=float(given.get("temperature", usual.temperature)),
        top_p=float(given.get("top_p", usual.top_p)),
        top_k=int(given.get("top_k", usual.top_k)),
        most=int(most),
        stop=(stop,) if isinstance(stop, str) else tuple(stop),
        candidates=int(given.get("top_logprobs", 1)) if given.get("logprobs") else 0,
        form=form_of(given.get("response_format")),
    )
    if found.most < 1 or found.temperature < 0 or not 0 < found.top_p <= 1 or found.top_k < 0:
        raise ValueError("max_tokens, temperature, top_p or top_k is out of bounds")
    return found


def batches(jobs: Sequence[Job], most_tokens: int) -> Iterator[list[Job]]:
    """Jobs of about the same length together, the longest first, at least one at a time.

    The order depends on the jobs only, and the batches after some follow from the jobs in them: a
    run that ended between two batches goes on with the same ones.
    """
    ordered = sorted(jobs, key=lambda job: (-job.room, -len(job.ids), job.key, job.number))
    batch: list[Job] = []
    for job in ordered:
        if batch and (len(batch) + 1) * batch[0].room > most_tokens:
            yield batch
            batch = []
        batch.append(job)
    if batch:
        yield batch
