"""What the peers' scripts share: the rows as texts, their tokens, and work in several processes.

Every peer sees a pair as one text: prompt, chosen and rejected, a line break between them.
"""

import argparse
import json
import multiprocessing
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson

FIELDS = ("prompt", "chosen", "rejected")
WORDS, CHARACTERS = 3, 5  # in a shingle
FEW_SPACES = 12  # so many characters a space: Chinese, or the like
CHUNK_ROWS = 1000

Lines = list[bytes]


def options() -> argparse.Namespace:
    """What every script is called with."""
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("scratch", type=Path, help="folder for whatever the peer writes")
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--tokens", choices=["words", "shingles"], default="shingles")
    return parser.parse_args()


def text_of(line: bytes) -> str:
    """The text of a row."""
    row = orjson.loads(line)
    return "\n".join([row[field] for field in FIELDS])


def words_of(text: str) -> list[str]:
    """Words, as rensa's README makes its tokens."""
    return text.split()


def shingles_of(text: str) -> list[str]:
    """Runs of three words; of five characters where a text has hardly any spaces."""
    words = text.split()
    if len(words) * FEW_SPACES < len(text):
        return [text[i : i + CHARACTERS] for i in range(max(len(text) - CHARACTERS + 1, 1))]
    return [" ".join(words[i : i + WORDS]) for i in range(max(len(words) - WORDS + 1, 1))]


TOKENS = {"words": words_of, "shingles": shingles_of}


def chunks(path: Path) -> Iterator[Lines]:
    """The lines of a file, a thousand at a time."""
    with path.open("rb") as file:
        while chunk := list(islice(file, CHUNK_ROWS)):
            yield chunk


def mapped(work: Callable[[Lines], list[Any]], path: Path, processes: int) -> Iterator[Any]:
    """`work` on every chunk, here or in so many processes; what it gave, in the file's order."""
    if processes == 1:
        for chunk in chunks(path):
            yield from work(chunk)
        return
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        for results in pool.imap(work, chunks(path)):
            yield from results


def account(rows: int, kept: int, start: float) -> None:
    """The last line of a script: rows it ended with, rows it read, and its seconds."""
    seconds = time.perf_counter() - start
    print(json.dumps({"rows": kept, "read": rows, "seconds": seconds}))
