"""Writes preference pairs of realistic lengths: the same bytes for the same options, anywhere.

    python benchmarks/generate.py pairs.jsonl pairs.json pairs.csv --bytes 1GB

Every file named holds the same rows, in the container that its suffix says; the size asked for is
that of the first. Beside the first file lies `NAME.facts.json`, written last, with what is in it.
By default the rows are clean: no two pairs alike, the sides of a pair differ.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import NormalDist
from typing import TextIO

import numpy as np
from vocabulary import CHINESE_FORMS, CHINESE_WORDS, ENGLISH_FORMS, ENGLISH_WORDS, OPENERS

Pair = tuple[str, str, str]

FIELDS = ("prompt", "chosen", "rejected")
MEAN_BYTES = {"prompt": 310, "chosen": 1400, "rejected": 1400}
SPREAD = {"prompt": 0.9, "chosen": 0.8, "rejected": 0.8}  # sigma of the logarithm of a length
FEWEST_WORDS = 8  # below that, two texts could meet by chance
BLOCK_ROWS = 128
POOL_ROWS = 2048  # earlier rows kept at hand to be repeated
DRAWS = 1 << 16  # every random decision is one 16-bit draw: an index into a table of this size
UNITS = {"": 1, "KB": 10**3, "MB": 10**6, "GB": 10**9, "KIB": 2**10, "MIB": 2**20, "GIB": 2**30}


@dataclass(frozen=True)
class Facts:
    """What was asked for and what was written.

    `copies` rows repeat an earlier row exactly; `swapped` rows repeat an earlier row with chosen
    and rejected exchanged, each of them another row that has no copies.
    """

    seed: int
    chinese: float
    rows: int
    bytes: int
    copies: int
    swapped: int


class Draws:
    """An endless stream of 16-bit numbers that only the seed decides.

    It reads the raw output of the bit generator, which numpy promises never to change; the
    distributions built on top of it come without that promise.
    """

    def __init__(self, seed: int) -> None:
        self._bits = np.random.PCG64(seed)

    def take(self, count: int) -> np.ndarray:
        """The next `count` numbers."""
        raw = np.asarray(self._bits.random_raw((count + 3) // 4), dtype="<u8")
        numbers: np.ndarray = np.frombuffer(raw, dtype="<u2", count=count)
        return numbers


@dataclass(frozen=True)
class Language:
    """A table of words as they stand in a text, and a table of lengths (in words) per field."""

    words: list[str]
    lengths: dict[str, np.ndarray]
    full_stop: str

    def text(self, drawn: list[int]) -> str:
        """One text of as many words as numbers were drawn."""
        text = "".join(map(self.words.__getitem__, drawn)).rstrip(" \n\t-")
        return text[0].upper() + text[1:] + self.full_stop


def language(
    words: list[str], forms: Mapping[str, float], full_stop: str, draws: Draws
) -> Language:
    """Draws the word table once; frequent words come first in `words`, as in any language."""
    ranks = (len(words) * (draws.take(DRAWS) / DRAWS) ** 2.2).astype(int).tolist()
    openers = (len(OPENERS) * (draws.take(DRAWS) / DRAWS)).astype(int).tolist()
    bounds = np.cumsum(list(forms.values())) / sum(forms.values())
    picks = np.searchsorted(bounds, draws.take(DRAWS) / DRAWS, side="right").tolist()
    shapes = list(forms)
    table = [
        shapes[pick].format(word=words[rank], opener=OPENERS[opener])
        for pick, rank, opener in zip(picks, ranks, openers, strict=True)
    ]
    bytes_a_word = len("".join(table).encode()) / len(table)
    lengths = {field: _lengths(MEAN_BYTES[field] / bytes_a_word, SPREAD[field]) for field in FIELDS}
    return Language(table, lengths, full_stop)


def _lengths(mean: float, spread: float) -> np.ndarray:
    """Quantiles of a log-normal distribution: one draw is one length."""
    normal = NormalDist(np.log(mean) - spread**2 / 2, spread)
    quantiles = [normal.inv_cdf((i + 0.5) / DRAWS) for i in range(DRAWS)]
    lengths: np.ndarray = np.maximum(np.exp(quantiles).round().astype(int), FEWEST_WORDS)
    return lengths


def clean_blocks(draws: Draws, chinese: float) -> Iterator[list[Pair]]:
    """Blocks of pairs without end; no two pairs are alike."""
    spoken = (
        language(ENGLISH_WORDS, ENGLISH_FORMS, ".", draws),
        language(CHINESE_WORDS, CHINESE_FORMS, "。", draws),
    )
    while True:
        heads = draws.take(BLOCK_ROWS * 4).reshape(BLOCK_ROWS, 4).tolist()
        tongues = [spoken[head[0] < chinese * DRAWS] for head in heads]
        lengths = [
            int(tongue.lengths[field][drawn])
            for tongue, head in zip(tongues, heads, strict=True)
            for field, drawn in zip(FIELDS, head[1:], strict=True)
        ]
        drawn = draws.take(sum(lengths)).tolist()
        ends = np.cumsum([0, *lengths]).tolist()
        texts = [tongues[i // 3].text(drawn[ends[i] : ends[i + 1]]) for i in range(BLOCK_ROWS * 3)]
        yield list(zip(texts[0::3], texts[1::3], texts[2::3], strict=True))


def repeating_blocks(
    draws: Draws, *, chinese: float, duplicates: float, swapped: float
) -> Iterator[list[tuple[Pair, str]]]:
    """Blocks where a share of rows repeats an earlier one; each row with its kind.

    A row is repeated as a copy (any number of times) or swapped (once), never both, so that what
    a build has to drop can be told in advance.
    """
    to_copy: deque[Pair] = deque(maxlen=POOL_ROWS)
    to_swap: deque[Pair] = deque(maxlen=POOL_ROWS)
    for block in clean_blocks(draws, chinese):
        fates = draws.take(2 * BLOCK_ROWS).tolist()
        rows = []
        for pair, fate, pick in zip(block, fates[0::2], fates[1::2], strict=True):
            if fate < duplicates * DRAWS and to_copy:
                rows.append((to_copy[pick % len(to_copy)], "copy"))
            elif fate >= (1 - swapped) * DRAWS and to_swap:
                prompt, chosen, rejected = to_swap.popleft()
                rows.append(((prompt, rejected, chosen), "swapped"))
            else:
                rows.append((pair, "new"))
                if pick % 8 == 0:
                    (to_copy if pick % 16 else to_swap).append(pair)
        yield rows


def _objects(pairs: list[Pair], between: str) -> str:
    encode = json.JSONEncoder(ensure_ascii=False).encode
    return between.join([encode(dict(zip(FIELDS, pair, strict=True))) for pair in pairs])


def _comma_separated(pairs: list[Pair]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(pairs)
    return out.getvalue()


@dataclass(frozen=True)
class Container:
    """A file format: what stands before, between and after blocks of rows."""

    block: Callable[[list[Pair]], str]
    before: str = ""
    between: str = ""
    after: str = ""


CONTAINERS = {
    ".jsonl": Container(lambda pairs: _objects(pairs, "\n") + "\n"),
    ".json": Container(lambda pairs: _objects(pairs, ",\n"), "[\n", ",\n", "\n]\n"),
    ".csv": Container(_comma_separated, ",".join(FIELDS) + "\n"),
}


class Writer:
    """One file that grows block by block, under a temporary name until it is whole."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path = path
        self._partial = path.with_name(path.name + ".partial")
        self._container = CONTAINERS[path.suffix]
        self._next = self._container.before
        self._file: TextIO = stack.enter_context(
            self._partial.open("w", encoding="utf-8", newline="")
        )
        self.bytes = 0

    def write(self, pairs: list[Pair]) -> None:
        """Adds a block of rows."""
        self._put(self._next + self._container.block(pairs))
        self._next = self._container.between

    def finish(self) -> None:
        """Ends the file and gives it its name."""
        self._put(self._container.after)
        self._file.close()
        self._partial.replace(self._path)

    def _put(self, text: str) -> None:
        self.bytes += len(text.encode())
        self._file.write(text)


