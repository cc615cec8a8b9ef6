"""Generates one batch of completions, token by token, with the model's own cache."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from prefdata.models.generation.draw import drawn
from prefdata.models.generation.form import Walk, walk
from prefdata.models.generation.jobs import Job
from prefdata.records.chat import LENGTH, STOP

FIRST_TOKENS = 32
"""Tokens of a completion whose candidates are told."""

_TAIL = 48
"""Tokens that are looked at for a text at which a completion ends; such a text may be longer."""


@dataclass
class Made:
    """What was generated of one job: token ids without the end mark, and why it ended."""

    ids: list[int] = field(default_factory=list)
    text: str | None = None
    finish: str | None = None
    candidates: list[list[tuple[int, float]]] = field(default_factory=list)


@dataclass(frozen=True)
class Speaker:
    """A loaded model. `ends`: tokens that end a completion. `pad`: any token that is masked."""

    model: Any
    tokenizer: Any
    device: str
    ends: frozenset[int]
    pad: int

    def text(self, ids: Sequence[int]) -> str:
        """Token ids as text, without marks."""
        return str(self.tokenizer.decode(list(ids), skip_special_tokens=True))

    def ids(self, text: str) -> list[int]:
        """A text as token ids, without marks."""
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def generate(speaker: Speaker, jobs: Sequence[Job]) -> list[Made]:
    """The completions of a batch of jobs, in their order.

    Rows that have ended leave the batch once half of it has, so that nobody waits for the longest.
    """
    import torch

    with torch.inference_mode():
        return _Batch(speaker, jobs).run()


class _Batch:
    def __init__(self, speaker: Speaker, jobs: Sequence[Job]) -> None:
        import torch

        self._speaker, self._jobs = speaker, jobs
        self._made = [Made() for _ in jobs]
        self._rows = list(range(len(jobs)))
        longest = max(len(job.ids) for job in jobs)
        ids = np.full((len(jobs), longest), speaker.pad, np.int64)
        mask = np.zeros((len(jobs), longest), np.int64)
        for row, job in enumerate(jobs):
            ids[row, longest - len(job.ids) :] = job.ids
            mask[row, longest - len(job.ids) :] = 1
        device = speaker.device
        self._ids = torch.from_numpy(ids).to(device)
        self._mask = torch.from_numpy(mask).to(device)
        self._past: Any = None
        stated = {
            "temperatures": [job.sampling.temperature for job in jobs],
            "top_p": [job.sampling.top_p for job in jobs],
            "top_k": [job.sampling.top_k for job in jobs],
        }
        self._set: dict[str, Any] = {
            name: torch.tensor(each, device=device) for name, each in stated.items()
        }
        self._uniforms = [job.uniforms() for job in jobs]
        self._walks = [
            None if job.sampling.form is None else walk(job.sampling.form, speaker.ids)
            for job in jobs
        ]

    def run(self) -> list[Made]:
        import torch

        step = 0
        while self._rows:
            logits = self._logits()
            uniforms = torch.tensor(
                [self._uniform(row, step) for row in self._rows],
                dtype=torch.float64,
                device=self._speaker.device,
            )
            tokens = drawn(self._held(logits), uniforms, **self._set)
            self._note_candidates(logits, step)
            open_ = self._note(tokens.tolist())
            step += 1
            self._ids = tokens.unsqueeze(1)
            self._mask = torch.nn.functional.pad(self._mask, (0, 1), value=1)
            if sum(open_) * 2 <= len(open_):
                self._keep(open_)
        return self._made

    def _held(self, logits: Any) -> Any:
        """The logits, without tokens that a form does not allow."""
        import torch

        walks = self._open_walks()
        if walks:
            logits = logits.clone()
        for place, at in walks:
            allowed = torch.tensor(at.allowed(), device=self._speaker.device)
            kept = logits[place, allowed]
            logits[place] = -torch.inf
            logits[place, allowed] = kept
        return logits

    def _open_walks(self) -> list[tuple[int, Walk]]:
        """The walks of rows that have not ended, with their places in the batch."""
        return [
            (place, at)
            for place, row in enumerate(self._rows)
            if (at := self._walks[row]) is not None and self._made[row].finish is None
        ]

    def _uniform(self, row: int, step: int) -> float:
        """The number that decides a token; any for a row that has ended."""
        return float(self._uniforms[row][step]) if self._made[row].finish is None else 0.0

    def _logits(self) -> Any:
        places = (self._mask.cumsum(dim=-1) - 1).clamp(min=0)[:, -self._ids.shape[1] :]
        told = self._speaker.model(
            input_ids=self._ids,
            attention_mask=self._mask,
            position_ids=places,
            past_key_values=self._past,
            use_cache=True,
            logits_to_keep=1,
        )
        self._past = told.past_key_values
        return told.logits[:, -1].float()

    def _note(self, tokens: Sequence[int]) -> list[bool]:
        """Adds a token to each completion; returns which of them go on."""
        open_ = []
        for row, token in zip(self._rows, tokens, strict=True):
            made, job = self._made[row], self._jobs[row]
            if made.finish is None:
                self._add(made, job, token, self._walks[row])
            open_.append(made.finish is None)
        return open_

    def _add(self, made: Made, job: Job, token: int, at: Walk | None) -> None:
        if at is None and token in self._speaker.ends:
            made.finish = STOP
            return
        made.ids.append(token)
        is_through = False
        if at is not None:
            at.take(token)
            is_through = not at.allowed()
        if is_through or (job.sampling.stop and self._ends(made, job.sampling.stop)):
            made.finish = STOP
        elif len(made.ids) >= job.sampling.most:
            made.finish = LENGTH

    def _ends(self, made: Made, stop: tuple[str, ...]) -> bool:
        """Whether one of some texts has come; the completion is what stands before it."""
        tail = self._speaker.text(made.ids[-max(_TAIL, *map(len, stop)) :])
        if not any(each in tail for each in stop):
            return False
        whole = self._speaker.text(made.ids)
        made.text = whole[: min(at for each in stop if (at := whole.find(each)) >= 0)]
        return True

    def _note_candidates(self, logits: Any, step: int) -> None:
        most = max(self._jobs[row].sampling.candidates for row in self._rows)
        if not most or step >= FIRST_TOKENS:
            return
        every = logits.log_softmax(dim=-1)
        chances, tokens = every.topk(most, dim=-1)
        walks = dict(self._open_walks())
        for place, row in enumerate(self._rows):
            made, wanted = self._made[row], self._jobs[row].sampling.candidates
            if not wanted or made.finish is not None:
                continue
            told = list(zip(tokens[place].tolist(), chances[place].tolist(), strict=True))
            if place in walks:  # of those that the form allows
                ids = walks[place].allowed()
                told = sorted(zip(ids, every[place, ids].tolist(), strict=True), key=_likeliest)
            made.candidates.append(told[:wanted])

    def _keep(self, open_: Sequence[bool]) -> None:
        """Goes on with those rows only that are open."""
        import torch

        self._rows = [row for row, is_open in zip(self._rows, open_, strict=True) if is_open]
        if not self._rows:
            return
        kept = torch.tensor([place for place, is_open in enumerate(open_) if is_open])
        kept = kept.to(self._speaker.device)
        self._past.batch_select_indices(kept)
        self._ids, self._mask = self._ids[kept], self._mask[kept]
        self._set = {name: each[kept] for name, each in self._set.items()}


def _likeliest(candidate: tuple[int, float]) -> tuple[float, int]:
    return -candidate[1], candidate[0]
