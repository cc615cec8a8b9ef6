"""Published splits: what the names of files and folders and the field `split` of a row say.

A name is taken apart into tokens, and only its first or last one can name a split: `train_prefs`
and `hh-test.jsonl` do, `latest.jsonl` and `unit-test-pairs.jsonl` do not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import takewhile
from pathlib import PurePosixPath
from typing import NamedTuple

import msgspec

from prefdata.transforms.split.split import SPLITS, TEST, TRAIN, VALIDATION

FIELD = "split"
"""The field of a row that names its split."""
NO_SPLIT = -1
"""The code of a row without a published split."""

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode

_WORDS = {
    TRAIN: ("train", "training", "训练", "训练集"),
    VALIDATION: ("validation", "valid", "val", "dev", "验证", "验证集"),
    TEST: ("test", "测试", "测试集"),
}
_CODES = {word: code for code, words in _WORDS.items() for word in words}
_BETWEEN = re.compile(r"[\W_]+")
_SUFFIXES = re.compile(
    r"(?:\.(?:jsonl|ndjson|json|csv|tsv|txt|parquet|arrow|xlsx|gz|zst|zstd|bz2|xz))+$",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"v?\d+|of", re.IGNORECASE)
"""Tokens of shards and versions: `-00000-of-00001`, `v2`."""
_HOST = re.compile(r"^[A-Za-z][\w+.-]*://[^/]*/")


def split_named(name: str) -> int:
    """The split that a name or a value names by its first or its last token; `NO_SPLIT` for none,
    or for two.

    >>> [split_named(name) for name in ("train_prefs-00000-of-00001", "hh-dev", "test")]
    [0, 1, 2]
    >>> [split_named(name) for name in ("latest", "unit-test-pairs", "train-test-mix-dev")]
    [-1, -1, -1]
    """
    tokens = [token for token in _BETWEEN.split(name.casefold()) if token]
    tokens = [token for token in tokens if not _NUMBER.fullmatch(token)]
    named = {_CODES[token] for token in (*tokens[:1], *tokens[-1:]) if token in _CODES}
    return named.pop() if len(named) == 1 else NO_SPLIT


def splits_of_files(names: Sequence[str]) -> list[int]:
    """The split that the name of each file, or else the nearest of its folders, names.

    Folders in which all the files lie say nothing.

    >>> splits_of_files(["dev/hh/train/0.arrow", "dev/hh/test/0.arrow", "dev/hh/notes.jsonl"])
    [0, 2, -1]
    """
    paths = [PurePosixPath(_HOST.sub("", name.replace(os.sep, "/"))) for name in names]
    folders = [path.parent.parts for path in paths]
    levels = zip(*folders, strict=False)
    shared = len(list(takewhile(lambda level: len(set(level)) == 1, levels)))
    return [
        _first_named([_SUFFIXES.sub("", path.name), *reversed(folder[shared:])])
        for path, folder in zip(paths, folders, strict=True)
    ]


def _first_named(names: Sequence[str]) -> int:
    return next((code for code in map(split_named, names) if code != NO_SPLIT), NO_SPLIT)


def are_kept(by_file: set[int], by_field: set[int], *, has_others: bool) -> bool:
    """Whether published splits are to be kept, given those that are named by files and by fields.

    Something must be held out, and something left to train on: the train split, or, where a field
    says what is held out, the rows that it says nothing of (`has_others`). A name of a file is less
    certain: a lone `test.jsonl` counts only where something else is named train.

    >>> are_kept({TRAIN, TEST}, set(), has_others=False)
    True
    >>> are_kept({TEST}, set(), has_others=True), are_kept(set(), {TEST}, has_others=True)
    (False, True)
    """
    named = by_file | by_field
    held_out = {VALIDATION, TEST}
    if not named & held_out:
        return False
    return TRAIN in named or bool(by_field & held_out and has_others)


def field_value(metadata: str) -> str | None:
    """The value of the field `split` of a row's metadata (JSON), None if there is no text in it."""
    for name, raw in _decode(metadata).items():
        if name.strip().casefold() == FIELD and bytes(raw)[:1] == b'"':
            return msgspec.json.decode(raw, type=str).strip() or None
    return None


def with_field(metadata: str, split: int) -> str:
    """Metadata (JSON) in which the field `split` names a split."""
    fields = {n: raw for n, raw in _decode(metadata).items() if n.strip().casefold() != FIELD}
    return msgspec.json.encode(fields | {FIELD: SPLITS[split]}).decode()


class NamedSplit(NamedTuple):
    """The split that the name of a source names; `all`: those that the names of all sources do."""

    split: int
    all: frozenset[int]


def splits_of_rows(metadata: Sequence[str], named: Sequence[NamedSplit]) -> list[int]:
    """The split of each row (n), by its field and the name of its source; `NO_SPLIT` for all if
    they are not to be kept.

    >>> test, more = (NamedSplit(code, frozenset({NO_SPLIT, TRAIN, TEST})) for code in (TEST, -1))
    >>> splits_of_rows(["{}", "{}", '{"split":"dev"}'], [test, more, test])
    [2, -1, 2]
    """
    by_field = [NO_SPLIT if (v := field_value(m)) is None else split_named(v) for m in metadata]
    # the codes ascend with how much a split is held out
    splits = [max(code, of_file.split) for code, of_file in zip(by_field, named, strict=True)]
    names = frozenset[int]().union(*(of_file.all for of_file in named))
    is_kept = are_kept(
        set(names) - {NO_SPLIT}, set(by_field) - {NO_SPLIT}, has_others=NO_SPLIT in splits
    )
    return splits if is_kept else [NO_SPLIT] * len(splits)