def generate(
    paths: list[Path],
    *,
    enough_bytes: int | None,
    enough_rows: int | None,
    seed: int = 0,
    chinese: float = 0.1,
    duplicates: float = 0.0,
    swapped: float = 0.0,
) -> Facts:
    """Writes the same rows to every path until rows or bytes (of the first) are enough.

    Bytes are counted after each block of 128 rows, so a file may be a block longer than asked.
    """
    blocks = repeating_blocks(Draws(seed), chinese=chinese, duplicates=duplicates, swapped=swapped)
    kinds: Counter[str] = Counter()
    with ExitStack() as stack:
        writers = [Writer(path, stack) for path in paths]
        while not _enough(writers[0].bytes, enough_bytes, kinds.total(), enough_rows):
            rows = next(blocks)
            if enough_rows is not None:
                rows = rows[: enough_rows - kinds.total()]
            kinds.update(kind for _, kind in rows)
            for writer in writers:
                writer.write([pair for pair, _ in rows])
        for writer in writers:
            writer.finish()
    facts = Facts(seed, chinese, kinds.total(), writers[0].bytes, kinds["copy"], kinds["swapped"])
    facts_path(paths[0]).write_text(json.dumps(asdict(facts), indent=2) + "\n", encoding="utf-8")
    return facts


