"""The base of light encoders: one core, no window, each vector depends on its text alone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
import numpy.typing as npt
import xxhash

from prefdata.config.semantic import EncoderConfig
from prefdata.encoders.encoder import Encoded, Identity, Progress, Vectors
from prefdata.errors import ModelError

Embed = Callable[[Sequence[str]], Vectors]
"""Texts of bounded length to vectors of unit length; NaN for a text without anything to embed."""

_BATCH_CHARACTERS = 1 << 16
_BACKEND = "numpy"
_ALLOWED: dict[str, tuple[object, ...]] = {
    "revision": (None,),
    "backend": ("auto",),
    "dtype": ("auto", "float32"),
    "device": ("auto", "cpu"),
    "window": (None,),
}


@dataclass(frozen=True)
class LightEncoder:
    """An encoder on one core that reads a text of any length.

    There is no window, so `encoder.long` has no effect and `windows` is 1 for every text with an
    embedding. To bound memory, a text of more than `longest` characters is embedded in pieces,
    whose vectors are averaged, weighted by length. `prompt` is put before every piece.
    """

    identity: Identity
    embed: Embed
    longest: int
    prompt: str = ""

    @property
    def is_light(self) -> bool:
        return True

    def encode(self, texts: Sequence[str], progress: Progress | None = None) -> Encoded:
        """Embeds texts; the vector of a text does not depend on the other texts."""
        vectors = np.full((len(texts), self.identity.dimension), np.nan, np.float32)
        for batch in _batches(texts):
            self._fill(vectors, texts, batch)
            if progress is not None:
                progress(len(batch))
        embedded = np.asarray(np.isfinite(vectors).all(axis=1), np.bool_)
        vectors[~embedded] = np.nan
        return Encoded(vectors, embedded.astype(np.int32))

    def _fill(self, vectors: Vectors, texts: Sequence[str], batch: range) -> None:
        """Embeds texts[batch] into the rows of the same numbers."""
        filled = [row for row in batch if texts[row] and not texts[row].isspace()]
        short = [row for row in filled if len(texts[row]) <= self.longest]
        if short:
            vectors[short] = self.embed([self.prompt + texts[row] for row in short])
        for row in filled:
            if len(texts[row]) > self.longest:
                vectors[row] = self._pooled(texts[row])

    def _pooled(self, text: str) -> npt.NDArray[np.float64]:
        """The mean of the vectors of a text's pieces, weighted by length, scaled to unit length."""
        total = np.zeros(self.identity.dimension)
        for piece in pieces_of(text, self.longest):
            vector = self.embed([self.prompt + piece])[0]
            if not piece.isspace() and np.isfinite(vector).all():
                total += len(piece) * vector.astype(np.float64)
        length = np.linalg.norm(total)
        return total / length if length else np.full_like(total, np.nan)


def light_identity(
    name: str, config: EncoderConfig, dimension: int, made_of: Iterable[str | bytes]
) -> Identity:
    """The identity of a light encoder; `made_of`: all that its vectors depend on, but the prompt.

    Raises ModelError if the config sets an option of sentence-transformers models only.
    """
    for field, allowed in _ALLOWED.items():
        value = getattr(config, field)
        if value not in allowed:
            raise ModelError(
                f"the encoder {name} has no {field} to choose, and encoder.{field} is {value!r}: "
                "leave it out, or name a sentence-transformers model"
            )
    digest = xxhash.xxh3_128()
    for part in (name, config.prompt or "", *made_of):
        raw = part.encode(errors="surrogatepass") if isinstance(part, str) else part
        digest.update(len(raw).to_bytes(8, "little") + raw)
    return Identity(
        name=name,
        fingerprint=digest.hexdigest(),
        dimension=dimension,
        window=None,
        backend=_BACKEND,
        dtype="float32",
        device="cpu",
    )


def _batches(texts: Sequence[str]) -> Iterator[range]:
    """Ranges of texts with a bounded number of characters in sum; one text at least."""
    first, characters = 0, 0
    for row, text in enumerate(texts):
        if row > first and characters + len(text) > _BATCH_CHARACTERS:
            yield range(first, row)
            first, characters = row, 0
        characters += len(text)
    if first < len(texts):
        yield range(first, len(texts))


_BORDERS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\n\s*\n",  # between paragraphs
        r"\n|[。！？；…]+[”’」』）]*|[.!?;]+[\"')\]]*(?=\s)",  # lines and sentences
        r"[，、：]|\s",  # clauses of Chinese, words
    )
)
"""Patterns after which a text may be cut, in order of preference."""


def pieces_of(text: str, most: int) -> Iterator[str]:
    """Cuts a text into pieces of similar length, of at most `most` characters.

    A cut comes after a paragraph, else after a sentence or a line, else after a word, if there is
    one in the second half of a piece, and anywhere otherwise. The pieces joined are the text; an
    empty text has none.

    >>> list(pieces_of("The first sentence. And then another one.", 30))
    ['The first sentence.', ' And then another one.']
    """
    start = 0
    while start < len(text):
        left = len(text) - start
        end = start + ceil(left / ceil(left / most))
        if end < len(text):
            end = _cut(text, start + (end - start + 1) // 2, end)
        yield text[start:end]
        start = end


def _cut(text: str, first: int, last: int) -> int:
    """The best position in a range to cut a text at; the last of equally good ones."""
    for border in _BORDERS:
        cuts = [match.end() for match in border.finditer(text, first, last)]
        if cuts:
            return cuts[-1]
    return last
