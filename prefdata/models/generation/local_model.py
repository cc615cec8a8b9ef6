"""A language model in this process that answers requests as a server does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from prefdata.config.asking import LimitsConfig
from prefdata.config.local_model import LocalModelConfig
from prefdata.errors import ModelError
from prefdata.models.device import device_named
from prefdata.models.folder import hub_folder, local_folder
from prefdata.models.generation.batch import Made, Speaker, generate
from prefdata.models.generation.jobs import Job, Sampling, batches, sampling_of
from prefdata.models.quiet import cause_of, quiet
from prefdata.models.weights import weights_digest
from prefdata.records.chat import Asked, ChatAnswer, ChatFailure, ChatUsage, Reply
from prefdata.records.record import Message

_HINT = "or ask a server (--base-url)"
_SHOWN_EVERY = 256
"""Requests that are turned into tokens between two signs of life."""


def folder_of(name: str) -> Path:
    """The folder of a model, by path or by name. Raises ModelError if there is none."""
    return local_folder(name, kind="model", hint=_HINT) or hub_folder(
        name, None, code=False, hint=_HINT
    )


def identity_of(name: str) -> str:
    """What requests call a local model: its name, and a digest of its files, so that other weights
    under the same name are another model. Raises ModelError if there is none."""
    folder = folder_of(name)
    return f"{called(name)}@{weights_digest(folder, code=False)[:16]}"


def called(name: str) -> str:
    """The name of a local model in outputs: of a folder its own, without the path to it."""
    path = Path(name).expanduser()
    return path.resolve().name if path.is_dir() else name


class LocalModel:
    """A loaded model. Raises ModelError if it cannot be loaded, or has no chat template.

    Draws follow from the request and the number of the completion alone.
    """

    def __init__(self, name: str, config: LocalModelConfig) -> None:
        self._config = config
        self._speaker, self._usual, self._window = _loaded(name, config)
        self._tally: Counter[str] = Counter()

    def replies(self, asked: Iterator[Asked], limits: LimitsConfig) -> Iterator[list[Reply]]:
        """Takes all requests, and yields what became of them, batch by batch."""
        jobs: list[Job] = []
        refused: list[Reply] = []
        for count, each in enumerate(asked, start=1):
            try:
                jobs += self._jobs(each)
            except _RefusedError as refusal:
                refused += [Reply(each.key, k, refusal.failure) for k in each.numbers]
            if count % _SHOWN_EVERY == 0:
                yield []
        if refused:
            yield refused
        for batch in batches(jobs, self._config.batch_tokens):
            made = generate(self._speaker, batch)
            self._tally["requests"] += len(batch)
            yield [
                Reply(job.key, job.number, self._answer(job, one))
                for job, one in zip(batch, made, strict=True)
            ]

    def tally(self) -> Counter[str]:
        """Completions made so far."""
        return self._tally

    def _jobs(self, asked: Asked) -> list[Job]:
        try:
            sampling = sampling_of(asked.request, self._usual)
            ids = self._ids(asked)
        except (ValueError, TypeError) as error:
            raise _RefusedError(ChatFailure("bad-request", cause_of(error)[:500])) from error
        room = self._window - len(ids)
        if room < 1:
            said = f"the prompt has {len(ids):,} tokens, and the model reads {self._window:,}"
            raise _RefusedError(ChatFailure("too-long", said))
        if sampling.most > room:
            sampling = Sampling(**{**vars(sampling), "most": room})
        first = asked.numbers[0]
        return [Job(asked.key, k, k == first, ids, sampling) for k in asked.numbers]

    def _ids(self, asked: Asked) -> tuple[int, ...]:
        messages = [_plain(message) for message in asked.request.messages]
        tools = msgspec.json.decode(asked.request.parameters).get("tools")
        try:
            text = self._speaker.tokenizer.apply_chat_template(
                messages, tools=tools, add_generation_prompt=True, tokenize=False
            )
        except Exception as error:  # a template raises what it likes, such as on two user turns
            raise ValueError(f"the chat template refuses it: {cause_of(error)}") from error
        return tuple(self._speaker.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _answer(self, job: Job, made: Made) -> ChatAnswer:
        text = self._speaker.text(made.ids) if made.text is None else made.text
        words = self._speaker.tokenizer.decode
        told = tuple(
            tuple((str(words([token])), chance) for token, chance in each)
            for each in made.candidates
        )
        usage = ChatUsage(len(job.ids) if job.is_first else 0, len(made.ids))
        return ChatAnswer(text, made.finish, usage=usage, top_tokens=told)


class _RefusedError(Exception):
    def __init__(self, failure: ChatFailure) -> None:
        super().__init__(failure.said)
        self.failure = failure


def _plain(message: Message) -> dict[str, Any]:
    extra = msgspec.json.decode(message.extra) if message.extra else {}
    return {"role": message.role, "content": message.content or "", **extra}


def _loaded(name: str, config: LocalModelConfig) -> tuple[Speaker, Sampling, int]:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    folder = folder_of(name)
    device = device_named(config.device, "local.device")
    chosen = config.dtype
    if chosen == "auto":
        chosen = "bfloat16" if device.startswith("cuda") else "float32"
    try:
        with quiet():
            tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
            model: Any = AutoModelForCausalLM.from_pretrained(
                str(folder), dtype=getattr(torch, chosen)
            )
            model = model.to(device).eval()
    except Exception as error:  # of many kinds, by architecture, file and library
        raise ModelError(f"the model {name!r} cannot be loaded: {cause_of(error)}") from error
    if getattr(tokenizer, "chat_template", None) is None:
        raise ModelError(
            f"the model {name!r} has no chat template, so it is none to talk with: choose one that "
            f"was tuned for chat, {_HINT}."
        )
    ends = _ends(model, tokenizer)
    pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else min(ends, default=0)
    window = getattr(model.config, "max_position_embeddings", None) or 1 << 20
    return Speaker(model, tokenizer, device, ends, pad), _usual(model), int(window)


def _ends(model: Any, tokenizer: Any) -> frozenset[int]:
    told = getattr(model.generation_config, "eos_token_id", None)
    several = told if isinstance(told, list) else [told]
    return frozenset(int(e) for e in [*several, tokenizer.eos_token_id] if e is not None)


def _usual(model: Any) -> Sampling:
    """How the model's makers draw, where they say that it draws; else freely."""
    said = model.generation_config
    if not getattr(said, "do_sample", False):
        return Sampling()
    return Sampling(
        temperature=float(said.temperature or 1.0),
        top_p=float(said.top_p or 1.0),
        top_k=int(said.top_k or 0),
    )