def _enough(bytes_: int, enough_bytes: int | None, rows: int, enough_rows: int | None) -> bool:
    return bytes_ >= enough_bytes if enough_bytes is not None else rows >= (enough_rows or 0)


def facts_path(path: Path) -> Path:
    """Where the facts of a generated file lie."""
    return path.with_name(path.name + ".facts.json")


def size(text: str) -> int:
    """Bytes in a size as people write it: 1GB is 10^9, 1GiB is 2^30.

    >>> size("1GB"), size("1.5 KiB"), size("300")
    (1000000000, 1536, 300)
    """
    match = re.fullmatch(r"([\d.]+)\s*([KMG]?i?B?)", text.strip(), re.IGNORECASE)
    if match is None or match[2].upper() not in UNITS:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write for example 1GB or 300MB")
    return int(float(match[1]) * UNITS[match[2].upper()])


def ratio(text: str) -> float:
    """A number from 0 to 1."""
    value = float(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no ratio; write a number from 0 to 1")
    return value


def pairs_path(text: str) -> Path:
    """A path whose suffix names a container that can be written."""
    path = Path(text)
    if path.suffix not in CONTAINERS:
        raise argparse.ArgumentTypeError(f"{text} must end in one of {', '.join(CONTAINERS)}")
    return path


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=pairs_path, metavar="PATH")
    enough = parser.add_mutually_exclusive_group(required=True)
    enough.add_argument("--bytes", type=size, help="size of the first file, for example 1GB")
    enough.add_argument("--rows", type=int, help="rows of every file")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--chinese", type=ratio, default=0.1, help="share of Chinese rows")
    parser.add_argument("--duplicates", type=ratio, default=0.0, help="share of exact copies")
    parser.add_argument("--swapped", type=ratio, default=0.0, help="share of label conflicts")
    options = parser.parse_args()
    facts = generate(
        options.paths,
        enough_bytes=options.bytes,
        enough_rows=options.rows,
        seed=options.seed,
        chinese=options.chinese,
        duplicates=options.duplicates,
        swapped=options.swapped,
    )
    print(json.dumps(asdict(facts)))


if __name__ == "__main__":
    main()
