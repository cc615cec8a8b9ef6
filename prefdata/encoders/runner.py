"""Runs texts through a model: tokens, chunks, batches, vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from prefdata.encoders.batches import TextBatch, batch_end, in_lanes, padded
from prefdata.encoders.encoder import Vectors
from prefdata.encoders.forward import Forward
from prefdata.encoders.load import Loaded
from prefdata.encoders.tokens import token_ids, tokenised
from prefdata.encoders.windows import Chunks, Ids, Pool, cut, window_counts
from prefdata.errors import RunError
from prefdata.records.arrays import Ints

Done = Callable[[Ints], None]
"""`done(numbers)`: the texts of these numbers have been embedded."""


@dataclass
class Runner:
    """A model, its forward pass, and the number of tokens per batch.

    `batch_tokens` is halved, permanently, whenever a batch does not fit into the device's memory.
    """

    model: Loaded
    forward: Forward
    batch_tokens: int
    only_first: bool

    def vectors(self, texts: Sequence[str], done: Done) -> tuple[Vectors, Ints]:
        """Vectors of texts that fit into memory together, and the number of chunks of each."""
        tokens, counts = tokenised(self.model.tokenizer, [self.model.prompt + t for t in texts])
        chunks = cut(counts, self.model.frame)
        if self.only_first:
            chunks = chunks.select(chunks.is_first)
        pool = Pool(len(texts))
        left = np.bincount(chunks.text, minlength=len(texts))
        done(np.flatnonzero(left == 0))
        for members, chunk_vectors in self._run(chunks, tokens):
            text = chunks.text[members]
            pool.add(text, chunks.weights[members], chunk_vectors)
            np.subtract.at(left, text, 1)
            finished = np.unique(text)
            done(finished[left[finished] == 0])
        return pool.vectors(), window_counts(counts, self.model.frame)

    def dimension(self) -> int:
        """The length of a vector, by embedding a short text, so that faults show at once."""
        frame = self.model.frame
        (body,) = token_ids(self.model.tokenizer, ["a"])
        row = np.concatenate((frame.before, body, frame.after))
        return int(self._compute(padded([row], self.model.pad, left=False)).shape[1])

    def _run(self, chunks: Chunks, tokens: Ids) -> Iterator[tuple[Ints, Vectors]]:
        """Vectors of chunks, the longest first; each batch with the numbers of its chunks."""
        order = np.argsort(-chunks.lengths, kind="stable")
        yield from in_lanes(
            lambda members: (members, self._batch(chunks, tokens, members)),
            self._batches(order, chunks.lengths[order]),
            self.forward.lanes,
        )

    def _batches(self, order: Ints, lengths: Ints) -> Iterator[Ints]:
        start = 0
        while start < len(order):  # the bound is read anew for each batch: it may have been halved
            end = batch_end(lengths, start, self.batch_tokens)
            yield order[start:end]
            start = end

    def _batch(self, chunks: Chunks, tokens: Ids, members: Ints) -> Vectors:
        rows = [chunks.row(int(chunk), tokens) for chunk in members]
        return self._compute(padded(rows, self.model.pad, left=self.model.pads_left))

    def _compute(self, batch: TextBatch) -> Vectors:
        """Vectors of a batch; splits it in halves until they fit into memory."""
        try:
            return self._attempt(batch)
        except RuntimeError as error:
            if not _is_out_of_memory(error):
                raise
            if len(batch) == 1:
                raise RunError(
                    f"a single chunk of {batch.ids.shape[1]:,} tokens does not fit into the memory "
                    f"of {self.model.device}: lower encoder.window, set encoder.dtype: bfloat16, "
                    "or set encoder.device: cpu"
                ) from error
        # Outside of the handler: the error keeps the tensors of the failed batch alive.
        self.batch_tokens = min(self.batch_tokens, max(1, batch.ids.size // 2))
        _empty_cache()
        return np.concatenate([self._compute(half) for half in batch.halves()])

    def _attempt(self, batch: TextBatch) -> Vectors:
        import torch

        with torch.inference_mode():
            features: dict[str, Any] = self.forward(batch)
            if self.model.prompt:  # some pooling excludes the prompt
                frame = self.model.frame
                features["prompt_length"] = len(frame.before) + len(frame.prompt)
            for module in self.model.tail:
                features = module(features)
            vectors = features["sentence_embedding"][:, : self.model.truncate]
            result: Vectors = vectors.float().cpu().numpy()
            return result


def _is_out_of_memory(error: RuntimeError) -> bool:
    """Whether a device ran out of memory; some libraries say so only in the message."""
    import torch

    return isinstance(error, torch.cuda.OutOfMemoryError) or "out of memory" in str(error).lower()


def _empty_cache() -> None:
    import torch

    if torch.cuda.is_available():
        torch.cuda.empty_cache()
