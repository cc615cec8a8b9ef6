"""Step: which prompts are asked; all others have a reason, as in a build."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import msgspec
import pyarrow as pa

from prefdata.config.collect import CollectConfig
from prefdata.io.sources.evaluation import EvaluationSet
from prefdata.records.columns import MESSAGES
from prefdata.records.context import refers_to_media
from prefdata.records.record import SYSTEM, Message, system
from prefdata.rules.pairing import UNPAIRED
from prefdata.steps.collect.groups import in_groups
from prefdata.steps.collect.read_prompts import Prompt, Unread
from prefdata.steps.collect.rules_of_parts import found_in_prompts
from prefdata.steps.decontamination.against import CONTAMINATED, overlap_evidence
from prefdata.transforms.decontamination.overlap import overlaps_of
from prefdata.transforms.decontamination.overlap_index import OverlapIndex, overlap_index

SAME_PROMPT, UNSEEN_MEDIA, UNSENT = "same-prompt", "unseen-media", "unsent-context"
"""Reasons that are no rules of a build: the prompt was asked before; it refers to pictures, or to
documents and settings, which are not sent."""

_AT_ONCE = 512
_SENT = frozenset({"tools"})


class Dropped(msgspec.Struct, frozen=True, gc=False):
    """A prompt that is not asked."""

    prompt: Prompt
    reason: str
    evidence: str


class Remarked(msgspec.Struct, frozen=True, gc=False):
    """A prompt that is asked, with the rules that flag it."""

    prompt: Prompt
    flags: tuple[str, ...] = ()


Checked = Remarked | Dropped | Unread


@dataclass
class PromptChecks:
    """What prompts are compared with: rules, an evaluation set, and the prompts before them."""

    config: CollectConfig
    evaluation: EvaluationSet | None = None
    flagged: Counter[str] = field(default_factory=Counter)
    _seen: dict[bytes, tuple[str, int]] = field(default_factory=dict)
    _index: OverlapIndex | None = None

    def checked(self, found: Iterable[Prompt | Unread]) -> Iterator[Checked]:
        """The same prompts and rows in their order, each with what becomes of it.

        Of prompts that are the same the first is asked.
        """
        for some in in_groups(found, _AT_ONCE):
            whole = [self._with_system(each) for each in some if isinstance(each, Prompt)]
            why = self._reasons(whole)
            place = 0
            for each in some:
                if isinstance(each, Unread):
                    yield each
                else:
                    yield self._outcome(whole[place], why[place])
                    place += 1

    def _with_system(self, prompt: Prompt) -> Prompt:
        text = self.config.system
        if text is None or any(message.role == SYSTEM for message in prompt.messages):
            return prompt
        return msgspec.structs.replace(prompt, messages=(system(text), *prompt.messages))

    def _reasons(self, prompts: Sequence[Prompt]) -> list[list[tuple[str, str, bool]]]:
        """For each prompt what is said of it: (code, evidence, whether it is dropped)."""
        said: list[list[tuple[str, str, bool]]] = [[*_unsent(prompt)] for prompt in prompts]
        messages = [prompt.messages for prompt in prompts]
        for found in found_in_prompts(messages, self.config.rules):
            said[found.place].append((found.code, found.evidence, found.drops))
        if self.evaluation is not None and prompts:
            drops = self.config.against.action == "drop"
            for row, evidence in self._overlaps(messages, self.evaluation):
                said[row].append((CONTAMINATED, evidence, drops))
        return said

    def _overlaps(
        self, prompts: Sequence[tuple[Message, ...]], evaluation: EvaluationSet
    ) -> Iterator[tuple[int, str]]:
        against = self.config.against
        if self._index is None:
            self._index = overlap_index(evaluation.texts, evaluation.follows, against)
        plain = [[msgspec.structs.asdict(message) for message in prompt] for prompt in prompts]
        found = overlaps_of(pa.array(plain, MESSAGES), self._index, against)
        columns = (found.rows, found.prompts, found.found, found.sizes)
        for row, prompt, shared, size in zip(*(c.tolist() for c in columns), strict=True):
            yield row, str(overlap_evidence(evaluation, prompt, shared, size, against.overlap))

    def _outcome(self, prompt: Prompt, said: Sequence[tuple[str, str, bool]]) -> Checked:
        drop = next((each for each in said if each[2]), None)
        if drop is not None:
            return Dropped(prompt, drop[0], drop[1])
        key = _key(prompt)
        if (before := self._seen.get(key)) is not None:
            return Dropped(prompt, SAME_PROMPT, f"it stands in {before[0]}:{before[1]}")
        self._seen[key] = prompt.source, prompt.source_row
        flags = tuple(dict.fromkeys(code for code, _, _ in said))
        self.flagged.update(flags)
        return Remarked(prompt, flags)


def is_unread(found: Unread) -> bool:
    """Whether a row could not be read; others make no prompt, and are dropped."""
    return found.reason not in UNPAIRED


def _unsent(prompt: Prompt) -> Iterator[tuple[str, str, bool]]:
    """Why a prompt cannot be asked whole."""
    text = "\n".join(message.content or "" for message in prompt.messages)
    blocks = any('"content_blocks"' in (message.extra or "") for message in prompt.messages)
    if blocks or refers_to_media(prompt.context, text):
        yield UNSEEN_MEDIA, "it refers to pictures, sound or video, which are not sent", True
    elif len(prompt.context) > 2:
        fields: dict[str, object] = msgspec.json.decode(prompt.context)
        if left := sorted(fields.keys() - _SENT):
            yield UNSENT, f"{', '.join(left)} cannot be sent with it", True


def _key(prompt: Prompt) -> bytes:
    """What prompts share that are the same: their messages, up to white space, and context."""
    texts = [(m.role, (m.content or "").strip(), m.extra) for m in prompt.messages]
    encoded = msgspec.json.encode([texts, prompt.context], order="sorted")
    return hashlib.blake2b(encoded, digest_size=16).digest()
