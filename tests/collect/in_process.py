"""An asker without a server: answers follow from the request, and the order of answers from a
seed."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Iterator

from prefdata.config.asking import LimitsConfig
from prefdata.records.chat import Asked, ChatAnswer, ChatFailure, ChatUsage, Reply


class InProcess:
    """Counts what it was asked in `asked`, by key and number. `dies_after`: replies after which it
    raises KeyboardInterrupt, as Ctrl-C does. `refuses`: words in prompts that a filter refuses."""

    def __init__(
        self, seed: int = 0, *, dies_after: int | None = None, refuses: str = "\0", spread: int = 3
    ) -> None:
        self._random = random.Random(seed)
        self._dies_after, self._refuses, self._spread = dies_after, refuses, spread
        self.asked: Counter[tuple[str, int]] = Counter()
        self.texts: list[str] = []

    def replies(self, asked: Iterator[Asked], limits: LimitsConfig) -> Iterator[list[Reply]]:
        waiting: list[Reply] = []
        for each in asked:
            self.texts.append(each.request.messages[-1].content or "")
            waiting += [Reply(each.key, k, self.outcome(each, k)) for k in each.numbers]
            while len(waiting) > 7:
                yield self._some(waiting)
        while waiting:
            yield self._some(waiting)

    def tally(self) -> Counter[str]:
        return Counter(requests=len(self.asked))

    def outcome(self, asked: Asked, number: int) -> ChatAnswer | ChatFailure:
        text = asked.request.messages[-1].content or ""
        if self._refuses in text:
            return ChatFailure("refused-by-filter", "content management policy")
        digest = hashlib.sha256(f"{asked.key}{number}".encode()).digest()
        answer = f"Answer {digest[0] % self._spread} of {text[:30]}."
        finish = "length" if digest[1] % 5 == 0 else "stop"
        usage = ChatUsage(10 if number == asked.numbers[0] else 0, 7)
        return ChatAnswer(answer, finish, "I think so." if digest[2] % 2 else None, usage)

    def _some(self, waiting: list[Reply]) -> list[Reply]:
        self._random.shuffle(waiting)
        count = self._random.randint(1, 5)
        replies = [waiting.pop() for _ in range(min(count, len(waiting)))]
        if self._dies_after is not None and self.asked.total() + len(replies) > self._dies_after:
            raise KeyboardInterrupt
        self.asked.update((reply.key, reply.number) for reply in replies)
        return replies
